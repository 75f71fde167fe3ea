package syscalls

import (
	"yolk/arch"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
)

const (
	cloneVM     = 0x100
	cloneThread = 0x10000
	cloneSetTLS = 0x80000
)

// sysClone (flags, stack, parent_tid, child_tid, tls) makes a thread that
// returns 0 from the same call on its own stack. A process cannot be made.
func sysClone(f *arch.Frame) {
	if f.A0()&(cloneVM|cloneThread) != cloneVM|cloneThread {
		f.Return(fail(errNOSYS))
		return
	}
	t := sched.New()
	if t == nil { // the runtime ends the program, with a message of its own
		f.Return(fail(errAGAIN))
		return
	}
	t.Frame = *f
	t.Return(0)
	t.SP = f.A1()
	t.TLS = current().TLS
	if f.A0()&cloneSetTLS != 0 {
		t.TLS = cloneTLS(f)
	}
	from := current()
	t.SigMask, t.KeepCaps, t.NoNewPrivs, t.Affinity, t.Name = from.SigMask, from.KeepCaps, from.NoNewPrivs, from.Affinity, from.Name
	id := t.ID // once started it may have ended before we look again
	sched.Start(t)
	f.Return(uint64(id))
}

func sysExit(*arch.Frame)        { sched.Exit() }
func sysExitGroup(f *arch.Frame) { shutdown.Exit(uint8(f.A0())) }
func sysGettid(f *arch.Frame)    { f.Return(uint64(current().ID)) }

func sysYield(f *arch.Frame) {
	f.Return(0)
	sched.Yield()
}

// sysGetcpu (*cpu, *node, unused).
func sysGetcpu(f *arch.Frame) {
	if f.A0() != 0 && !user(f.A0(), 4) || f.A1() != 0 && !user(f.A1(), 4) {
		f.Return(fail(errFAULT))
		return
	}
	if f.A0() != 0 {
		*u32(f.A0()) = uint32(arch.This().ID)
	}
	if f.A1() != 0 {
		*u32(f.A1()) = 0
	}
	f.Return(0)
}

// sysGetaffinity (tid, size, *mask) returns the size of the mask written.
func sysGetaffinity(f *arch.Frame) {
	if f.A1() < 8 || f.A1()%8 != 0 {
		f.Return(fail(errINVAL))
		return
	}
	if !user(f.A2(), 8) {
		f.Return(fail(errFAULT))
		return
	}
	mask := sched.Affinity(uint32(f.A0()))
	if mask == 0 {
		f.Return(fail(errSRCH))
		return
	}
	*u64(f.A2()) = mask
	f.Return(8)
}

// sysSetaffinity (tid, size, *mask).
func sysSetaffinity(f *arch.Frame) {
	if f.A1() == 0 || !user(f.A2(), min(f.A1(), 8)) {
		f.Return(fail(errFAULT))
		return
	}
	mask := uint64(0)
	for i, b := range mem.Bytes(uintptr(f.A2()), min(f.A1(), 8)) {
		mask |= uint64(b) << (8 * i)
	}
	f.Return(0) // first: where Pin moves the thread another processor may run it, and has its frame
	if !sched.Pin(uint32(f.A0()), mask) {
		f.Return(fail(errINVAL))
	}
}

const (
	futexWait     = 0
	futexWake     = 1
	futexPrivate  = 128
	futexRealtime = 256
)

// sysFutex (word, op, val, timeout, word2, val3): the two operations that the runtime
// has, with a relative timeout, for which FUTEX_CLOCK_REALTIME makes no difference.
func sysFutex(f *arch.Frame) {
	if f.A0()%4 != 0 {
		f.Return(fail(errINVAL))
		return
	}
	if !user(f.A0(), 4) {
		f.Return(fail(errFAULT))
		return
	}
	switch f.A1() &^ (futexPrivate | futexRealtime) {
	case futexWait:
		ns := int64(-1)
		if f.A3() != 0 {
			if !user(f.A3(), 16) {
				f.Return(fail(errFAULT))
				return
			}
			ns = timespec(f.A3())
		}
		sched.Wait(f.A0(), uint32(f.A2()), ns)
	case futexWake:
		f.Return(sched.Wake(f.A0(), f.A2()))
	default:
		f.Return(fail(errNOSYS))
	}
}

func sysPoll(f *arch.Frame) { irq.PollWait(int64(f.A0())) }

func sysWatch(f *arch.Frame) { sched.Watch(f.A0(), uint32(f.A1()), int64(f.A2())) }

func sysPollWake(f *arch.Frame) {
	f.Return(0)
	sched.PollWake(false)
}

func sysPark(f *arch.Frame) { sched.Park(f.A0()) }
