package file

import (
	"syscall"

	"yolk/kernel/abi"
)

// Call numbers that package syscall lacks.
// Source: Linux 6.1 include/uapi/asm-generic/unistd.h.
const (
	sysNewfstatat        = syscall.SYS_FSTATAT
	sysEventfd2          = 19
	sysSignalfd4         = 74
	sysRecvmmsg          = 243
	sysSyncfs            = 267
	sysSendmmsg          = 269
	sysRenameat2         = 276
	sysGetrandomNr       = 278
	sysMemfdCreate       = 279
	sysCopyFileRangeNr   = 285
	sysPreadv2           = 286
	sysPwritev2          = 287
	sysStatxNr           = 291
	sysPidfdSendSignalNr = 424
	sysNameToHandleNr    = 264
	sysOpenByHandleNr    = 265
	sysPidfdOpenNr       = 434
	sysOpenat2Nr         = 437
	sysPidfdGetfdNr      = 438
	sysCloseRangeNr      = 436
	sysFaccessat2        = 439
	sysEpollPwait2       = 441
	sysFchmodat2         = 452
)

// oldPath and oldWaiting serve calls that this architecture never had.
func (c *call) oldPath() (uintptr, syscall.Errno, bool)    { return 0, 0, false }
func (c *call) oldWaiting() (uintptr, syscall.Errno, bool) { return 0, 0, false }

// Numbers that package syscall lacks or that differ between architectures.
// Source: Linux 6.1 include/uapi/asm-generic/fcntl.h and
// arch/arm64/include/uapi/asm/fcntl.h.
const (
	oDirect    = 0x10000
	oPath      = 0x200000
	oLargefile = 0x20000
	oTmpfile   = 0x400000 // without O_DIRECTORY, which goes with it
	oNofollow  = 0x8000
)

// epollEvent is struct epoll_event, with the alignment of its members.
type epollEvent struct {
	Events uint32
	_      uint32
	Data   uint64
}

func (v *epollEvent) events() uint32 { return v.Events }
func (v *epollEvent) data() uint64   { return v.Data }

func (v *epollEvent) set(events uint32, data uint64) {
	*v = epollEvent{Events: events, Data: data}
}

// imageBase is where the image is linked.
const imageBase = abi.BaseARM64
