package file

import (
	"syscall"
	"time"
)

// extra serves further calls, nil before Sockets or Full. By value: a pointer
// handed to a function variable would put every call on the heap.
var extra func(c call) (uintptr, syscall.Errno, bool)

// Sockets makes Handle serve what only package net calls: all socket calls,
// AF_UNIX sockets, sendfile and copy_file_range. They are some 40 KiB of text
// that the linker leaves out of an image which does not call Sockets. Call it
// before the first call it is about.
func Sockets() {
	if extra != nil {
		return // calls may be under way that look at these
	}
	extra = func(c call) (uintptr, syscall.Errno, bool) { return c.network() }
	vector = (*description).vectorMessage
	SocketFamily[syscall.AF_UNIX] = func(_, typ, proto uintptr) (Socket, syscall.Errno) { return newUnix(typ, proto) }
}

// Full is Sockets and what no package of the standard library calls, but
// programs with system calls of their own may: epoll, poll, select, eventfd,
// memfd, flock, timers, advice and maps of files. An image that does not call it goes
// without their text, too.
func Full() {
	Sockets()
	plantFigures()
	atFirstUse(plantSelf)
	atFirstUse(plantSettings)
	atFirstUse(plantLinks)
	atFirstUse(plantNamespaces)
	addDevice("dev/kmsg", 0o644, devKmsg, newLogFile)
	if tallied != nil {
		return // as in Sockets
	}
	extra = func(c call) (uintptr, syscall.Errno, bool) { return c.more() }
	tallied = tallyCall
	unwatch = unwatchAll
	lockRange = (*description).rangeLock
	keep := logLine
	keepLine.Store(&keep)
}

// network serves the calls that Sockets brings in.
func (c *call) network() (uintptr, syscall.Errno, bool) {
	if r, e, ok := c.socket(); ok {
		return r, e, true
	}
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_SOCKETPAIR:
		return just(sysSocketpair(a[0], a[1], (*[2]int32)(p[3])))
	case syscall.SYS_SENDFILE:
		return length(sysSendfile(a[0], a[1], (*int64)(p[2]), a[3]))
	case sysCopyFileRangeNr:
		return length(sysCopyFileRange(a[0], (*int64)(p[1]), a[2], (*int64)(p[3]), a[4], int(a[5])))
	}
	return 0, 0, false
}

// more serves the calls that Full brings in.
func (c *call) more() (uintptr, syscall.Errno, bool) {
	if r, e, ok := c.network(); ok {
		return r, e, true
	}
	if r, e, ok := c.xattr(); ok {
		return r, e, true
	}
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_MMAP:
		return value(sysMmap(a[0], a[1], int(a[2]), int(a[3]), a[4], int64(a[5])))
	case syscall.SYS_MSYNC:
		return just(sysMsync(a[0], a[1], a[2]))
	case sysNameToHandleNr:
		return just(sysNameToHandle(a[0], p[1], (*fileHandle)(p[2]), (*int32)(p[3]), int(a[4])))
	case sysOpenByHandleNr:
		return value(sysOpenByHandle(a[0], (*fileHandle)(p[1]), int(a[2])))
	case syscall.SYS_SHMGET:
		return value(sysShmget(int32(a[0]), a[1], int(a[2])))
	case syscall.SYS_SHMAT:
		return value(sysShmat(int32(a[0]), a[1], int(a[2])))
	case syscall.SYS_SHMDT:
		return just(sysShmdt(a[0]))
	case syscall.SYS_SHMCTL:
		return value(sysShmctl(int32(a[0]), int(a[1]), (*shmDescription)(p[2])))
	case syscall.SYS_TIMERFD_CREATE:
		return value(sysTimerfdCreate(a[0], int(a[1])))
	case syscall.SYS_TIMERFD_SETTIME:
		return just(sysTimerfdSettime(a[0], int(a[1]), (*itimerspec)(p[2]), (*itimerspec)(p[3])))
	case syscall.SYS_TIMERFD_GETTIME:
		return just(sysTimerfdGettime(a[0], (*itimerspec)(p[1])))
	case sysSignalfd4:
		return value(sysSignalfd(a[0], (*uint64)(p[1]), a[2], int(a[3])))
	case syscall.SYS_FADVISE64:
		return just(sysFadvise(a[0], int64(a[2]), int(a[3])))
	case syscall.SYS_SYNC_FILE_RANGE:
		return just(sysSyncFileRange(a[0], int64(a[1]), int64(a[2]), int(a[3])))
	case syscall.SYS_READAHEAD:
		return just(sysReadahead(a[0]))
	case sysOpenat2Nr:
		return value(sysOpenat2(a[0], p[1], p[2], a[3]))
	case sysPidfdOpenNr:
		return value(sysPidfdOpen(int32(a[0]), int(a[1])))
	case sysPidfdSendSignalNr:
		return just(sysPidfdSendSignal(a[0], int(int32(a[1])), int(a[3])))
	case sysPidfdGetfdNr:
		return value(sysPidfdGetfd(a[0], a[1], int(a[2])))
	case syscall.SYS_INOTIFY_INIT1:
		return value(sysInotifyInit(int(a[0])))
	case syscall.SYS_INOTIFY_ADD_WATCH:
		return value(sysInotifyAddWatch(a[0], p[1], uint32(a[2])))
	case syscall.SYS_INOTIFY_RM_WATCH:
		return just(sysInotifyRmWatch(a[0], int32(a[1])))
	case syscall.SYS_FLOCK:
		return just(sysFlock(a[0], int(a[1])))
	case sysMemfdCreate:
		return value(sysMemfd(p[0], int(a[1])))
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
