package syscalls

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/smp"
)

// Signals the kernel itself sends.
const (
	sigTRAP = 5
	sigBUS  = 7
	sigFPE  = 8
	sigKILL = 9
	sigSEGV = 11
	sigCHLD = 17
	sigCONT = 18
	sigSTOP = 19
	sigURG  = 23
	sigPROF = 27
	sigWNCH = 28

	maxSignal = 64
)

// siginfo codes.
const (
	siUser   = 0
	siKernel = 0x80
	siTkill  = -6
	segvMap  = 1
	busAddr  = 2
	fpeDiv   = 1
	trapBkpt = 1
)

// sigaction is struct kernel_sigaction.
type sigaction struct {
	handler  uint64
	flags    uint64
	restorer uint64
	blocked  uint64 // mask
}

const (
	sigDefault = 0
	sigIgnore  = 1

	saOnStack = 0x08000000
	saNoDefer = 0x40000000
)

var (
	actions     [maxSignal + 1]sigaction
	actionsLock smp.Lock
)

// exchange returns the action for sig and sets another unless that is nil.
func exchange(sig uint64, to *sigaction) sigaction {
	actionsLock.Lock()
	old := actions[sig]
	if to != nil {
		actions[sig] = *to
	}
	actionsLock.Unlock()
	return old
}

func bit(sig uint64) uint64 { return 1 << (sig - 1) }

// sysSigaction (sig, *new, *old, size). Both may be the same memory: the new action is
// read before the old one is written.
func sysSigaction(f *arch.Frame) {
	if f.A0() < 1 || f.A0() > maxSignal || f.A1() != 0 && (f.A0() == sigKILL || f.A0() == sigSTOP) {
		f.Return(fail(errINVAL))
		return
	}
	if f.A1() != 0 && !user(f.A1(), 32) || f.A2() != 0 && !user(f.A2(), 32) {
		f.Return(fail(errFAULT))
		return
	}
	var old sigaction
	if f.A1() != 0 {
		to := sigaction{*u64(f.A1()), *u64(f.A1() + 8), *u64(f.A1() + 16), *u64(f.A1() + 24)}
		old = exchange(f.A0(), &to)
	} else {
		old = exchange(f.A0(), nil)
	}
	if f.A2() != 0 {
		*u64(f.A2()), *u64(f.A2() + 8), *u64(f.A2() + 16), *u64(f.A2() + 24) = old.handler, old.flags, old.restorer, old.blocked
	}
	f.Return(0)
}

// sysSigprocmask (how, *new, *old, size). What it lets in and is pending is delivered on
// the way out of the call.
func sysSigprocmask(f *arch.Frame) {
	if f.A1() != 0 && !user(f.A1(), 8) || f.A2() != 0 && !user(f.A2(), 8) {
		f.Return(fail(errFAULT))
		return
	}
	t := current()
	old := t.SigMask
	if f.A1() != 0 {
		set := *u64(f.A1())
		switch f.A0() {
		case 0:
			t.SigMask |= set
		case 1:
			t.SigMask &^= set
		case 2:
			t.SigMask = set
		}
		t.SigMask &^= bit(sigKILL) | bit(sigSTOP)
	}
	if f.A2() != 0 {
		*u64(f.A2()) = old
	}
	f.Return(0)
}

// sysSigaltstack (*new, *old); stack_t is base, flags, size.
func sysSigaltstack(f *arch.Frame) {
	const disable = 2
	if f.A0() != 0 && !user(f.A0(), 24) || f.A1() != 0 && !user(f.A1(), 24) {
		f.Return(fail(errFAULT))
		return
	}
	t := current()
	base, size := t.AltStack, t.AltSize
	if f.A0() != 0 {
		t.AltStack, t.AltSize = *u64(f.A0()), *u64(f.A0() + 16)
		if *u32(f.A0() + 8)&disable != 0 {
			t.AltStack, t.AltSize = 0, 0
		}
	}
	if f.A1() != 0 {
		*u64(f.A1()), *u64(f.A1() + 8), *u64(f.A1() + 16) = base, 0, size
		if size == 0 {
			*u64(f.A1() + 8) = disable
		}
	}
	f.Return(0)
}

// sysTgkill (tgid, tid, sig) and sysTkill (tid, sig).
func sysTgkill(f *arch.Frame) { f.Return(kill(uint32(f.A1()), f.A2())) }
func sysTkill(f *arch.Frame)  { f.Return(kill(uint32(f.A0()), f.A1())) }

// sysKill (pid, sig): this program is the only process. A thread takes the signal that does
// not keep it off, as on Linux, this one if it can.
func sysKill(f *arch.Frame) {
	if pid := int32(f.A0()); pid > 1 || pid < -1 {
		f.Return(fail(errSRCH))
		return
	}
	id := current().ID
	if sig := f.A1(); sig-1 < maxSignal && current().SigMask&bit(sig) != 0 {
		id = sched.Taker(bit(sig))
	}
	f.Return(kill(id, f.A1()))
}

func kill(tid uint32, sig uint64) uint64 {
	if sig > maxSignal {
		return fail(errINVAL)
	}
	set := uint64(0)
	if sig != 0 {
		set = bit(sig)
	}
	ok := sched.Signal(tid, set)
	if set&watched.Load() != 0 {
		irq.Event(watcher.Load()).Fire()
	}
	return status(ok, errSRCH)
}

// deliverPending makes the thread that is about to be resumed enter the
// handler of its first pending signal; the rest follow at later entries.
func deliverPending() {
	t := current()
	ready := atomic.LoadUint64(&t.SigPending) &^ t.SigMask
	for sig := uint64(1); ready != 0; sig++ {
		if ready&bit(sig) == 0 {
			continue
		}
		ready &^= bit(sig)
		atomic.AndUint64(&t.SigPending, ^bit(sig))
		if act(t, sig, siTkill, 0) {
			return
		}
	}
}

// act performs t's action for sig and reports whether a handler was entered.
func act(t *sched.Thread, sig uint64, code int32, addr uint64) bool {
	switch exchange(sig, nil).handler {
	case sigIgnore:
		return false
	case sigDefault:
		switch sig {
		case sigCHLD, sigCONT, sigURG, sigWNCH:
			return false
		}
		shutdown.Fatal(uint8(128+sig), klog.Last().Str("yolk: terminated by signal ").Uint(sig))
	}
	enter(t, sig, code, addr)
	return true
}

// stack returns where the frame for a's handler goes below: sp, or the end of t's
// signal stack if a wants that and t is not on it.
func (a *sigaction) stack(t *sched.Thread, sp uint64) uint64 {
	if a.flags&saOnStack != 0 && t.AltSize != 0 && (t.SP <= t.AltStack || t.SP > t.AltStack+t.AltSize) {
		return t.AltStack + t.AltSize
	}
	return sp
}

// mask keeps signals from t while a's handler for sig runs.
func (a *sigaction) mask(t *sched.Thread, sig uint64) {
	t.SigMask |= a.blocked
	if a.flags&saNoDefer == 0 {
		t.SigMask |= bit(sig)
	}
}

// putInfo fills the siginfo at info, which is zero: who sent the signal, or the
// address that a fault is about.
func putInfo(info, sig uint64, code int32, addr uint64) {
	*u32(info) = uint32(sig)
	*u32(info + 8) = uint32(code)
	if code == siTkill || code == siUser {
		*u32(info + 16) = 1 // si_pid
	} else {
		*u64(info + 16) = addr
	}
}

// BusError delivers the signal for an access to a mapped file beyond its end.
func BusError(addr uint64) { Raise(sigBUS, busAddr, addr) }

// Raise delivers a fault's signal to the current thread, which must take it
// now: ignoring or masking a fault would repeat it for ever.
func Raise(sig uint64, code int32, addr uint64) {
	t := current()
	if a := exchange(sig, nil).handler; a == sigDefault || a == sigIgnore || t.SigMask&bit(sig) != 0 {
		shutdown.Fatal(uint8(128+sig), klog.Last().Str("yolk: fault that the program cannot handle: signal ").Uint(sig).
			Str(" at ").Hex(t.PC).Str(", address ").Hex(addr))
	}
	enter(t, sig, code, addr)
}
