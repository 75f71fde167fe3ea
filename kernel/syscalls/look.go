package syscalls

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/irq"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/smp"
)

// What programs read of themselves in /proc, and signals that are read (signalfd). As
// files.go, for images whose program makes system calls of its own.

// sysRegion (address, *abi.Region); ENOENT when no mapping ends behind the address.
func sysRegion(f *arch.Frame) {
	if !user(f.A1(), abi.RegionSize) {
		f.Return(fail(errFAULT))
		return
	}
	r, ok := mem.RegionAfter(f.A0())
	if ok {
		*(*abi.Region)(Pointer(f.A1())) = r
	}
	f.Return(status(ok, errNOENT))
}

// sysThread (id, *abi.Thread); ENOENT when no thread has an ID as high.
func sysThread(f *arch.Frame) {
	if !user(f.A1(), abi.ThreadSize) {
		f.Return(fail(errFAULT))
		return
	}
	t, ok := sched.ThreadFrom(f.A0())
	if ok {
		*(*abi.Thread)(Pointer(f.A1())) = t
	}
	f.Return(status(ok, errNOENT))
}

// sysProcessor (number, *abi.Processor); ENOENT when there are not as many.
func sysProcessor(f *arch.Frame) {
	if !user(f.A1(), abi.ProcessorSize) {
		f.Return(fail(errFAULT))
		return
	}
	ok := f.A0() < uint64(smp.Count())
	if ok {
		p := (*abi.Processor)(Pointer(f.A1()))
		*p = abi.Processor{}
		sched.Describe(int(f.A0()), p)
		identify(p)
	}
	f.Return(status(ok, errNOENT))
}

// sysInterrupts (number, *abi.Interrupts); ENOENT when there are not as many processors.
func sysInterrupts(f *arch.Frame) {
	if !user(f.A1(), abi.InterruptsSize) {
		f.Return(fail(errFAULT))
		return
	}
	ok := f.A0() < uint64(smp.Count())
	if ok {
		irq.Taken(int(f.A0()), (*abi.Interrupts)(Pointer(f.A1())))
	}
	f.Return(status(ok, errNOENT))
}

// sysResident (address, end, *abi.Resident).
func sysResident(f *arch.Frame) {
	if !user(f.A2(), abi.ResidentSize) {
		f.Return(fail(errFAULT))
		return
	}
	ok := f.A0() <= f.A1() && mem.Lower(f.A0(), f.A1()-f.A0())
	if ok {
		*(*abi.Resident)(Pointer(f.A2())) = mem.Resident(f.A0(), f.A1())
	}
	f.Return(status(ok, errINVAL))
}

// watched are the signals that something reads, and watcher the event that tells of them.
var (
	watched atomic.Uint64
	watcher atomic.Int64
)

// sysSignalWatch (set, event).
func sysSignalWatch(f *arch.Frame) {
	e, ok := irq.Given(f.A1())
	if ok {
		watcher.Store(int64(e))
		watched.Store(f.A0())
	}
	f.Return(status(ok, errINVAL))
}

// sysSignalTake (set, keep): only what the thread keeps off is left to be read.
func sysSignalTake(f *arch.Frame) {
	t := current()
	there := atomic.LoadUint64(&t.SigPending) & t.SigMask & f.A0()
	for sig := uint64(1); sig <= maxSignal; sig++ {
		if there&bit(sig) != 0 {
			if f.A1() == 0 {
				atomic.AndUint64(&t.SigPending, ^bit(sig))
			}
			f.Return(sig)
			return
		}
	}
	f.Return(0)
}
