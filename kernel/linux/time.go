package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/clock"
	"yolk/kernel/sched"
)

const second = 1e9

// timespec reads a struct timespec as nanoseconds.
func timespec(addr uint64) int64 {
	sec, nsec := int64(*u64(addr)), int64(*u64(addr + 8))
	if sec < 0 || nsec < 0 {
		return 0
	}
	if sec > 1<<33 {
		return 1 << 62
	}
	return sec*second + nsec
}

func putTimespec(addr, ns uint64) {
	*u64(addr), *u64(addr + 8) = ns/second, ns%second
}

// sysNanosleep (*want, *remain).
func sysNanosleep(f *amd64.Frame) {
	if !user(f.DI, 16) {
		f.AX = fail(errFAULT)
		return
	}
	sched.Sleep(uint64(timespec(f.DI)))
}

// sysClockNanosleep (clock, flags, *want, *remain).
func sysClockNanosleep(f *amd64.Frame) {
	if !user(f.DX, 16) {
		f.AX = fail(errFAULT)
		return
	}
	ns := uint64(timespec(f.DX))
	if f.SI&1 != 0 { // TIMER_ABSTIME
		now := clockRead(f.DI)
		ns = max(ns, now) - now
	}
	sched.Sleep(ns)
}

// Clock ids.
const (
	clockRealtime    = 0
	clockProcess     = 2
	clockThread      = 3
	clockRealtimeLow = 5
	clockLast        = 11
)

func clockRead(id uint64) uint64 {
	switch id {
	case clockRealtime, clockRealtimeLow:
		return clock.Wall()
	case clockProcess:
		return clock.Now() - sched.Snapshot().Idle
	case clockThread:
		return sched.CurrentRunTime()
	}
	return clock.Now()
}

func sysClockGettime(f *amd64.Frame) {
	if f.DI > clockLast {
		f.AX = fail(errINVAL)
		return
	}
	if !user(f.SI, 16) {
		f.AX = fail(errFAULT)
		return
	}
	putTimespec(f.SI, clockRead(f.DI))
	f.AX = 0
}

func sysClockGetres(f *amd64.Frame) {
	if f.SI != 0 {
		if !user(f.SI, 16) {
			f.AX = fail(errFAULT)
			return
		}
		putTimespec(f.SI, 1)
	}
	f.AX = 0
}

// sysGettimeofday (*timeval, *timezone).
func sysGettimeofday(f *amd64.Frame) {
	if f.DI != 0 {
		if !user(f.DI, 16) {
			f.AX = fail(errFAULT)
			return
		}
		now := clock.Wall()
		*u64(f.DI), *u64(f.DI + 8) = now/second, now%second/1000
	}
	f.AX = 0
}

func sysTime(f *amd64.Frame) {
	now := clock.Wall() / second
	if f.DI != 0 {
		if !user(f.DI, 8) {
			f.AX = fail(errFAULT)
			return
		}
		*u64(f.DI) = now
	}
	f.AX = now
}

// sysTimes fills struct tms in hundredths of a second.
func sysTimes(f *amd64.Frame) {
	if f.DI != 0 {
		if !user(f.DI, 32) {
			f.AX = fail(errFAULT)
			return
		}
		*u64(f.DI) = clockRead(clockProcess) / 1e7
		*u64(f.DI + 8), *u64(f.DI + 16), *u64(f.DI + 24) = 0, 0, 0
	}
	f.AX = clock.Now() / 1e7
}

// sysSetitimer (which, *new, *old): the runtime's CPU profiler asks for
// ITIMER_PROF when it cannot have a timer for each thread. An itimerval is the
// interval and the first time, each seconds and microseconds; the first time
// is taken to be the interval.
func sysSetitimer(f *amd64.Frame) {
	const profiling = 2
	switch {
	case f.DI != profiling:
		f.AX = fail(errINVAL)
		return
	case !user(f.SI, 32) || f.DX != 0 && !user(f.DX, 32):
		f.AX = fail(errFAULT)
		return
	}
	old := sched.SetProfile(min(*u64(f.SI), 1<<32)*second+min(*u64(f.SI + 8), 1e6)*1000, bit(sigPROF))
	if f.DX != 0 {
		*u64(f.DX), *u64(f.DX + 8) = old/second, old%second/1000
		*u64(f.DX + 16), *u64(f.DX + 24) = old/second, old%second/1000
	}
	f.AX = 0
}
