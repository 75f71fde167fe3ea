package syscalls

import (
	"yolk/arch"
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
func sysNanosleep(f *arch.Frame) {
	if !user(f.A0(), 16) {
		f.Return(fail(errFAULT))
		return
	}
	sched.Sleep(uint64(timespec(f.A0())))
}

// sysClockNanosleep (clock, flags, *want, *remain).
func sysClockNanosleep(f *arch.Frame) {
	if f.A0() == clockThread || f.A0() > clockLast {
		f.Return(fail(errINVAL)) // a thread that sleeps does not run
		return
	}
	if !user(f.A2(), 16) {
		f.Return(fail(errFAULT))
		return
	}
	ns := uint64(timespec(f.A2()))
	if f.A1()&1 != 0 { // TIMER_ABSTIME
		now := clockRead(f.A0())
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
		return sched.Snapshot().Busy
	case clockThread:
		return sched.CurrentRunTime()
	}
	return clock.Now()
}

func sysClockGettime(f *arch.Frame) {
	if f.A0() > clockLast {
		f.Return(fail(errINVAL))
		return
	}
	if !user(f.A1(), 16) {
		f.Return(fail(errFAULT))
		return
	}
	putTimespec(f.A1(), clockRead(f.A0()))
	f.Return(0)
}

func sysClockGetres(f *arch.Frame) {
	if f.A1() != 0 {
		if !user(f.A1(), 16) {
			f.Return(fail(errFAULT))
			return
		}
		putTimespec(f.A1(), 1)
	}
	f.Return(0)
}

// sysGettimeofday (*timeval, *timezone).
func sysGettimeofday(f *arch.Frame) {
	if f.A0() != 0 {
		if !user(f.A0(), 16) {
			f.Return(fail(errFAULT))
			return
		}
		now := clock.Wall()
		*u64(f.A0()), *u64(f.A0() + 8) = now/second, now%second/1000
	}
	f.Return(0)
}

// sysTimes fills struct tms in hundredths of a second.
func sysTimes(f *arch.Frame) {
	if f.A0() != 0 {
		if !user(f.A0(), 32) {
			f.Return(fail(errFAULT))
			return
		}
		*u64(f.A0()) = clockRead(clockProcess) / 1e7
		*u64(f.A0() + 8), *u64(f.A0() + 16), *u64(f.A0() + 24) = 0, 0, 0
	}
	f.Return(clock.Now() / 1e7)
}

// sysTimers returns how many threads have a deadline.
func sysTimers(f *arch.Frame) { f.Return(uint64(sched.Snapshot().Timers)) }

// sysSetitimer (which, *new, *old): the runtime's CPU profiler asks for
// ITIMER_PROF when it cannot have a timer for each thread. An itimerval is the
// interval and the first time, each seconds and microseconds; the first time
// is taken to be the interval.
func sysSetitimer(f *arch.Frame) {
	const profiling = 2
	switch {
	case f.A0() != profiling:
		f.Return(fail(errINVAL))
		return
	case !user(f.A1(), 32) || f.A2() != 0 && !user(f.A2(), 32):
		f.Return(fail(errFAULT))
		return
	}
	old := sched.SetProfile(min(*u64(f.A1()), 1<<32)*second+min(*u64(f.A1() + 8), 1e6)*1000, bit(sigPROF))
	if f.A2() != 0 {
		*u64(f.A2()), *u64(f.A2() + 8) = old/second, old%second/1000
		*u64(f.A2() + 16), *u64(f.A2() + 24) = old/second, old%second/1000
	}
	f.Return(0)
}
