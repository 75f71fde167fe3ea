package file

import "syscall"

// Call numbers that package syscall lacks.
// Source: Linux 6.1 include/uapi/asm-generic/unistd.h.
const (
	sysNewfstatat      = syscall.SYS_FSTATAT
	sysEventfd2        = 19
	sysRecvmmsg        = 243
	sysSyncfs          = 267
	sysSendmmsg        = 269
	sysRenameat2       = 276
	sysGetrandomNr     = 278
	sysMemfdCreate     = 279
	sysCopyFileRangeNr = 285
	sysPreadv2         = 286
	sysPwritev2        = 287
	sysStatxNr         = 291
	sysCloseRangeNr    = 436
	sysFaccessat2      = 439
	sysEpollPwait2     = 441
	sysFchmodat2       = 452
)

// oldPath and oldWaiting serve calls that this architecture never had.
func (c *call) oldPath() (uintptr, syscall.Errno, bool)    { return 0, 0, false }
func (c *call) oldWaiting() (uintptr, syscall.Errno, bool) { return 0, 0, false }
