package mem

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/smp"
)

// These come last: the machine has two processors from here on.

// TestRelease has another processor, which is halted: what it may have a translation
// of is not free before it has been told.
func TestRelease(t *testing.T) {
	boot(t, 64)
	two(t)
	const va, n = 0x700000000000, 8 * PageSize
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	free := Stats().Free
	for at := uintptr(va); at < va+n; at += PageSize {
		if r := Fault(at, arch.FaultWrite); r != FaultServed {
			t.Fatal(r)
		}
	}
	Discard(va+1, n-1) // all but the first page
	if !Populated(va) || Populated(va+PageSize) || Populated(va+n-PageSize) {
		t.Error("not the pages that were discarded")
	}
	if !Unmap(va, n) || Stats().Free != free {
		t.Errorf("%d bytes free, before %d", Stats().Free, free)
	}
	if n := tables(m.root, 39); n != 1 {
		t.Errorf("%d tables are left", n)
	}
}

// TestReadyFrame: with several processors a page fault takes the frame that was cleared
// after the last one, which counts as free until then, and is the last there is.
func TestReadyFrame(t *testing.T) {
	boot(t, 64)
	const va, n = 0x700000000000, 64 * PageSize
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	two(t)
	at := uintptr(va)
	Fault(at, arch.FaultWrite)
	for r := FaultServed; r == FaultServed; {
		ready, free := m.ready[0], Stats().Free
		if ready == 0 {
			t.Fatalf("no frame is ready with %d bytes free", free)
		}
		for i, b := range unsafe.Slice((*byte)(unsafe.Pointer(Addr(ready))), PageSize) {
			if b != 0 {
				t.Fatalf("byte %d of it is %#x", i, b)
			}
		}
		at += PageSize
		r = Fault(at, arch.FaultWrite)
		if got := *walk(at, 12, false) & arch.PTEAddr; got != ready || Stats().Free != free-PageSize {
			t.Fatalf("the page has frame %#x, not %#x; %d bytes free, before %d", got, ready, Stats().Free, free)
		}
		fill(ready, 0xa5)
		if r == FaultShort && m.ready[0] == 0 {
			break // memory is short, and nothing is put by any more
		}
	}
	Unmap(va, n)
	if _, ok := Map(va, n, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	for at := uintptr(va); at < va+PageSize*8; at += PageSize { // frames that were used
		Fault(at, arch.FaultWrite)
		if b := *(*byte)(unsafe.Pointer(Addr(*walk(at, 12, false) & arch.PTEAddr))); b != 0 {
			t.Errorf("a page has %#x in it", b)
		}
	}
}

// fill writes a byte all over a frame.
func fill(pa uint64, b byte) {
	for i := range uintptr(PageSize) {
		*(*byte)(unsafe.Pointer(Addr(pa) + i)) = b
	}
}

// two makes the machine one of two processors, of which the other is halted, until the
// test ends.
func two(t *testing.T) {
	t.Helper()
	first := amd64.This()
	t.Cleanup(func() {
		amd64test.Become(t, first, 0)
		smp.Join(0)
	})
	amd64test.Become(t, new(amd64.CPU), 1)
	smp.Join(1)
	smp.Idle()
	amd64test.Become(t, first, 0)
}

// TestSpaceOfTwo is TestSpace where frames are given back in the way of several
// processors.
func TestSpaceOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestSpace(t)
}

// TestLargeSpaceOfTwo is TestLargeSpace with another processor.
func TestLargeSpaceOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestLargeSpace(t)
}

// TestObjectsOfTwo is TestObjects with another processor.
func TestObjectsOfTwo(t *testing.T) {
	boot(t, 8)
	two(t)
	TestObjects(t)
}

// TestChangesApart has a processor that does not obey: what another removes is not free
// until it does, and of the rest only those wait who change the same.
func TestChangesApart(t *testing.T) {
	const a, b, n = 0x700000000000, 0x710000000000, 4 * PageSize
	boot(t, 64)
	amd64test.Map(t, lapic.Base, 4096) // by which they are interrupted
	two(t)
	cpus := make([]amd64.CPU, 6)
	for id := 2; id < len(cpus); id++ {
		amd64test.Become(t, &cpus[id], id)
		smp.Join(uint32(id))
		if smp.Idle(); id == 2 {
			smp.Busy() // and does not obey
		}
	}
	amd64test.Become(t, &cpus[0], 0)
	free := Stats().Free
	o := NewObject(0, 0)
	o.Resize(n)
	for _, at := range []uint64{a, b} {
		if _, ok := Map(at, n, ProtRead|ProtWrite, true); !ok {
			t.Fatal("no region")
		}
	}
	if _, ok := MapObject(a+n, n, o, 0, Shared, ProtRead|ProtWrite, true); !ok {
		t.Fatal("no region of an object")
	}
	ObjectFrames(n / PageSize)
	removed := map[uint64]bool{}
	for at := uintptr(a); at < a+2*n; at += PageSize {
		if r := Fault(at, arch.FaultWrite); r != FaultServed {
			t.Fatal(r)
		}
		tr, _ := translate(t, at)
		removed[tr.pa] = true
	}
	Fault(b, arch.FaultWrite)
	used := Stats().Free

	var done sync.WaitGroup
	var ended atomic.Int32
	as := func(id int, f func()) {
		done.Go(func() {
			amd64test.Become(t, &cpus[id], id)
			f()
			ended.Add(1)
		})
	}
	until := func(what func() bool) {
		for !what() {
			smp.Relax()
		}
	}
	as(3, func() { Unmap(a, 2*n) })
	until(func() bool { return !Mapped(a, n) })
	o.Free()
	as(4, func() { Discard(b, n) })
	until(func() bool { return !Populated(b) })
	as(5, func() { Map(a, n, ProtRead, true) })
	until(func() bool {
		m.lock.Lock()
		defer m.lock.Unlock()
		return m.changes[5].ticket != 0
	})
	if Mapped(a, n) || ended.Load() != 0 {
		t.Errorf("%d have not waited", ended.Load())
	}
	if now := Stats().Free; now != used {
		t.Errorf("%d bytes are free, before %d", now, used)
	}
	at, ok := Map(0, n, ProtRead|ProtWrite, false)
	if !ok {
		t.Fatal("nothing is mapped")
	}
	for va := at; va < at+n; va += PageSize {
		if r := Fault(uintptr(va), arch.FaultWrite); r != FaultServed {
			t.Fatal(r)
		}
		if tr, _ := translate(t, uintptr(va)); removed[tr.pa] {
			t.Errorf("frame %#x is given away", tr.pa)
		}
	}
	as(2, func() {
		until(func() bool { return ended.Load() == 3 })
		smp.Idle()
	})
	until(func() bool { return ended.Load() == 4 })
	done.Wait()
	if !Mapped(a, n) || Mapped(a+n, n) {
		t.Error("not what was mapped last")
	}
	Unmap(a, n)
	Unmap(b, n)
	Unmap(at, n)
	if now := Stats().Free + PageSize*uint64(len(cpus)-2); now < free || m.orphans != 0 {
		t.Errorf("%d bytes are free, %d before", now, free)
	}
}

// TestFlushes: one call asks the other processors once, however many places it changes, a
// second time for page tables that go, and not at all where they have no translation.
func TestFlushes(t *testing.T) {
	const a, n = 0x700000000000, 4 * PageSize
	boot(t, 64)
	amd64test.Map(t, lapic.Base, 4096)
	two(t)
	var asked atomic.Int32
	ready, done := make(chan bool), make(chan bool)
	go func() {
		amd64test.Become(t, new(amd64.CPU), 1)
		smp.Busy()
		for ready <- true; ; {
			select {
			case <-done:
				smp.Idle()
				done <- true
				return
			default:
			}
			if command := (*uint32)(unsafe.Pointer(uintptr(lapic.Base + 0x300))); atomic.SwapUint32(command, 0) != 0 {
				asked.Add(1)
				smp.Interrupt()
			}
		}
	}()
	<-ready
	ObjectFrames(n / PageSize)
	o := NewObject(0, 0)
	o.Resize(n)
	o.Track()
	touch := func(at, n uintptr) {
		for va := at; va < at+n; va += PageSize {
			if r := Fault(va, arch.FaultWrite); r != FaultServed && r != FaultBus {
				t.Fatal(r)
			}
		}
	}
	for i := uint64(0); i < 3; i++ {
		if _, ok := MapObject(a+2*i*n, n, o, 0, Shared, ProtRead|ProtWrite, true); !ok {
			t.Fatal("not mapped")
		}
	}
	const own = a + n
	all := func() {
		for i := range uintptr(3) {
			touch(a+2*i*n, n)
		}
		Map(own, n, ProtRead|ProtWrite, true)
		touch(own, n)
	}
	for _, c := range []struct {
		name string
		want int32
		f    func()
	}{
		{"clean a file shown at three places", 1, func() { o.Clean(0, 4, 4) }},
		{"drop its pages", 1, func() { o.Drop(0, 2) }},
		{"cut it", 1, func() { o.Resize(PageSize) }},
		{"let it grow", 0, func() { o.Resize(n) }},
		{"protect", 1, func() { Protect(own, n, ProtRead) }},
		{"discard", 1, func() { Discard(own, n) }},
		{"protect what is not there", 0, func() {
			Discard(own, n)
			asked.Store(0)
			Protect(own, n, ProtNone)
			Protect(own, n, ProtRead|ProtWrite)
		}},
		{"unmap", 1, func() { Unmap(own, n) }},
		{"unmap all, with the page table", 2, func() { Unmap(a, 5*n) }},
	} {
		all()
		asked.Store(0)
		if c.f(); asked.Load() != c.want {
			t.Errorf("%s: asked %d times, want %d", c.name, asked.Load(), c.want)
		}
	}
	done <- true
	<-done
}
