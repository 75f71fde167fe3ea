package syscalls

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/bootinfo"
	"yolk/kernel/smp"
)

// Resource limits (getrlimit(2)): current and maximum, which the program may set. Only
// that of descriptors bounds anything, and that of address space single mappings.
const (
	limitStack    = 3
	limitFiles    = 7
	limitSpace    = 9
	limitKinds    = 16
	limitInfinity = 1<<64 - 1
)

type limit struct{ now, most uint64 }

var (
	limitsLock smp.Lock
	limits     [limitKinds]struct {
		limit
		set bool // otherwise it is as at start
	}
)

// atStart is the limit that a program has when it begins.
func atStart(kind uint64) limit {
	switch kind {
	case limitStack:
		return limit{8 << 20, limitInfinity}
	case limitFiles:
		return limit{bootinfo.HardFiles, bootinfo.HardFiles}
	}
	return limit{limitInfinity, limitInfinity}
}

// exchangeLimit returns a limit and sets another unless that is nil.
func exchangeLimit(kind uint64, to *limit) (old limit, errno uint64) {
	if kind >= limitKinds || to != nil && to.now > to.most {
		return limit{}, errINVAL
	}
	if to != nil && kind == limitFiles && to.most > bootinfo.HardFiles {
		return limit{}, errPERM
	}
	limitsLock.Lock()
	l := &limits[kind]
	if old = l.limit; !l.set {
		old = atStart(kind)
	}
	if to != nil {
		l.limit, l.set = *to, true
		if kind == limitFiles {
			atomic.StoreUint32(&bootinfo.MaxFiles, uint32(to.now))
		}
	}
	limitsLock.Unlock()
	return old, 0
}

// changeLimit serves prlimit, getrlimit and setrlimit: the addresses may be 0.
func changeLimit(kind, to, old uint64) uint64 {
	if to != 0 && !user(to, 16) || old != 0 && !user(old, 16) {
		return fail(errFAULT)
	}
	set, p := limit{}, (*limit)(nil)
	if to != 0 {
		set, p = limit{*u64(to), *u64(to + 8)}, &set
	}
	was, errno := exchangeLimit(kind, p)
	if errno != 0 {
		return fail(errno)
	}
	if old != 0 {
		*u64(old), *u64(old + 8) = was.now, was.most
	}
	return 0
}

// sysPrlimit (pid, resource, *new, *old).
func sysPrlimit(f *arch.Frame) {
	if f.A0() > 1 {
		f.Return(fail(errSRCH))
		return
	}
	f.Return(changeLimit(f.A1(), f.A2(), f.A3()))
}

func sysSetrlimit(f *arch.Frame) { f.Return(needAddress(f.A1(), changeLimit(f.A0(), f.A1(), 0))) }
func sysGetrlimit(f *arch.Frame) { f.Return(needAddress(f.A1(), changeLimit(f.A0(), 0, f.A1()))) }

func needAddress(addr, result uint64) uint64 {
	if addr == 0 {
		return fail(errFAULT)
	}
	return result
}

// sysUmask is the kernel's because x/sys/unix makes the call without package syscall.
func sysUmask(f *arch.Frame) {
	f.Return(uint64(atomic.SwapUint32(&bootinfo.Umask, uint32(f.A0())&0o777)))
}
