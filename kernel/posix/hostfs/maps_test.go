package hostfs_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"yolk/kernel/posix/ramfs"
)

// frames are a file's as mappings would show them.
type frames struct {
	mu      sync.Mutex
	pages   map[int64][]byte
	written map[int64]bool
	shown   bool
	size    int64
	freed   bool
}

func (f *frames) Page(i int64) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pages[i]
}

func (f *frames) Fill(i, n int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k := range n {
		if f.pages[i+k] == nil {
			f.pages[i+k] = make([]byte, 4096)
		}
	}
	return n
}

func (f *frames) Resize(size int64) bool {
	f.size = size
	f.Drop((size+4095)/4096, 1<<40)
	return true
}

func (f *frames) Drop(i, n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k := range f.pages {
		if k >= i && k < i+n {
			delete(f.pages, k)
			delete(f.written, k)
		}
	}
}

func (f *frames) Clean(i, n int64) (first, count int64, shown bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for first = i; first < min(i+n, 1000) && !f.written[first]; first++ {
	}
	for ; f.written[first+count] && first+count < i+n; count++ {
		delete(f.written, first+count)
	}
	return first, count, f.shown
}

func (f *frames) Count() int64 { return int64(len(f.pages)) }

func (f *frames) Free() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.freed = true
}

// hide has no mapping show them.
func (f *frames) hide() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown = false
}

func (f *frames) isFreed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.freed
}

// store writes as a mapping does.
func (f *frames) store(at int64, text string) {
	copy(f.Page(at / 4096)[at%4096:], text)
	f.mu.Lock()
	f.written[at/4096] = true
	f.mu.Unlock()
}

// mapped maps all of a file that it opens.
func (b *bench) mapped(path string, size int64) (*ramfs.Inode, *frames) {
	b.Helper()
	i, _, e := b.fs.Open(b.fs.Root(), path, syscall.O_RDWR, 0)
	b.ok("open", e)
	f := &frames{pages: map[int64][]byte{}, written: map[int64]bool{}, shown: true}
	got, e := i.Share(ramfs.Part{Size: size, Write: true}, func(_ []byte, track bool) ramfs.Frames {
		if !track {
			b.Error("nobody knows what mappings write")
		}
		return f
	})
	b.ok("share", e)
	i.Shared()
	if got != f {
		f = got.(*frames)
	}
	return i, f
}

// TestMaps: mappings, calls and the host agree on a file, and nothing that a mapping wrote
// is lost when it goes.
func TestMaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		s, _ := b.mount("/data", false)
		name := filepath.Join(s.Root, "f")
		os.WriteFile(name, []byte(strings.Repeat("0123456789abcdef", 1000)), 0o644)
		host := func(at, n int) string {
			text, _ := os.ReadFile(name)
			return string(text[min(at, len(text)):min(at+n, len(text))])
		}
		i, f := b.mapped("/data/f", 100000)
		if got := string(f.Page(3)[:16]); got != "0123456789abcdef" || f.size != 16000 || f.Count() != 4 {
			t.Errorf("%q, %d bytes, %d pages", got, f.size, f.Count())
		}
		f.store(4100, "by a mapping")
		p := make([]byte, 12)
		if n, e := i.ReadAt(p, 4100); string(p[:n]) != "by a mapping" || e != 0 {
			t.Errorf("read: %q, %v", p, e)
		}
		if _, e := i.WriteAt([]byte("by a call"), 8200); e != 0 || string(f.Page(2)[8:17]) != "by a call" || host(8200, 9) != "by a call" {
			t.Errorf("a write: %v, %q, %q", e, f.Page(2)[8:17], host(8200, 9))
		}
		b.ok("fsync", i.Sync(true))
		if got := host(4100, 12); got != "by a mapping" {
			t.Errorf("after fsync the host has %q", got)
		}
		f.store(0, "msync")
		b.ok("msync", b.fs.Flush(true))
		if got := host(0, 5); got != "msync" {
			t.Errorf("after msync the host has %q", got)
		}
		f.store(15990, "the tail, and more behind the end")
		synctest.Wait()
		waitInterval()
		if got := host(15990, 100); got != "the tail, " {
			t.Errorf("after a while the host has %q", got)
		}
		b.ok("truncate", i.Truncate(5000))
		b.ok("truncate", i.Truncate(20000))
		if n, e := i.ReadAt(p, 5000); n != 12 || e != 0 || string(p) != string(make([]byte, 12)) {
			t.Errorf("behind what was cut off: %q, %v", p[:n], e)
		}
		if _, e := i.WriteAt([]byte("x"), 16390); e != 0 || f.Page(4)[6] != 'x' {
			t.Error("a write where no page was", e)
		}
		// The description goes, then the mapping, with something to write.
		i.Close()
		f.store(100, "last words")
		f.hide()
		waitInterval()
		if got := host(100, 10); got != "last words" || !f.isFreed() {
			t.Errorf("at the end the host has %q, freed %v", got, f.isFreed())
		}
		waitInterval()
		if n := s.Fids(); n != 1 {
			t.Errorf("%d fids are left", n)
		}
	})
}
