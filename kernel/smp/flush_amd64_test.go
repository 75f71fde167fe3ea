package smp

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
)

const apicCommand = lapic.Base + 0x300 // the last interrupt sent; its destination 16 bytes on

// machine is one of n processors, of which the test is the first.
func machine(t *testing.T, n int) (cpus []*amd64.CPU) {
	amd64test.Enter(t)
	amd64test.Map(t, lapic.Base, 4096)
	s = state{count: 1}
	t.Cleanup(func() { s = state{count: 1} })
	for id := range n {
		cpus = append(cpus, new(amd64.CPU))
		amd64test.Become(t, cpus[id], id)
		Join(uint32(id + 40))
	}
	amd64test.Become(t, cpus[0], 0)
	if Count() != n {
		t.Fatalf("%d processors", Count())
	}
	return cpus
}

func sent() (to, command uint32) {
	word := func(at uintptr) uint32 { return atomic.LoadUint32((*uint32)(unsafe.Pointer(at))) }
	return word(apicCommand+0x10) >> 24, word(apicCommand)
}

// ask makes another processor's request for a flush, as Flush does.
func ask(start, end uintptr, number uint64) {
	atomic.StoreUint64(&s.generation, number)
	*at(number) = newRequest(start, end, number)
}

// TestServeFlush: few pages one by one, many and those of a request that was missed by
// dropping all.
func TestServeFlush(t *testing.T) {
	machine(t, 2)
	page := func(n uint64) amd64test.Event { return amd64test.Event{Op: amd64test.Invalidate, At: n << 12} }
	all := []amd64test.Event{{Op: amd64test.ReadCR, At: 3}, {Op: amd64test.WriteCR, At: 3}}
	for _, c := range []struct {
		name       string
		start, end uintptr
		want       uint64
		done       []amd64test.Event
	}{
		{"two pages", 0x5000, 0x7000, 1, []amd64test.Event{page(5), page(6)}},
		{"nothing new", 0x8000, 0x9000, 1, nil},
		{"many", 0, 33 << 12, 2, all},
		{"one, and one before that is not there", 0x5000, 0x6000, 4, all},
		{"one", 0x5000, 0x6000, 5, []amd64test.Event{page(5)}},
		{"the highest, and as many as are not too many", 0x7ffffffdf000, 0x7fffffffe000, 6, func() (e []amd64test.Event) {
			for n := uint64(0x7ffffffdf); n < 0x7fffffffe; n++ {
				e = append(e, page(n))
			}
			return e
		}()},
	} {
		ask(c.start, c.end, c.want)
		Interrupt()
		if got := amd64test.Take(); !slices.Equal(got, c.done) {
			t.Errorf("%s: %x, want %x", c.name, got, c.done)
		}
		if s.cpu[0].done != c.want {
			t.Errorf("%s: flush %d is done", c.name, s.cpu[0].done)
		}
	}
}

// TestServeSeveral: what several ask for is dropped in one go: page by page if it is few
// requests, each of which is still there.
func TestServeSeveral(t *testing.T) {
	machine(t, 2)
	for _, c := range []struct {
		asked, pages int
		spoil        func()
	}{
		{asked: 2, pages: 2},
		{asked: fewRequests, pages: fewRequests},
		{asked: fewRequests + 1},
		{asked: 2, spoil: func() { // a later one's is in its place
			*at(s.generation) = newRequest(0, 4096, s.generation+uint64(len(s.requests)))
		}},
		{asked: 2, pages: 1, spoil: func() { *at(s.generation) = newRequest(0, 33<<12, s.generation) }},
	} {
		amd64test.Take()
		for range c.asked {
			ask(0x5000, 0x6000, s.generation+1)
		}
		if c.spoil != nil {
			c.spoil()
		}
		Interrupt()
		pages, all := 0, 0
		for _, e := range amd64test.Take(amd64test.Invalidate, amd64test.WriteCR) {
			if e.Op == amd64test.WriteCR {
				all++
			} else {
				pages++
			}
		}
		if want := min(1, c.asked-c.pages); c.spoil == nil && pages != c.pages || all != want || s.cpu[0].done != s.generation {
			t.Errorf("%d asked: %d pages and %d times all, done %d of %d", c.asked, pages, all, s.cpu[0].done, s.generation)
		}
	}
}

// TestBusyCatchesUp: what was asked for while it was halted is done before it goes on.
func TestBusyCatchesUp(t *testing.T) {
	machine(t, 2)
	Idle()
	ask(0x5000, 0x6000, 1)
	Interrupt()
	if e := amd64test.Take(); len(e) != 0 {
		t.Errorf("done while halted: %x", e)
	}
	Busy()
	if e := amd64test.Take(amd64test.WriteCR); len(e) != 1 || s.cpu[0].done != 1 || s.cpu[0].idle != 0 {
		t.Errorf("%x, done %d", e, s.cpu[0].done)
	}
	Idle()
	Busy()
	if e := amd64test.Take(); len(e) != 0 {
		t.Errorf("for nothing: %x", e)
	}
}

// TestFlushWaits: it returns when the others have no translation any more, each of which
// was interrupted, and waits for none that is halted.
func TestFlushWaits(t *testing.T) {
	cpus := machine(t, 3)
	s.cpu[2].idle = 1
	done := make(chan bool)
	go func() { // processor 1 serves when it is asked, which it sees itself
		amd64test.Become(t, cpus[1], 1)
		for atomic.LoadUint64(&s.generation) == 0 {
		}
		Interrupt()
		done <- true
	}()
	Flush(0x5000, 0x6000)
	if s.cpu[1].done != 1 || s.cpu[2].done != 0 || s.generation != 1 {
		t.Errorf("%+v %+v", s.cpu[1], s.cpu[2])
	}
	<-done
	if to, command := sent(); to != 41 || command != Vector {
		t.Errorf("sent %#x to %d", command, to)
	}
	if Name() != *(*uint32)(unsafe.Pointer(uintptr(lapic.Base + 0x20)))>>24 {
		t.Error("its name is not the controller's")
	}
}

// TestFlushTogether: processors that flush at the same time serve each other, and one that
// is asked by all of them does it once, for all.
func TestFlushTogether(t *testing.T) {
	const senders = 3
	cpus := machine(t, senders+1)
	var returned atomic.Int32
	flush := func(id uintptr) {
		Flush(id<<12, (id+1)<<12)
		for returned.Add(1); returned.Load() < senders; {
			Interrupt() // as those that are interrupted later do
		}
	}
	var done sync.WaitGroup
	done.Go(func() {
		amd64test.Become(t, cpus[senders], senders)
		for atomic.LoadUint64(&s.generation) < senders {
		}
		if n := returned.Load(); n != 0 {
			t.Errorf("%d have not waited", n)
		}
		Interrupt()
	})
	for id := 1; id < senders; id++ {
		done.Go(func() {
			amd64test.Become(t, cpus[id], id)
			flush(uintptr(id))
		})
	}
	flush(0)
	done.Wait()
	if made := s.cpu[senders].done; s.generation != senders || made != senders {
		t.Errorf("%d of %d flushes are made", made, s.generation)
	}
}

// TestLockServes: who waits for a lock whose holder waits for a flush makes it.
func TestLockServes(t *testing.T) {
	cpus := machine(t, 2)
	var l Lock
	l.Lock()
	if l.holder != 0 {
		t.Errorf("held by %d", l.holder)
	}
	done := make(chan bool)
	go func() {
		amd64test.Become(t, cpus[1], 1)
		l.Lock()
		l.Unlock()
		done <- true
	}()
	Flush(0x5000, 0x6000) // returns although the other waits for the lock
	l.Unlock()
	<-done
	if l.holder != 1 {
		t.Errorf("held by %d last", l.holder)
	}
}

// TestPokeAndStart: what is sent to whom.
func TestPokeAndStart(t *testing.T) {
	machine(t, 3)
	Poke(2)
	if to, command := sent(); to != 42 || command != Vector {
		t.Errorf("sent %#x to %d", command, to)
	}
	Start(9, 0x8000)
	if to, command := sent(); to != 9 || command != uint32(lapic.StartUp)|8 {
		t.Errorf("sent %#x to %d", command, to)
	}
	Relax()
}

// TestStopOthers: all others are told by an interrupt that nothing holds back; the one
// that ends the machine goes on, and any other that wants to end it halts.
func TestStopOthers(t *testing.T) {
	cpus := machine(t, 3)
	s.halted = 2 // they obey at once
	StopOthers()
	if to, command := sent(); to != 42 || command != uint32(lapic.NMI) || !Stopping() {
		t.Errorf("sent %#x to %d", command, to)
	}
	StopOthers() // the same again goes on
	amd64test.Become(t, cpus[1], 1)
	for name, f := range map[string]func(){"an interrupt": Interrupt, "another end": StopOthers, "its NMI": Halt} {
		before := s.halted
		if how, ended := amd64test.Ends(f); !ended || how != amd64test.Halt || s.halted != before+1 {
			t.Errorf("%s: %v %v, %d have halted", name, ended, how, s.halted)
		}
	}
}

// TestStopOthersWhoAreStuck: the message is shown all the same.
func TestStopOthersWhoAreStuck(t *testing.T) {
	machine(t, 2)
	StopOthers()
	if s.halted != 0 {
		t.Error("nobody has halted")
	}
}

// TestRecords: KVM is told where each processor's record is.
func TestRecords(t *testing.T) {
	old := host
	defer func() { host = old }()
	var page [4096]byte
	UseRecords(0x7000, uintptr(unsafe.Pointer(&page)))
	features := amd64.KVMFeatures()
	if host.flushes != (features&amd64.KVMLateFlush != 0) || HostTells() != (features&amd64.KVMStealTime != 0) {
		t.Errorf("features %#x, and %+v", features, host)
	}
	host.flushes, host.yields = false, false
	machine(t, 3)
	want := []amd64test.Event{
		{Op: amd64test.WriteMSR, At: msrStealTime, Value: 0x7001},
		{Op: amd64test.WriteMSR, At: msrStealTime, Value: 0x7041},
		{Op: amd64test.WriteMSR, At: msrStealTime, Value: 0x7081},
	}
	if got := amd64test.Take(); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}
