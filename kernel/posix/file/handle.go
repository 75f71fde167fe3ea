package file

import "syscall"

// Handle serves call number nr with arguments a1 to a6; p1 to p6 are the same
// arguments as pointers where the call takes pointers, else nil. It runs on
// the calling goroutine, may block it (never its thread) on a blocking
// descriptor, and allocates nothing in reads and writes. On error r1 is -1 and
// e says why, as a system call has it; ENOSYS for a call that is not served.
func Handle(nr, a1, a2, a3, a4, a5, a6 uintptr, p1, p2, p3, p4, p5, p6 pointer) (r1, r2 uintptr, e syscall.Errno) {
	switch nr {
	case syscall.SYS_READ:
		return count(sysRead(a1, p2, a3))
	case syscall.SYS_WRITE:
		return count(sysWrite(a1, p2, a3))
	case syscall.SYS_PREAD64:
		return count(sysPread(a1, p2, a3, int64(a4)))
	case syscall.SYS_PWRITE64:
		return count(sysPwrite(a1, p2, a3, int64(a4)))
	case syscall.SYS_CLOSE:
		return status(remove(a1))
	}
	start()
	c := call{nr, [6]uintptr{a1, a2, a3, a4, a5, a6}, [6]pointer{p1, p2, p3, p4, p5, p6}}
	if r1, e, ok := c.path(); ok {
		return result(r1, e)
	}
	if r1, e, ok := c.descriptor(); ok {
		return result(r1, e)
	}
	if r1, e, ok := c.plain(); ok {
		return result(r1, e)
	}
	if extra != nil {
		if r1, e, ok := extra(c); ok {
			return result(r1, e)
		}
	}
	switch nr {
	case syscall.SYS_SENDFILE, syscall.SYS_SPLICE, syscall.SYS_TEE, syscall.SYS_VMSPLICE, sysCopyFileRangeNr:
		return result(0, syscall.EINVAL) // callers fall back to read and write
	case syscall.SYS_GETXATTR, syscall.SYS_LGETXATTR, syscall.SYS_FGETXATTR,
		syscall.SYS_SETXATTR, syscall.SYS_LSETXATTR, syscall.SYS_FSETXATTR,
		syscall.SYS_LISTXATTR, syscall.SYS_LLISTXATTR, syscall.SYS_FLISTXATTR,
		syscall.SYS_REMOVEXATTR, syscall.SYS_LREMOVEXATTR, syscall.SYS_FREMOVEXATTR:
		return result(0, syscall.EOPNOTSUPP)
	}
	return result(0, syscall.ENOSYS)
}

// A call is one call's number and arguments, the latter also as pointers.
type call struct {
	nr uintptr
	a  [6]uintptr
	p  [6]pointer
}

// here is AT_FDCWD as an argument.
const here = ^uintptr(99)

// just is the result of a call that returns nothing.
func just(e syscall.Errno) (uintptr, syscall.Errno, bool) { return 0, e, true }

// length is the result of a call that returns a length.
func length(n int, e syscall.Errno) (uintptr, syscall.Errno, bool) { return uintptr(n), e, true }

// value is the result of a call that returns a number.
func value(n uintptr, e syscall.Errno) (uintptr, syscall.Errno, bool) { return n, e, true }

// path serves the calls that take a path relative to a descriptor.
func (c *call) path() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_OPENAT:
		return value(sysOpenat(a[0], p[1], int(a[2]), uint32(a[3])))
	case sysNewfstatat:
		return just(sysStatat(a[0], p[1], (*syscall.Stat_t)(p[2]), int(a[3])))
	case sysStatxNr:
		return just(sysStatx(a[0], p[1], int(a[2]), (*statx)(p[4])))
	case syscall.SYS_FACCESSAT:
		return just(sysAccess(a[0], p[1], uint32(a[2]), 0))
	case sysFaccessat2:
		return just(sysAccess(a[0], p[1], uint32(a[2]), int(a[3])))
	case syscall.SYS_READLINKAT:
		return length(sysReadlink(a[0], p[1], p[2], a[3]))
	case syscall.SYS_MKDIRAT:
		return just(sysMkdirat(a[0], p[1], uint32(a[2])))
	case syscall.SYS_MKNODAT:
		return just(sysMknodat(a[0], p[1], uint32(a[2]), uint64(a[3])))
	case syscall.SYS_UNLINKAT:
		return just(sysUnlinkat(a[0], p[1], int(a[2])))
	case syscall.SYS_RENAMEAT:
		return just(sysRenameat(a[0], p[1], a[2], p[3], 0))
	case sysRenameat2:
		return just(sysRenameat(a[0], p[1], a[2], p[3], uint(a[4])))
	case syscall.SYS_LINKAT:
		return just(sysLinkat(a[0], p[1], a[2], p[3], int(a[4])))
	case syscall.SYS_SYMLINKAT:
		return just(sysSymlinkat(p[0], a[1], p[2]))
	case syscall.SYS_FCHMODAT:
		return just(sysFchmodat(a[0], p[1], uint32(a[2]), 0))
	case sysFchmodat2:
		return just(sysFchmodat(a[0], p[1], uint32(a[2]), int(a[3])))
	case syscall.SYS_FCHOWNAT:
		return just(sysFchownat(a[0], p[1], uint32(a[2]), uint32(a[3]), int(a[4])))
	case syscall.SYS_UTIMENSAT:
		return just(sysUtimensat(a[0], p[1], list[syscall.Timespec](p[2], 2), int(a[3])))
	case syscall.SYS_TRUNCATE:
		return just(sysTruncate(p[0], int64(a[1])))
	case syscall.SYS_STATFS:
		return just(sysStatfs(p[0], (*syscall.Statfs_t)(p[1])))
	case syscall.SYS_CHDIR:
		return just(sysChdir(p[0]))
	}
	return c.oldPath()
}

// descriptor serves the calls that take descriptors of any file.
func (c *call) descriptor() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_FSTAT:
		return just(sysFstat(a[0], (*syscall.Stat_t)(p[1])))
	case syscall.SYS_LSEEK:
		return value(sysSeek(a[0], int64(a[1]), int(int32(a[2]))))
	case syscall.SYS_READV:
		return length(sysVector(a[0], p[1], a[2], 0, false, false))
	case syscall.SYS_WRITEV:
		return length(sysVector(a[0], p[1], a[2], 0, false, true))
	case syscall.SYS_PREADV, sysPreadv2:
		off := int64(a[3])
		return length(sysVector(a[0], p[1], a[2], off, off != -1 || c.nr == syscall.SYS_PREADV, false))
	case syscall.SYS_PWRITEV, sysPwritev2:
		off := int64(a[3])
		return length(sysVector(a[0], p[1], a[2], off, off != -1 || c.nr == syscall.SYS_PWRITEV, true))
	case syscall.SYS_DUP:
		return value(sysDup(a[0]))
	case syscall.SYS_DUP3:
		return value(sysDup3(a[0], a[1], int(a[2]), false))
	case syscall.SYS_FCNTL:
		return value(sysFcntl(a[0], int(a[1]), a[2], p[2]))
	case syscall.SYS_IOCTL:
		return value(sysIoctl(a[0], a[1], p[2]))
	case syscall.SYS_GETDENTS64:
		return length(sysGetdents(a[0], p[1], a[2]))
	case syscall.SYS_FSYNC, syscall.SYS_FDATASYNC, sysSyncfs:
		return just(sysFsync(a[0], c.nr == syscall.SYS_FDATASYNC))
	case syscall.SYS_FTRUNCATE:
		return just(sysFtruncate(a[0], int64(a[1])))
	case syscall.SYS_FALLOCATE:
		return just(sysFallocate(a[0], int(a[1]), int64(a[2]), int64(a[3])))
	case syscall.SYS_FCHMOD:
		return just(sysFchmod(a[0], uint32(a[1])))
	case syscall.SYS_FCHOWN:
		return just(sysFchown(a[0], uint32(a[1]), uint32(a[2])))
	case syscall.SYS_FSTATFS:
		return just(sysFstatfs(a[0], (*syscall.Statfs_t)(p[1])))
	case syscall.SYS_FCHDIR:
		return just(sysFchdir(a[0]))
	case sysCloseRangeNr:
		return just(sysCloseRange(a[0], a[1], int(a[2])))
	}
	return 0, 0, false
}

// plain serves the calls that take neither.
func (c *call) plain() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_GETCWD:
		return length(sysGetcwd(p[0], a[1]))
	case sysGetrandomNr:
		return length(sysGetrandom(p[0], a[1], int(a[2])))
	case syscall.SYS_PIPE2:
		return just(sysPipe((*[2]int32)(p[0]), int(a[1])))
	case syscall.SYS_SYNC:
		return 0, 0, true
	}
	return 0, 0, false
}
