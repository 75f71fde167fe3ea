package syscalls

import (
	"fmt"
	"strings"
	"testing"

	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/kernel/clock"
	"yolk/kernel/kerneltest"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

const (
	nrSigaction   = 13
	nrSigprocmask = 14
	nrSigreturn   = 15
	nrKill        = 62
	nrSigaltstack = 131
	nrTkill       = 200
	nrTgkill      = 234
)

const (
	handler  = 0x401000
	restorer = 0x402000
)

// handle sets the action for a signal, as the runtime does.
func (p *program) handle(sig, flags, blocked uint64) {
	p.Helper()
	if e := p.call(nrSigaction, sig, p.put(0, handler, flags, restorer, blocked), 0, 8); e != 0 {
		p.Fatal(int64(e))
	}
}

// fill gives every register of the thread a value of its own, and a stack in the middle
// of the program's memory.
func (p *program) fill() arch.Frame {
	t := p.thread
	t.Frame = arch.Frame{R8: 8, R9: 9, R10: 10, R11: 11, R12: 12, R13: 13, R14: 14, R15: 15, DI: 16, SI: 17, BP: 18, BX: 19,
		DX: 20, AX: 21, CX: 22, Error: 24, Vector: 25, PC: 0x123456, CS: amd64.SelCode, SS: amd64.SelData,
		Flags: amd64.FlagIF | amd64.FlagDF | 2 | 1, SP: p.mem + 3*page + 8}
	for i := range arch.FPAreaSize {
		mem.Bytes(uintptr(t.FPArea), arch.FPAreaSize)[i] = byte(i * 7)
	}
	t.FPSaved = 1
	return t.Frame
}

// TestFrame: what the runtime's handler reads, by the structures of the runtime's own
// source, is what the thread had.
func TestFrame(t *testing.T) {
	p := start(t)
	go1 := runtimes(t, "amd64")
	for _, alt := range []bool{false, true} {
		p.handle(sigSEGV, saOnStack, 1<<20)
		was := p.fill()
		p.thread.SigMask, p.thread.AltStack, p.thread.AltSize = 1<<30, 0, 0
		top := was.SP - 128 // below the red zone
		if alt {
			p.thread.AltStack, p.thread.AltSize = p.mem, 2*page
			top = p.mem + 2*page
		}
		Raise(sigSEGV, segvMap, 0xdead000)

		th := p.thread
		info, uc := th.SI, th.DX
		if th.PC != handler || th.DI != sigSEGV || th.SP%16 != 8 || th.SP+arch.FPAreaSize > top || th.SP < p.mem || top-th.SP > 2048 {
			t.Fatalf("the handler starts with %+v, and its stack ends at %#x", th.Frame, top)
		}
		if *u64(th.SP) != restorer || uc != th.SP+8 { // after its RET, rt_sigreturn finds the ucontext
			t.Errorf("it returns to %#x with %#x", *u64(th.SP), uc)
		}
		if th.Flags&(amd64.FlagDF|amd64.FlagTF) != 0 || th.Flags&amd64.FlagIF == 0 || th.Vector == amd64.VectorSyscall {
			t.Errorf("flags %#x, vector %d", th.Flags, th.Vector)
		}
		if th.SigMask != 1<<30|1<<20|bit(sigSEGV) {
			t.Errorf("mask %#x while it runs", th.SigMask)
		}
		word := func(base uint64, name string, path ...string) uint64 {
			return *u64(base + go1.offset(t, name, path...))
		}
		machine := uc + go1.offset(t, "ucontext", "uc_mcontext")
		for field, want := range map[string]uint64{"r8": 8, "r9": 9, "r10": 10, "r11": 11, "r12": 12, "r13": 13, "r14": 14, "r15": 15,
			"rdi": 16, "rsi": 17, "rbp": 18, "rbx": 19, "rdx": 20, "rax": 21, "rcx": 22, "rsp": was.SP, "rip": 0x123456,
			"eflags": was.Flags, "cs": amd64.SelCode, "err": 24, "trapno": 25, "cr2": 0xdead000} {
			if got := word(machine, "sigcontext", field); got != want {
				t.Errorf("%s is %#x, want %#x", field, got, want)
			}
		}
		fp := word(machine, "sigcontext", "fpstate")
		if fp%64 != 0 || fp < info || fp+arch.FPAreaSize > top {
			t.Errorf("the vector registers are at %#x", fp)
		}
		for i, b := range mem.Bytes(uintptr(fp), arch.FPAreaSize) {
			if b != byte(i*7) {
				t.Fatalf("byte %d of the vector registers is %d", i, b)
			}
		}
		if got := word(uc, "ucontext", "uc_sigmask"); got != 1<<30 {
			t.Errorf("mask %#x", got)
		}
		if base, size := word(uc, "ucontext", "uc_stack", "ss_sp"), word(uc, "ucontext", "uc_stack", "ss_size"); base != th.AltStack || size != th.AltSize {
			t.Errorf("signal stack %#x, %d bytes", base, size)
		}
		if no, code, addr := *u32(info + go1.offset(t, "siginfoFields", "si_signo")), *u32(info + go1.offset(t, "siginfoFields", "si_code")),
			word(info, "siginfoFields", "si_addr"); no != sigSEGV || code != segvMap || addr != 0xdead000 {
			t.Errorf("siginfo %d %d %#x", no, code, addr)
		}

		// The handler changes what it likes, as the runtime does for a panic.
		*u64(machine + go1.offset(t, "sigcontext", "rip")) = 0x777000
		*u64(machine + go1.offset(t, "sigcontext", "rax")) = 99
		th.SP += 8 // RET
		th.FPSaved = 0
		clear(mem.Bytes(uintptr(th.FPArea), arch.FPAreaSize))
		p.call(nrSigreturn)
		want := was
		want.PC, want.AX, want.Vector = 0x777000, 99, 0
		if got := th.Frame; got.SP != want.SP || got.PC != want.PC || got.AX != want.AX || got.R15 != 15 || got.DI != 16 ||
			got.Flags != want.Flags || got.CS != want.CS || got.Vector != 0 {
			t.Errorf("goes on with\n%+v, want\n%+v", got, want)
		}
		if th.SigMask != 1<<30 || th.FPSaved != 1 || mem.Bytes(uintptr(th.FPArea), 100)[9] != 63 {
			t.Errorf("mask %#x, vector registers %d %d", th.SigMask, th.FPSaved, mem.Bytes(uintptr(th.FPArea), 100)[9])
		}
		th.SigMask = 0
	}
}

// TestStackInUse: a handler that comes while another runs on the signal stack goes
// below it there, and one that does not want that stack stays where it is.
func TestStackInUse(t *testing.T) {
	p := start(t)
	p.handle(10, saOnStack, 0)
	p.handle(12, 0, 0)
	p.fill()
	th := p.thread
	th.AltStack, th.AltSize = p.mem+page, 2*page
	for _, c := range []struct{ sig, sp, top uint64 }{
		{10, p.mem + 4*page, p.mem + 3*page},
		{10, p.mem + 3*page, p.mem + 3*page - 128},
		{10, p.mem + 2*page, p.mem + 2*page - 128},
		{10, p.mem + page, p.mem + 3*page}, // its end is another stack's beginning
		{12, p.mem + 4*page, p.mem + 4*page - 128},
	} {
		th.SP, th.FPSaved = c.sp, 0
		enter(th, c.sig, siTkill, 0)
		if d := c.top - th.SP; d > 2048 || d < arch.FPAreaSize {
			t.Errorf("signal %d at %#x of %#x: its frame is %d below %#x", c.sig, c.sp, th.AltStack, d, c.top)
		}
		if *u32(th.SI + 16) != 1 {
			t.Error("nobody sent it")
		}
	}
}

// TestHostileReturn: a program may write what it likes to the frame of its handler. It
// gets no privilege by that, and the kernel follows no pointer of it.
func TestHostileReturn(t *testing.T) {
	p := start(t)
	p.handle(sigSEGV, 0, 0)
	th := p.thread
	p.fill()
	for i := range memSize / 8 {
		*u64(p.mem + uint64(i)*8) = ^uint64(0)
	}
	th.SP, th.FPSaved = p.mem, 0
	p.call(nrSigreturn)
	if th.Flags&amd64.FlagTF != 0 || th.Flags&amd64.FlagIF == 0 || th.Flags>>12&3 != 0 || th.CS != amd64.SelCode || th.SigMask&(bit(sigKILL)|bit(sigSTOP)) != 0 {
		t.Errorf("flags %#x, segment %#x, mask %#x", th.Flags, th.CS, th.SigMask)
	}
	if th.FPSaved != 0 {
		t.Error("vector registers from nowhere")
	}
	th.SigMask = 0
	// Beyond the program's memory there is none: that is a fault of the program's.
	p.fill()
	th.SP = p.mem + memSize - ucSize + 8
	sp := th.SP
	th.Frame.SP = sp
	p.call(nrSigreturn)
	if th.PC != handler || th.DI != sigSEGV || *u64(th.SI + 16) != sp {
		t.Errorf("%+v", th.Frame)
	}
}

// TestSigaction: arguments.
func TestSigaction(t *testing.T) {
	p := start(t)
	p.handle(10, saOnStack|saNoDefer, 7)
	act := p.put(64, 1, 2, 3, 4)
	p.check([]callCase{
		{"none", nrSigaction, []uint64{0, act, 0, 8}, eINVAL},
		{"65", nrSigaction, []uint64{65, act, 0, 8}, eINVAL},
		{"KILL", nrSigaction, []uint64{sigKILL, act, 0, 8}, eINVAL},
		{"STOP", nrSigaction, []uint64{sigSTOP, act, 0, 8}, eINVAL},
		{"asking for KILL's", nrSigaction, []uint64{sigKILL, 0, p.mem + 128, 8}, 0},
		{"from nowhere", nrSigaction, []uint64{10, nowhere, 0, 8}, eFAULT},
		{"to nowhere", nrSigaction, []uint64{10, 0, nowhere, 8}, eFAULT},
		{"to the memory's end", nrSigaction, []uint64{10, 0, p.mem + memSize - 24, 8}, eFAULT},
		{"exchange", nrSigaction, []uint64{10, act, p.mem + 128, 8}, 0},
		{"look", nrSigaction, []uint64{10, 0, p.mem + 160, 8}, 0},
		{"64", nrSigaction, []uint64{64, act, 0, 8}, 0},
	})
	if got := fmt.Sprint(p.get(128, 8)); got != fmt.Sprint([]uint64{handler, saOnStack | saNoDefer, restorer, 7, 1, 2, 3, 4}) {
		t.Error(got)
	}
}

func TestMasksAndStacks(t *testing.T) {
	p := start(t)
	p.put(0, 6)          // signals 2 and 3
	p.put(8, 1<<64-1)    // all
	p.put(16, 2)         // signal 2
	p.put(32, 77, 0, 88) // a stack
	p.put(56, 0, 2, 0)   // none
	masks := []uint64{0, 6, 4, ^(bit(sigKILL) | bit(sigSTOP))}
	for i, c := range [][2]uint64{{0, p.mem}, {1, p.mem + 16}, {2, p.mem + 8}, {2, 0}} {
		if e := p.call(nrSigprocmask, c[0], c[1], p.mem+128, 8); e != 0 || p.get(128, 1)[0] != masks[i] {
			t.Errorf("call %d: %d, old mask %#x, want %#x", i, e, p.get(128, 1)[0], masks[i])
		}
	}
	p.thread.SigMask = 0
	p.check([]callCase{
		{"mask from nowhere", nrSigprocmask, []uint64{0, nowhere, 0, 8}, eFAULT},
		{"mask to nowhere", nrSigprocmask, []uint64{0, 0, nowhere, 8}, eFAULT},
		{"stack from nowhere", nrSigaltstack, []uint64{nowhere, 0}, eFAULT},
		{"stack to nowhere", nrSigaltstack, []uint64{0, nowhere}, eFAULT},
		{"set", nrSigaltstack, []uint64{p.mem + 32, p.mem + 200}, 0},
		{"clear", nrSigaltstack, []uint64{p.mem + 56, p.mem + 224}, 0},
		{"look", nrSigaltstack, []uint64{0, p.mem + 248}, 0},
	})
	if got, want := fmt.Sprint(p.get(200, 9)), fmt.Sprint([]uint64{0, 2, 0, 77, 0, 88, 0, 2, 0}); got != want {
		t.Errorf("stacks %s, want %s", got, want)
	}
}

// TestKill: who gets a signal, and what it does there.
func TestKill(t *testing.T) {
	p := start(t)
	id := uint64(p.thread.ID)
	p.handle(10, 0, 0)
	ignored := p.put(0, sigIgnore, 0, 0, 0)
	p.check([]callCase{
		{"ignore", nrSigaction, []uint64{13, ignored, 0, 8}, 0},
		{"another process", nrKill, []uint64{7, 10}, eSRCH},
		{"a group", nrKill, []uint64{1<<64 - 7, 10}, eSRCH},
		{"signal 65", nrKill, []uint64{1, 65}, eINVAL},
		{"no thread", nrTgkill, []uint64{1, 4000, 10}, eSRCH},
		{"thread 0", nrTkill, []uint64{0, 10}, eSRCH},
		{"is it there", nrTgkill, []uint64{1, id, 0}, 0},
		{"an ignored one", nrTkill, []uint64{id, 13}, 0},
		{"one that is ignored by default", nrKill, []uint64{1, sigURG}, 0},
		{"window size", nrKill, []uint64{0, sigWNCH}, 0},
	})
	p.fill()
	p.thread.SP = p.mem + 3*page
	p.call(nrTgkill, 1, id, 10)
	if p.thread.PC != handler || p.thread.DI != 10 || int32(*u32(p.thread.SI + 8)) != siTkill {
		t.Errorf("%+v", p.thread.Frame)
	}
	if p.thread.SigMask != bit(10) {
		t.Errorf("mask %#x", p.thread.SigMask)
	}
	// While it is masked it waits, and comes with the end of the mask; one after another.
	p.handle(12, saNoDefer, 0)
	p.thread.PC = 0
	if e := p.call(nrTkill, id, 10); e != 0 || p.thread.PC == handler {
		t.Error("a masked signal came")
	}
	p.thread.SigPending |= bit(12)
	Interrupted()
	if p.thread.PC != handler || p.thread.DI != 12 || p.thread.SigMask != bit(10) || p.thread.SigPending != bit(10) {
		t.Errorf("signal %d, mask %#x, pending %#x", p.thread.DI, p.thread.SigMask, p.thread.SigPending)
	}
	p.thread.SigMask, p.thread.SigPending = 0, 0
	kerneltest.Ends(p, 128+15, func() { p.call(nrKill, 1, 15) })
}

// TestException: what the processor found, as the runtime is told.
func TestException(t *testing.T) {
	p := start(t)
	for sig := uint64(1); sig <= 31; sig++ {
		if sig != sigKILL && sig != sigSTOP {
			p.handle(sig, 0, 0)
		}
	}
	for _, c := range []struct {
		vector    uint64
		sig, code uint64
		addr      uint64
	}{
		{amd64.VectorPage, 11, 1, 0xbad},
		{amd64.VectorDivide, 8, 1, 0x123456},
		{amd64.VectorFPU, 8, 1, 0x123456},
		{amd64.VectorSIMD, 8, 1, 0x123456},
		{amd64.VectorBreakpoint, 5, 1, 0x123456},
		{amd64.VectorDebug, 5, 1, 0x123456},
		{amd64.VectorInvalidOp, 4, 2, 0x123456},
		{13, 11, 0x80, 0}, // general protection
	} {
		p.fill()
		p.thread.SigMask = 0
		Exception(c.vector, 0xbad)
		info := p.thread.SI
		if p.thread.PC != handler || p.thread.DI != c.sig || uint64(*u32(info + 8)) != c.code || *u64(info + 16) != c.addr {
			t.Errorf("vector %d: signal %d, code %d, address %#x, want %+v", c.vector, p.thread.DI, *u32(info + 8), *u64(info + 16), c)
		}
	}
	// One that cannot be taken ends the machine, instead of coming again for ever.
	p.fill()
	p.thread.SigMask = bit(sigSEGV)
	kerneltest.Ends(p, 128+11, func() { Exception(amd64.VectorPage, 0xbad) })
	p.thread.SigMask = 0
	p.call(nrSigaction, sigFPE, p.put(0, sigIgnore, 0, 0, 0), 0, 8)
	kerneltest.Ends(p, 128+8, func() { Exception(amd64.VectorDivide, 0) })
}

// TestAskToEnd: the first wish is a signal, the second the end, and so is time.
func TestAskToEnd(t *testing.T) {
	p := start(t)
	defer func() { asked, Grace = 0, 10e9; sched.SetAlarm(0, false) }()
	p.handle(SigTERM, 0, 0)
	p.fill()
	shutdown.Restart = shutdown.Always
	AskToEnd(SigTERM)
	Interrupted()
	if p.thread.PC != handler || p.thread.DI != SigTERM || shutdown.Restart != shutdown.Never {
		t.Errorf("%+v", p.thread.Frame)
	}
	if sched.AlarmDue() {
		t.Error("the grace period is over")
	}
	for name, f := range map[string]func(){"was asked again": func() { AskToEnd(SigINT) }, "(grace=)": GraceOver} {
		text := kerneltest.Ends(p, 128+SigTERM, f)
		if !strings.Contains(text, "asked to end by signal 15") || !strings.Contains(text, name) {
			t.Errorf("%q", text)
		}
	}
	// A masked one goes to the first thread, and without a limit there is no alarm.
	asked, Grace = 0, 0
	p.thread.SigMask = 1<<64 - 1
	sched.SetAlarm(clock.Now()+1e15, false)
	AskToEnd(SigINT)
	if p.thread.SigPending&bit(SigINT) != 0 && p.thread.ID != 1 {
		t.Error("a thread that masks it got it")
	}
}
