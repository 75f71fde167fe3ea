package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/irq"
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
func sysClone(f *amd64.Frame) {
	if f.DI&(cloneVM|cloneThread) != cloneVM|cloneThread {
		f.AX = fail(errNOSYS)
		return
	}
	t := sched.New()
	if t == nil {
		f.AX = fail(errAGAIN)
		return
	}
	t.Frame = *f
	t.AX = 0
	t.SP = f.SI
	t.FS = current().FS
	if f.DI&cloneSetTLS != 0 {
		t.FS = f.R8
	}
	t.SigMask, t.KeepCaps = current().SigMask, current().KeepCaps
	sched.Start(t)
	sched.Arm()
	f.AX = uint64(t.ID)
}

func sysExit(*amd64.Frame)        { sched.Exit() }
func sysExitGroup(f *amd64.Frame) { shutdown.Exit(uint8(f.DI)) }
func sysGettid(f *amd64.Frame)    { f.AX = uint64(current().ID) }

func sysYield(f *amd64.Frame) {
	f.AX = 0
	sched.Yield()
}

// sysGetcpu (*cpu, *node, unused).
func sysGetcpu(f *amd64.Frame) {
	if f.DI != 0 && !user(f.DI, 4) || f.SI != 0 && !user(f.SI, 4) {
		f.AX = fail(errFAULT)
		return
	}
	if f.DI != 0 {
		*u32(f.DI) = uint32(amd64.This().ID)
	}
	if f.SI != 0 {
		*u32(f.SI) = 0
	}
	f.AX = 0
}

// sysGetaffinity (pid, size, *mask) returns the size of the mask written.
func sysGetaffinity(f *amd64.Frame) {
	if f.SI < 8 || f.SI%8 != 0 {
		f.AX = fail(errINVAL)
		return
	}
	if !user(f.DX, 8) {
		f.AX = fail(errFAULT)
		return
	}
	*u64(f.DX) = 1<<CPUs - 1
	f.AX = 8
}

// CPUs is the number of processors that run threads.
var CPUs uint = 1

const (
	futexWait       = 0
	futexWake       = 1
	futexWaitBitset = 9
	futexWakeBitset = 10
	futexPrivate    = 128
	futexRealtime   = 256
)

// sysFutex (word, op, val, timeout, word2, val3).
func sysFutex(f *amd64.Frame) {
	if f.DI%4 != 0 {
		f.AX = fail(errINVAL)
		return
	}
	if !user(f.DI, 4) {
		f.AX = fail(errFAULT)
		return
	}
	switch f.SI &^ (futexPrivate | futexRealtime) {
	case futexWait:
		ns := int64(-1)
		if f.R10 != 0 {
			if !user(f.R10, 16) {
				f.AX = fail(errFAULT)
				return
			}
			ns = timespec(f.R10)
		}
		sched.Wait(f.DI, uint32(f.DX), ns)
	case futexWake:
		f.AX = sched.Wake(f.DI, f.DX)
		if f.AX != 0 {
			sched.Arm()
		}
	default:
		f.AX = fail(errNOSYS)
	}
}

// sysArchPrctl sets the FS base; the runtime asks for nothing else.
func sysArchPrctl(f *amd64.Frame) {
	const setFS = 0x1002
	if f.DI != setFS {
		f.AX = fail(errINVAL)
		return
	}
	current().FS = f.SI
	f.AX = 0
}

func sysPoll(f *amd64.Frame) { irq.PollWait(int64(f.DI)) }

func sysPollWake(f *amd64.Frame) {
	f.AX = 0
	sched.PollWake()
}
