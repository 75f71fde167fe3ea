package irq

import (
	"sync/atomic"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// enter is a machine with its interrupt controllers and one thread, in which no event
// has been given out.
func enter(t *testing.T) {
	t.Helper()
	amd64test.Enter(t)
	for _, at := range []uintptr{lapic.Base, IOAPICBase, IOAPIC2Base} {
		amd64test.Map(t, at, 4096)
	}
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC(), Mult: 1 << 31})
	events.Store(0)
	counts, lineOf = [abi.MaxCPUs]abi.Interrupts{}, [maxEvents]atomic.Uint32{}
	pending = [4]uint64{}
	*eoi() = 99
}

func register(at uintptr) *uint32 { return (*uint32)(unsafe.Pointer(at)) }
func eoi() *uint32                { return register(lapic.Base + 0xb0) }

// TestEvents: each that is given out is another, up to the last vector.
func TestEvents(t *testing.T) {
	enter(t)
	last := Input
	for {
		e, ok := New()
		if !ok {
			break
		}
		if e != last+1 {
			t.Fatalf("event %d after %d", e, last)
		}
		last = e
	}
	if vectorEvent+int(last) != smp.Vector-1 {
		t.Errorf("the last event has vector %d, and the next after it is %d", vectorEvent+int(last), smp.Vector)
	}
	if _, ok := New(); ok {
		t.Error("one more")
	}
	if addr, data, ok := last.Message(0); addr != 0xfee00000 || data != smp.Vector-1 || !ok {
		t.Errorf("%#x to %#x, %v", data, addr, ok)
	}
	for name, want := range map[uint32]uint64{3: 0xfee03000, 0xfe: 0xfeefe000, 0xff: 0xfee00000, 0x100: 0xfee00000} {
		if addr, _, ok := last.message(name); addr != want || !ok {
			t.Errorf("to processor %#x: %#x, %v", name, addr, ok)
		}
	}
}

// TestInterrupt: what each vector does, and that its end is told.
func TestInterrupt(t *testing.T) {
	enter(t)
	New()
	second, _ := New()
	for _, c := range []struct {
		name    string
		vector  int
		causes  Causes
		pending uint64
		counted abi.Interrupts
		ended   bool
	}{
		{"the timer", VectorTimer, 0, 0, abi.Interrupts{Timer: 1}, true},
		{"the power button", vectorCause + int(Button), Button, 0, abi.Interrupts{Own: 1}, true},
		{"the console", vectorCause + int(Serial), Serial, 0, abi.Interrupts{Own: 1}, true},
		{"input", vectorEvent, 0, 1, abi.Interrupts{Events: [abi.Events]uint64{Input: 1}}, true},
		{"the second event", vectorEvent + int(second), 0, 1 << second, abi.Interrupts{Events: [abi.Events]uint64{2: 1}}, true},
		{"an event that nobody has", vectorEvent + int(second) + 1, 0, 0, abi.Interrupts{Stray: 1}, true},
		{"another processor", smp.Vector, 0, 0, abi.Interrupts{Between: 1}, true},
		{"nothing", VectorSpurious, 0, 0, abi.Interrupts{}, false},
	} {
		*eoi() = 99
		pending, counts = [4]uint64{}, [abi.MaxCPUs]abi.Interrupts{}
		if got := Interrupt(c.vector); got != c.causes || pending != [4]uint64{c.pending} || counts[0] != c.counted || (*eoi() == 0) != c.ended {
			t.Errorf("%s: causes %b, counted %+v, ended %v", c.name, got, counts[0], *eoi() == 0)
		}
		if second.Count() != c.counted.Events[second] {
			t.Errorf("%s: %d of the second event", c.name, second.Count())
		}
	}
}

// TestTaken: a processor's own interrupts, and the lines of events.
func TestTaken(t *testing.T) {
	enter(t)
	e, _ := New()
	const entries = 23 << 16
	*register(IOAPICBase), *register(IOAPICBase + 0x10) = 0, entries
	if !e.Route(5) {
		t.Fatal("no line")
	}
	e.Signal()
	counts[1].Timer = 7
	all := new(abi.Interrupts)
	for processor, want := range []abi.Interrupts{{Events: [abi.Events]uint64{1: 1}}, {Timer: 7}} {
		want.Lines[e] = 5
		if Taken(processor, all); *all != want {
			t.Errorf("processor %d: %+v", processor, *all)
		}
	}
}

// TestRoute: lines of both controllers, and those that neither has.
func TestRoute(t *testing.T) {
	enter(t)
	e, _ := New()
	const entries = 23 << 16 // of each, as its version says; here in every register
	for _, c := range []struct {
		line int
		base uintptr
		ok   bool
	}{
		{0, IOAPICBase, true}, {23, IOAPICBase, true}, {24, IOAPIC2Base, true}, {47, IOAPIC2Base, true},
		{48, 0, false}, {-1, 0, false}, {1 << 20, 0, false},
	} {
		for _, base := range []uintptr{IOAPICBase, IOAPIC2Base} {
			*register(base), *register(base + 0x10) = 0, entries
		}
		if ok := e.Route(c.line); ok != c.ok {
			t.Errorf("line %d: %v", c.line, ok)
		}
		for _, base := range []uintptr{IOAPICBase, IOAPIC2Base} {
			index, window := *register(base), *register(base + 0x10)
			set := window == uint32(vectorEvent+int(e))
			if set != (base == c.base) || set && index != 0x10+uint32(c.line%24)*2 {
				t.Errorf("line %d: register %#x of %#x is %#x", c.line, index, base, window)
			}
		}
	}
	*register(IOAPICBase + 0x10) = entries
	if !Button.Route(9) || *register(IOAPICBase + 0x10) != vectorCause+uint32(Button) {
		t.Errorf("the button has vector %d", *register(IOAPICBase + 0x10))
	}
	Button.Served()
	e.Open() // does nothing
}

// TestGiven: numbers of events that there are.
func TestGiven(t *testing.T) {
	enter(t)
	e, _ := New()
	for number, want := range map[uint64]bool{0: true, uint64(e): true, uint64(e) + 1: false, maxEvents: false, 1 << 63: false} {
		if got, ok := Given(number); ok != want || ok && got != Event(number) {
			t.Errorf("%d: %v, %v", number, got, ok)
		}
	}
	for {
		if _, ok := New(); !ok {
			break
		}
	}
	if _, ok := Given(maxEvents); ok {
		t.Error("one that was refused")
	}
}

// thread is the machine's; the scheduler knows it by its address.
var thread sched.Thread

// TestPollWait: who polls does not wait for what has come, however high its number.
func TestPollWait(t *testing.T) {
	enter(t)
	thread = sched.Thread{}
	sched.Run(&thread)
	for _, e := range []Event{0, 1, 63, 64, 200} {
		pending = [4]uint64{}
		if e.Fire(); pending[e/64] != 1<<(e%64) {
			t.Errorf("event %d: %x", e, pending)
		}
		thread.AX = 7
		if PollWait(-1); sched.Current() != &thread || thread.AX != 0 {
			t.Errorf("event %d: it waits", e)
		}
	}
}
