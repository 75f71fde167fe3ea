package file

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
)

func TestRingAgainstSlice(t *testing.T) {
	var r ring
	var want []byte
	for k := range 20000 {
		if rand.IntN(2) == 0 && len(want) < 5000 {
			p := bytes.Repeat([]byte{byte(k)}, rand.IntN(900))
			r.put(p)
			want = append(want, p...)
		} else {
			p := make([]byte, rand.IntN(1200))
			n := r.take(p)
			if n != min(len(p), len(want)) || !bytes.Equal(p[:n], want[:n]) {
				t.Fatal("differs at step", k)
			}
			want = want[n:]
		}
		if r.n != len(want) {
			t.Fatal(r.n, len(want))
		}
	}
}

func TestPipeBlocks(t *testing.T) {
	r, w := pipes(t, 0)
	data := make([]byte, 1<<20)
	for k := range data {
		data[k] = byte(k * k >> 5)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if n, e := write(w, data); n != len(data) || e != 0 {
			t.Error("write", n, e)
		}
		closeFD(w)
	})
	var got []byte
	b := make([]byte, 7001)
	for {
		n, e := read(r, b)
		if e != 0 {
			t.Fatal(e)
		}
		if n == 0 {
			break
		}
		got = append(got, b[:n]...)
	}
	wg.Wait()
	if !bytes.Equal(got, data) {
		t.Error("other bytes came out")
	}
}

func TestPipeNonblocking(t *testing.T) {
	r, w := pipes(t, syscall.O_NONBLOCK)
	b := make([]byte, 1<<17)
	fails(t, syscall.EAGAIN, syscall.SYS_READ, r, b, 1)
	if n, e := write(w, b); n != pipeCapacity || e != 0 {
		t.Fatal(n, e)
	}
	fails(t, syscall.EAGAIN, syscall.SYS_WRITE, w, b, 1)
	read(r, b[:100])
	fails(t, syscall.EAGAIN, syscall.SYS_WRITE, w, b, pipeAtomic) // whole or not at all
	if n, _ := write(w, b[:100]); n != 100 {
		t.Error("a small write must fit")
	}
	var n int32
	must(t, syscall.SYS_IOCTL, r, fionread, ptr(&n))
	if n != pipeCapacity {
		t.Error("FIONREAD", n)
	}
	closeFD(r)
	fails(t, syscall.EPIPE, syscall.SYS_WRITE, w, b, 1)
}

func TestFIFO(t *testing.T) {
	must(t, syscall.SYS_MKNODAT, here, "/tmp/fifo", syscall.S_IFIFO|0o600, 0)
	t.Cleanup(func() { must(t, syscall.SYS_UNLINKAT, here, "/tmp/fifo", 0) })
	fails(t, syscall.ENXIO, syscall.SYS_OPENAT, here, "/tmp/fifo", syscall.O_WRONLY|syscall.O_NONBLOCK)
	var wg sync.WaitGroup
	wg.Go(func() {
		fd, e := open(t, "/tmp/fifo", syscall.O_WRONLY, 0) // waits for a reader
		if e != 0 {
			t.Error(e)
		}
		write(fd, []byte("through"))
		closeFD(fd)
	})
	if s := content(t, "/tmp/fifo"); s != "through" {
		t.Error(s)
	}
	wg.Wait()
}

// Every byte of small writes by several writers arrives, each write whole.
func TestPipeAtomicWrites(t *testing.T) {
	r, w := pipes(t, 0)
	const writers, rounds, size = 4, 200, 700
	var wg sync.WaitGroup
	for k := range writers {
		wg.Go(func() {
			p := bytes.Repeat([]byte{byte('a' + k)}, size)
			for range rounds {
				write(w, p)
			}
		})
	}
	counts := map[byte]int{}
	for range writers * rounds {
		p := make([]byte, size)
		for done := 0; done < size; {
			n, _ := read(r, p[done:])
			done += n
		}
		if !bytes.Equal(p, bytes.Repeat(p[:1], size)) {
			t.Fatal("two writes are mixed")
		}
		counts[p[0]]++
	}
	wg.Wait()
	for c, n := range counts {
		if n != rounds {
			t.Error(string(c), n)
		}
	}
}
