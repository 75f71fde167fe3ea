package file

import (
	"syscall"
	"time"

	"yolk/kernel/abi"
)

// Call numbers that package syscall lacks.
// Source: Linux 6.1 arch/x86/entry/syscalls/syscall_64.tbl.
const (
	sysNewfstatat        = syscall.SYS_NEWFSTATAT
	sysEventfd2          = 290
	sysSignalfd4         = 289
	sysRecvmmsg          = 299
	sysSyncfs            = 306
	sysSendmmsg          = 307
	sysRenameat2         = 316
	sysGetrandomNr       = 318
	sysMemfdCreate       = 319
	sysCopyFileRangeNr   = 326
	sysPreadv2           = 327
	sysPwritev2          = 328
	sysStatxNr           = 332
	sysPidfdSendSignalNr = 424
	sysNameToHandleNr    = 303
	sysOpenByHandleNr    = 304
	sysPidfdOpenNr       = 434
	sysOpenat2Nr         = 437
	sysPidfdGetfdNr      = 438
	sysCloseRangeNr      = 436
	sysFaccessat2        = 439
	sysEpollPwait2       = 441
	sysFchmodat2         = 452
)

// oldPath serves the calls that only older architectures have: those without
// a directory descriptor.
func (c *call) oldPath() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_OPEN:
		return value(sysOpenat(here, p[0], int(a[1]), uint32(a[2])))
	case syscall.SYS_CREAT:
		return value(sysOpenat(here, p[0], syscall.O_CREAT|syscall.O_WRONLY|syscall.O_TRUNC, uint32(a[1])))
	case syscall.SYS_STAT:
		return just(sysStatat(here, p[0], (*syscall.Stat_t)(p[1]), 0))
	case syscall.SYS_LSTAT:
		return just(sysStatat(here, p[0], (*syscall.Stat_t)(p[1]), atSymlinkNofollow))
	case syscall.SYS_ACCESS:
		return just(sysAccess(here, p[0], uint32(a[1]), 0))
	case syscall.SYS_READLINK:
		return length(sysReadlink(here, p[0], p[1], a[2]))
	case syscall.SYS_MKDIR:
		return just(sysMkdirat(here, p[0], uint32(a[1])))
	case syscall.SYS_MKNOD:
		return just(sysMknodat(here, p[0], uint32(a[1]), uint64(a[2])))
	case syscall.SYS_RMDIR:
		return just(sysUnlinkat(here, p[0], atRemovedir))
	case syscall.SYS_UNLINK:
		return just(sysUnlinkat(here, p[0], 0))
	case syscall.SYS_RENAME:
		return just(sysRenameat(here, p[0], here, p[1], 0))
	case syscall.SYS_LINK:
		return just(sysLinkat(here, p[0], here, p[1], 0))
	case syscall.SYS_SYMLINK:
		return just(sysSymlinkat(p[0], here, p[1]))
	case syscall.SYS_CHMOD:
		return just(sysFchmodat(here, p[0], uint32(a[1]), 0))
	case syscall.SYS_CHOWN:
		return just(sysFchownat(here, p[0], uint32(a[1]), uint32(a[2]), 0))
	case syscall.SYS_LCHOWN:
		return just(sysFchownat(here, p[0], uint32(a[1]), uint32(a[2]), atSymlinkNofollow))
	case syscall.SYS_DUP2:
		return value(sysDup3(a[0], a[1], 0, true))
	}
	return 0, 0, false
}

// oldWaiting is the same for calls that make descriptors or wait.
func (c *call) oldWaiting() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_UTIME:
		times := (*[2]int64)(p[1])
		if times == nil {
			return just(sysUtimensat(here, p[0], nil, 0))
		}
		return just(sysUtimensat(here, p[0], []syscall.Timespec{{Sec: times[0]}, {Sec: times[1]}}, 0))
	case syscall.SYS_UTIMES:
		return just(sysFutimesat(here, p[0], (*[2]syscall.Timeval)(p[1])))
	case syscall.SYS_FUTIMESAT:
		return just(sysFutimesat(a[0], p[1], (*[2]syscall.Timeval)(p[2])))
	case syscall.SYS_PIPE:
		return just(sysPipe((*[2]int32)(p[0]), 0))
	case syscall.SYS_INOTIFY_INIT:
		return value(sysInotifyInit(0))
	case syscall.SYS_SIGNALFD:
		return value(sysSignalfd(a[0], (*uint64)(p[1]), a[2], 0))
	case syscall.SYS_EVENTFD:
		return value(sysEventfd(uint32(a[0]), 0))
	case syscall.SYS_EPOLL_CREATE:
		if int32(a[0]) <= 0 {
			return just(syscall.EINVAL)
		}
		return value(sysEpollCreate(0))
	case syscall.SYS_EPOLL_WAIT:
		return length(sysEpollWait(a[0], list[epollEvent](p[1], min(a[2], maxFD)), milliseconds(a[3])))
	case syscall.SYS_POLL:
		return length(sysPoll(list[pollFD](p[0], a[1]), milliseconds(a[2])))
	case syscall.SYS_SELECT:
		limit := time.Duration(-1)
		if t := (*syscall.Timeval)(p[4]); t != nil {
			limit = time.Duration(t.Nano())
		}
		return length(c.selectSets(max(limit, -1)))
	}
	return 0, 0, false
}

// sysFutimesat serves utimes and futimesat, whose times have microseconds.
func sysFutimesat(dirfd uintptr, p pointer, times *[2]syscall.Timeval) syscall.Errno {
	if times == nil {
		return sysUtimensat(dirfd, p, nil, 0)
	}
	var exact [2]syscall.Timespec
	for i, t := range times {
		if t.Usec < 0 || t.Usec >= 1e6 {
			return syscall.EINVAL
		}
		exact[i] = syscall.Timespec{Sec: t.Sec, Nsec: t.Usec * 1000}
	}
	return sysUtimensat(dirfd, p, exact[:], 0)
}

// Numbers that package syscall lacks or that differ between architectures.
// Source: Linux 6.1 include/uapi/asm-generic/fcntl.h and the x86 headers.
const (
	oDirect    = 0x4000
	oPath      = 0x200000
	oLargefile = 0x8000
	oTmpfile   = 0x400000 // without O_DIRECTORY, which goes with it
	oNofollow  = 0x20000
)

// epollEvent is struct epoll_event: packed on amd64, so 12 bytes with the
// data in two halves.
type epollEvent struct {
	Events, Low, High uint32
}

func (v *epollEvent) events() uint32 { return v.Events }
func (v *epollEvent) data() uint64   { return uint64(v.High)<<32 | uint64(v.Low) }

func (v *epollEvent) set(events uint32, data uint64) {
	*v = epollEvent{events, uint32(data), uint32(data >> 32)}
}

// imageBase is where the image is linked.
const imageBase = abi.BaseAMD64
