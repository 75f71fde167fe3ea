package netbuf

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// bus is heap memory with bus addresses.
type bus struct {
	next  uint64
	freed int
}

func (m *bus) Alloc(n, align int) ([]byte, uint64, error) {
	b, _, err := Heap.Alloc(n, align)
	m.next = (m.next+uint64(align)-1)&^uint64(align-1) + 1<<20
	addr := m.next
	m.next += uint64(n)
	return b, addr, err
}

func (m *bus) Free(b []byte, addr uint64) { m.freed += len(b) }

func TestHeapMemory(t *testing.T) {
	for _, align := range []int{8, 64, 4096} {
		a, addr, err := Heap.Alloc(5000, align)
		if err != nil || len(a) != 5000 || addr != 0 || sliceAddr(a)%uintptr(align) != 0 {
			t.Errorf("align %d: %d bytes at %#x: %v", align, len(a), addr, err)
		}
	}
	for _, bad := range [][2]int{{8, 3}, {0, 8}, {8, 0}, {8, 8192}} {
		if _, _, err := Heap.Alloc(bad[0], bad[1]); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// A buffer knows whether and where hardware finds it, wherever it came from.
func TestAddresses(t *testing.T) {
	m := &bus{}
	p, err := NewPool(m, 3, 128, 16)
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Get(), p.Get()
	if d := int64(a.Addr() - b.Addr()); d != 128 && d != -128 || a.Addr()%64 != 16 || !a.HasAddr() {
		t.Errorf("%#x, %#x", a.Addr(), b.Addr())
	}
	r, err := NewRegion(m, 8192)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := New(r, 100, 10)
	y, _ := New(r, 100, 10)
	if y.Addr() != x.Addr()+128 || !y.HasAddr() {
		t.Errorf("region: %#x, %#x", x.Addr(), y.Addr())
	}
	if w := Wrap(make([]byte, 8), 0x1234, nil); w.Addr() != 0x1234 || !w.HasAddr() || w.Len() != 8 {
		t.Errorf("wrapped: %#x", w.Addr())
	}
	if h, _ := New(Heap, 64, 0); h.HasAddr() || Wrap(nil, 0, nil).HasAddr() {
		t.Error("the heap has bus addresses")
	}
}

func TestNewGivesBack(t *testing.T) {
	m := &bus{}
	b, err := New(m, 256, 32)
	if err != nil || b.Headroom() != 32 || b.Len() != 0 || b.Tailroom() != 224 {
		t.Fatalf("%v, %+v", err, b)
	}
	b.Retain(1)
	b.Free()
	if m.freed != 0 {
		t.Fatal("freed while it has an owner")
	}
	b.Free()
	if m.freed != 256 {
		t.Errorf("%d bytes freed", m.freed)
	}
	for _, bad := range [][2]int{{0, 0}, {64, 65}, {64, -1}} {
		if _, err := New(m, bad[0], bad[1]); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestRegion(t *testing.T) {
	m := &bus{}
	r, err := NewRegion(m, 4096)
	if err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for last == nil {
		var b *Buf
		if b, last = New(r, 512, 0); last == nil {
			if !bytes.Equal(b.Append(512), make([]byte, 512)) {
				t.Fatal("not zeroed")
			}
			b.Bytes()[0] = 1
			n++
		}
		if n == 8 && r.Used() == 4096 && last != nil {
			if !errors.Is(last, ErrNoMemory) {
				t.Fatal(last)
			}
			r.Reset()
			if r.Used() != 0 {
				t.Fatal("not reset")
			}
			if again, err := New(r, 512, 0); err != nil || again.Append(1)[0] != 0 {
				t.Fatalf("after Reset: %v", err)
			}
		}
	}
	if n != 8 {
		t.Errorf("%d buffers", n)
	}
	r.Close()
	if _, err := New(r, 64, 0); !errors.Is(err, ErrNoMemory) || m.freed != 4096 {
		t.Errorf("after Close: %v, %d freed", err, m.freed)
	}
}

// The destructor runs once, at the last Free, for each kind of buffer, and not in
// the buffer's next life.
func TestDestructor(t *testing.T) {
	p := pool(t, 1)
	heap, _ := New(Heap, 64, 0)
	for name, b := range map[string]*Buf{"pool": p.Get(), "heap": heap, "wrap": Wrap([]byte("mine"), 0, nil)} {
		var seen []int
		b.SetDestructor(func(d *Buf) {
			if d != b {
				t.Errorf("%s: another buffer", name)
			}
			seen = append(seen, d.Len())
		})
		want := b.Len()
		b.Retain(1)
		FreeBurst([]*Buf{b})
		if len(seen) != 0 {
			t.Errorf("%s: ran while there is an owner", name)
		}
		FreeBurst([]*Buf{b})
		if len(seen) != 1 || seen[0] != want {
			t.Errorf("%s: %v", name, seen)
		}
		if name == "pool" {
			again := p.Get()
			again.Free()
			if len(seen) != 1 {
				t.Error("ran in the next life")
			}
			again = p.Get()
			again.SetDestructor(func(*Buf) { t.Error("taken back, and ran") })
			again.SetDestructor(nil)
			again.Free()
		}
	}
	done := 0
	w := Wrap([]byte("mine"), 0, func(*Buf) { done++ })
	w.Free()
	if done != 1 {
		t.Error("Wrap's done did not run")
	}
	defer func() {
		if recover() == nil {
			t.Error("freed twice, no panic")
		}
	}()
	w.Free()
}

func TestPrivate(t *testing.T) {
	p := pool(t, 4)
	p.SetPrivate(16)
	var all [4]*Buf
	p.GetBurst(all[:])
	for i, b := range all {
		if len(b.Private()) != 16 || cap(b.Private()) != 16 {
			t.Fatalf("%d bytes", len(b.Private()))
		}
		copy(b.Private(), fmt.Sprint("private area ", i))
	}
	for i, b := range all {
		if want := fmt.Sprint("private area ", i); string(b.Private()[:len(want)]) != want {
			t.Errorf("%q", b.Private())
		}
	}
}

// Duplicates show the original's bytes behind headers of their own, and keep it
// alive.
func TestDuplicate(t *testing.T) {
	p := pool(t, 4)
	shadows, err := NewPool(nil, 3, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Get(), p.Get()
	copy(a.Append(4), "pack")
	copy(b.Append(2), "et")
	a.SetNext(b)
	a.Checksum, a.CsumStart = ChecksumPartial, 3
	d := shadows.Duplicate(a)
	if string(d.AppendTo(nil)) != "packet" || d.Offload != a.Offload || d.Parts() != 2 || !a.Shared() || !b.Shared() {
		t.Fatalf("%q, %+v", d.AppendTo(nil), d.Offload)
	}
	if d.Headroom() != 0 || d.Tailroom() != 0 || d.Push(1) != nil || d.Append(1) != nil {
		t.Error("a duplicate has room that is the original's")
	}
	if shadows.Duplicate(a) != nil || shadows.Available() != 1 {
		t.Errorf("half a duplicate; %d headers left", shadows.Available())
	}
	head := p.Get()
	copy(head.Append(2), "a ")
	head.SetNext(d)
	d.Pull(2)
	if string(head.AppendTo(nil)) != "a cket" || string(a.AppendTo(nil)) != "packet" {
		t.Errorf("%q, %q", head.AppendTo(nil), a.AppendTo(nil))
	}
	a.Free()
	if p.Available() != 1 {
		t.Fatalf("%d buffers free while a duplicate shows them", p.Available())
	}
	head.Free()
	if p.Available() != 4 || shadows.Available() != 3 {
		t.Errorf("%d buffers and %d headers back", p.Available(), shadows.Available())
	}
	fresh := shadows.Get()
	if fresh.Len() != 0 || fresh.Tailroom() != 0 {
		t.Error("a header remembers what it showed")
	}
}

func TestDuplicateNeedsHeaders(t *testing.T) {
	p := pool(t, 2)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	p.Duplicate(p.Get())
}

// FreeBurst sorts buffers of several pools, chains and shared ones.
func TestFreeBurst(t *testing.T) {
	p, q := pool(t, 4), pool(t, 4)
	a, b, c, d, e := p.Get(), p.Get(), q.Get(), q.Get(), p.Get()
	c.SetNext(d)
	e.Retain(2)
	FreeBurst([]*Buf{a, c, b, e, e})
	if p.Available() != 3 || q.Available() != 4 {
		t.Errorf("%d, %d", p.Available(), q.Available())
	}
	FreeBurst([]*Buf{e})
	if p.Available() != 4 {
		t.Error("last owner's Free")
	}
}

func TestNoAllocations(t *testing.T) {
	p := pool(t, 64)
	shadows, _ := NewPool(nil, 64, 0, 0)
	var bufs, dups [32]*Buf
	if n := testing.AllocsPerRun(100, func() {
		p.GetBurst(bufs[:])
		for i, b := range bufs {
			b.Append(60)
			b.Push(12)
			dups[i] = shadows.Duplicate(b)
		}
		FreeBurst(bufs[:])
		FreeBurst(dups[:])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
