package file

import (
	"syscall"
	"time"
)

// extra serves further calls, nil before Full. By value: a pointer handed to a
// function variable would put every call on the heap.
var extra func(c call) (uintptr, syscall.Errno, bool)

// Full makes Handle serve what a program without sockets hardly calls: all
// socket calls, AF_UNIX sockets, epoll, poll, select, eventfd, memfd, flock,
// sendfile and copy_file_range. They are some 50 KiB that the linker leaves out of an image
// which does not call Full. Call it before the first call it is about.
func Full() {
	extra = func(c call) (uintptr, syscall.Errno, bool) { return c.more() }
	unwatch = unwatchAll
	vector = (*description).vectorMessage
	SocketFamily[syscall.AF_UNIX] = func(_, typ, proto uintptr) (Socket, syscall.Errno) { return newUnix(typ, proto) }
}

// more serves the calls that only Full brings in.
func (c *call) more() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	if r, e, ok := c.socket(); ok {
		return r, e, true
	}
	switch c.nr {
	case sysEventfd2:
		return value(sysEventfd(uint32(a[0]), int(a[1])))
	case syscall.SYS_EPOLL_CREATE1:
		return value(sysEpollCreate(int(a[0])))
	case syscall.SYS_EPOLL_CTL:
		return just(sysEpollCtl(a[0], int(a[1]), a[2], (*epollEvent)(p[3])))
	case syscall.SYS_EPOLL_PWAIT:
		return length(sysEpollWait(a[0], list[epollEvent](p[1], min(a[2], maxFD)), milliseconds(a[3])))
	case sysEpollPwait2:
		limit, e := sleepLimit((*syscall.Timespec)(p[3]))
		if e != 0 {
			return just(e)
		}
		return length(sysEpollWait(a[0], list[epollEvent](p[1], min(a[2], maxFD)), limit))
	case syscall.SYS_PPOLL:
		limit, e := sleepLimit((*syscall.Timespec)(p[2]))
		if e != 0 {
			return just(e)
		}
		return length(sysPoll(list[pollFD](p[0], a[1]), limit))
	case syscall.SYS_PSELECT6:
		limit, e := sleepLimit((*syscall.Timespec)(p[4]))
		if e != 0 {
			return just(e)
		}
		return length(c.selectSets(limit))
	}
	if r, e, ok := c.copying(); ok {
		return r, e, true
	}
	return c.oldWaiting()
}

// selectSets takes the sets of a select.
func (c *call) selectSets(limit time.Duration) (int, syscall.Errno) {
	n := int(int32(c.a[0]))
	if n < 0 {
		return 0, syscall.EINVAL
	}
	words := uintptr(min(n, maxFD)+63) / 64
	return sysSelect(min(n, maxFD), list[uint64](c.p[1], words), list[uint64](c.p[2], words), list[uint64](c.p[3], words), limit)
}

// milliseconds turns a timeout argument into a limit; negative is for ever.
func milliseconds(n uintptr) time.Duration {
	return time.Duration(int32(n)) * time.Millisecond
}

// copying serves what else Full brings in.
func (c *call) copying() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_SOCKETPAIR:
		return just(sysSocketpair(a[0], a[1], (*[2]int32)(p[3])))
	case syscall.SYS_FLOCK:
		return just(sysFlock(a[0], int(a[1])))
	case sysMemfdCreate:
		return value(sysMemfd(p[0], int(a[1])))
	case syscall.SYS_SENDFILE:
		return length(sysSendfile(a[0], a[1], (*int64)(p[2]), a[3]))
	case sysCopyFileRangeNr:
		return length(sysCopyFileRange(a[0], (*int64)(p[1]), a[2], (*int64)(p[3]), a[4], int(a[5])))
	}
	return 0, 0, false
}
