package boot

import (
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/kerneltest"
	"yolk/kernel/sched"
)

// TestSecondary is what another processor does first. A machine does
// not lose a processor again.
func TestSecondary(t *testing.T) {
	if !kerneltest.Alone(t) {
		return
	}
	first := enter(t)
	c := new(amd64.CPU)
	amd64test.Become(t, c, 1)
	waiting := sched.New()
	waiting.PC = 0x1234
	amd64test.Become(t, &kerneltest.Processor, 0)
	sched.Start(waiting)
	amd64test.Become(t, c, 1)
	amd64test.Take()
	secondary(c)
	loads := amd64test.Take(amd64test.Load)
	if len(loads) != 3 || c.Context != uintptr(unsafe.Pointer(waiting)) || sched.Current() != waiting {
		t.Errorf("%x; it goes on with %#x", loads, c.Context)
	}
	if !arrived(1) {
		t.Error("it has not arrived")
	}
	amd64test.Become(t, &kerneltest.Processor, 0)
	if sched.Current() != first {
		t.Error("the first goes on with another thread")
	}
	amd64.SetClock(amd64.ClockParams{Base: amd64.TSC(), Mult: 1 << 50}) // time flies
	if arrived(2) {
		t.Error("who was never started has arrived")
	}
}
