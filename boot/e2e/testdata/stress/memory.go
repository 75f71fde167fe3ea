package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

// A block carries its own checksum.
type block struct {
	next *block
	data []byte
	sum  uint32
}

func newBlock(r *rand.Rand, next *block) *block {
	data := make([]byte, r.IntN(4096)+r.IntN(2)*r.IntN(60000))
	for i := 0; i < len(data); i += 64 {
		if data[i] != 0 {
			return nil // new memory is zero
		}
		data[i] = byte(r.Uint32())
	}
	return &block{next, data, crc32.ChecksumIEEE(data)}
}

// heap keeps lists of blocks, replaces one in each round, and checks the list
// that goes.
func heap() func(*rand.Rand) error {
	lists, named := make([]*block, 16), map[string]*block{}
	return func(r *rand.Rand) error {
		k := r.IntN(len(lists))
		for b := lists[k]; b != nil; b = b.next {
			if crc32.ChecksumIEEE(b.data) != b.sum {
				return fmt.Errorf("a block of %d bytes has changed", len(b.data))
			}
		}
		lists[k] = nil
		for range r.IntN(8) {
			b := newBlock(r, lists[k])
			if b == nil {
				return errors.New("new memory is not zero")
			}
			lists[k] = b
		}
		name := fmt.Sprint("list ", k)
		if old := named[name]; old != nil && crc32.ChecksumIEEE(old.data) != old.sum {
			return fmt.Errorf("the block behind %q has changed", name)
		}
		named[name] = lists[k]
		return nil
	}
}

// grow makes the heap larger by many pages, one after the other, gives some of them back,
// and checks that the others stay.
func grow() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		const pages = 16
		pieces := make([][]byte, 384)
		for i := range pieces {
			pieces[i] = make([]byte, pages*pageSize)
			for p := range pages {
				at := &pieces[i][p*pageSize+p]
				if *at != 0 {
					return errors.New("new memory is not zero")
				}
				*at = byte(i + p)
			}
		}
		for i := range pieces {
			if r.IntN(2) == 0 {
				pieces[i] = nil
			}
		}
		debug.FreeOSMemory()
		for i, piece := range pieces {
			for p := 0; piece != nil && p < pages; p++ {
				if got := piece[p*pageSize+p]; got != byte(i+p) {
					return fmt.Errorf("page %d of piece %d holds %d", p, i, got)
				}
			}
		}
		time.Sleep(time.Duration(r.IntN(500)) * time.Millisecond)
		return nil
	}
}

// stacks recurses, so that the goroutine's stack grows, is copied, and shrinks.
func stacks() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		n, want := 1+r.IntN(600), 0
		for i := range n + 1 {
			want += i
		}
		if got := sum(n); got != want {
			return fmt.Errorf("the sum to %d is %d, want %d", n, got, want)
		}
		return nil
	}
}

//go:noinline
func sum(n int) int {
	var frame [64]int
	frame[n%64] = n
	p := &frame[n%64] // must follow when the stack moves
	if n == 0 {
		return 0
	}
	return sum(n-1) + *p
}

// collect runs the garbage collector, now and then with all it could give back.
func collect() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		runtime.GC()
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		return nil
	}
}

const pageSize = 4096

// mappings maps memory of its own, touches some pages, drops some, and checks
// that the others stay and the dropped ones are zero again.
func mappings() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		pages := 1 + r.IntN(64)
		m, err := syscall.Mmap(-1, 0, pages*pageSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			return fmt.Errorf("mmap: %w", err)
		}
		want := make([]byte, pages)
		for range pages {
			p := r.IntN(pages)
			want[p] = byte(1 + r.IntN(255))
			m[p*pageSize+p] = want[p]
		}
		from := r.IntN(pages)
		if err := syscall.Madvise(m[from*pageSize:], syscall.MADV_DONTNEED); err != nil {
			return fmt.Errorf("madvise: %w", err)
		}
		clear(want[from:])
		for p := range pages {
			if m[p*pageSize+p] != want[p] {
				return fmt.Errorf("page %d of %d holds %d, want %d", p, pages, m[p*pageSize+p], want[p])
			}
		}
		return syscall.Munmap(m)
	}
}
