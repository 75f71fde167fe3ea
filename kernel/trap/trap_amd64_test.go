package trap

import (
	"strings"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/clock"
	"yolk/kernel/irq"
	"yolk/kernel/kerneltest"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

const (
	handler   = 0x401000
	heap      = 0xc000000000
	elsewhere = 0x7f0000000000 // beyond the heap
)

// handle gives the thread a stack, and each signal a handler.
func handle(t testing.TB, th *sched.Thread) {
	t.Helper()
	stack := mem.Addr(kerneltest.Place(t, make([]byte, 8*mem.PageSize)))
	if !mem.Reserve(uint64(stack), 8*mem.PageSize) {
		t.Fatal("no region")
	}
	t.Cleanup(func() { mem.Unmap(uint64(stack), 8*mem.PageSize) })
	*(*[4]uint64)(unsafe.Pointer(stack)) = [4]uint64{handler}
	for sig := uint64(1); sig <= 15; sig++ {
		if sig == 9 {
			continue
		}
		th.AX, th.DI, th.SI, th.DX, th.R10 = 13, sig, uint64(stack), 0, 8 // rt_sigaction
		if syscall(&th.Frame); th.AX != 0 {
			t.Fatal(int64(th.AX))
		}
	}
	th.SP = uint64(stack) + 8*mem.PageSize
	th.SigMask, th.SigPending = 0, 0
}

// TestFault: what becomes of an exception of the program's.
func TestFault(t *testing.T) {
	th := kerneltest.Enter(t)
	handle(t, th)
	sp := th.SP
	if _, ok := mem.Map(elsewhere, 4*mem.PageSize, mem.ProtRead|mem.ProtWrite, true); !ok {
		t.Fatal("no region")
	}
	defer mem.Unmap(elsewhere, 4*mem.PageSize)
	for _, c := range []struct {
		name   string
		vector uint64
		addr   uintptr
		signal uint64
	}{
		{"a page that comes on demand", amd64.VectorPage, elsewhere + 5, 0},
		{"the same again", amd64.VectorPage, elsewhere + 6, 0},
		{"a page of nobody's", amd64.VectorPage, 0x10, 11},
		{"a division", amd64.VectorDivide, 0, 8},
		{"a breakpoint", amd64.VectorBreakpoint, 0, 5},
		{"an NMI that means nothing", amd64.VectorNMI, 0, 0},
	} {
		th.PC, th.SP, th.SigMask, th.Vector, th.Error = 0x1234, sp, 0, c.vector, 2
		fault(&th.Frame, c.addr, false)
		if took := th.PC == handler; took != (c.signal != 0) || took && th.DI != c.signal {
			t.Errorf("%s: goes on at %#x, signal %d, want %d", c.name, th.PC, th.DI, c.signal)
		}
	}
	if !mem.Populated(elsewhere) || mem.Populated(elsewhere+mem.PageSize) {
		t.Error("not the page that was wanted")
	}
}

// TestBroken: what ends the machine with the kernel's own status, and says where.
func TestBroken(t *testing.T) {
	kerneltest.Enter(t)
	guard := mem.MapStack(0) - mem.PageSize - 8
	mem.Map(elsewhere, mem.PageSize, mem.ProtRead|mem.ProtWrite, true)
	defer mem.Unmap(elsewhere, mem.PageSize)
	for _, c := range []struct {
		vector uint64
		addr   uintptr
		nested bool
		want   string
	}{
		{amd64.VectorPage, guard, true, "kernel stack overflow: vector 14, error 0x0, address 0xffffc"},
		{amd64.VectorPage, 0x10, true, "page fault in kernel context: vector 14, error 0x0, address 0x10, ip 0x777, sp 0x888; this is a bug in Yolk"},
		{13, 0, true, "exception in kernel context: vector 13"},
		{35, 0, true, "an interrupt was delivered twice: vector 35"},
		{amd64.VectorDoubleFlt, 0, true, "double fault (kernel stack overflow?)"},
		{amd64.VectorDoubleFlt, 0, false, "double fault (kernel stack overflow?)"},
	} {
		f := amd64.Frame{Vector: c.vector, PC: 0x777, SP: 0x888}
		if said := kerneltest.Ends(t, shutdown.StatusKernel, func() { fault(&f, c.addr, c.nested) }); !strings.Contains(said, c.want) {
			t.Errorf("%q, want %q", said, c.want)
		}
	}
	f := amd64.Frame{Vector: amd64.VectorPage, Error: 2}
	if fault(&f, elsewhere, true); !mem.Populated(elsewhere) {
		t.Error("memory of the program's does not come when the kernel looks at it")
	}
}

// TestShort: who takes one of the last frames for the heap waits; without any the
// machine ends, not at once.
func TestShort(t *testing.T) {
	th := kerneltest.Enter(t)
	mem.Map(heap, 1<<30, mem.ProtRead|mem.ProtWrite, true)
	mem.Map(elsewhere, 1<<20, mem.ProtRead|mem.ProtWrite, true)
	defer mem.Unmap(heap, 1<<30)
	defer mem.Unmap(elsewhere, 1<<20)
	th.Vector, th.Error = amd64.VectorPage, 2
	at := uintptr(heap)
	for ; mem.Shortage(1000) == 0; at += mem.PageSize {
		fault(&th.Frame, at, false)
	}
	slept := func(va uintptr, nested bool) bool {
		busy := th.RunTime
		fault(&th.Frame, va, nested)
		return th.RunTime != busy // which counts up to the last switch
	}
	if !slept(at, false) || slept(elsewhere, false) || slept(at+mem.PageSize, true) {
		t.Error("not those wait who should")
	}
	for at += 2 * mem.PageSize; mem.Shortage(1000) < 1000; at += mem.PageSize {
		fault(&th.Frame, at, true)
	}
	for mem.Fault(at, 2) == mem.FaultShort {
		at += mem.PageSize
	}
	if !slept(at, false) || th.StarvedAt != uint64(at) {
		t.Error("who gets no frame does not wait")
	}
	th.Starved = clock.Now() - longestStarving - 1
	for name, f := range map[string]func(){
		"waited for two seconds": func() { fault(&th.Frame, at, false) },
		"the kernel cannot wait": func() { fault(&th.Frame, at, true) },
	} {
		if said := kerneltest.Ends(t, shutdown.StatusNoMemory, f); !strings.Contains(said, "yolk: out of memory: all ") {
			t.Errorf("%s: %q", name, said)
		}
	}
	th.Starved = clock.Now() - longestStarving - 1
	if slept(at+mem.PageSize, false); th.StarvedAt != uint64(at+mem.PageSize) {
		t.Error("another page's time is counted")
	}
}

// TestInterrupt: on the way out of an interrupt another thread may be chosen, and
// signals come.
func TestInterrupt(t *testing.T) {
	th := kerneltest.Enter(t)
	handle(t, th)
	th.SigPending = 1 << 9
	interrupt(irq.VectorTimer)
	if th.PC != handler || th.DI != 10 {
		t.Errorf("%+v", th.Frame)
	}
}

// TestAttend: the serial line and the button are attended to from when there is time.
func TestAttend(t *testing.T) {
	th := kerneltest.Enter(t)
	handle(t, th)
	attending = false // by an earlier run
	sched.SetAlarm(clock.Now()+1e9, true)
	attend(0)
	if attending {
		t.Fatal("at once")
	}
	sched.SetAlarm(clock.Now()-1, false)
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	if attend(0); !attending || *(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) != 32+uint32(irq.Serial) {
		t.Fatal("not when it is time")
	}
}

// TestAskedToEnd: a break on the serial line, and an end of patience.
func TestAskedToEnd(t *testing.T) {
	if !kerneltest.Alone(t) {
		return
	}
	th := kerneltest.Enter(t)
	handle(t, th)
	sched.SetAlarm(clock.Now()-1, false)
	attend(0)
	amd64test.Script(0x3fd, 0x71, 0x71) // a break
	if attend(irq.Serial); th.SigPending != 1<<(syscalls.SigINT-1) {
		t.Errorf("pending after a break: %x", th.SigPending)
	}
	if said := kerneltest.Ends(t, 128+syscalls.SigINT, func() { sched.SetAlarm(clock.Now()-1, false); attend(0) }); !strings.Contains(said, "did not in time") {
		t.Errorf("%q", said)
	}
}
