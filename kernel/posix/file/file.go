// Package file is the descriptor table and the Linux file calls, served as
// plain function calls on the calling goroutine (no trap, no mode switch).
//
// Package syscall, through the boot overlay, hands every file and socket call
// to Handle. Handle finds the open file description behind the descriptor and
// calls it; what a description can do beyond File it says by implementing the
// optional interfaces below. The RAM file system (kernel/posix/ramfs), pipes, the
// console and sockets (kernel/posix/socket) are all Files.
//
// It may import cmp, math, slices, strings, sync, syscall, time, unsafe and sibling kernel packages only:
// a user's package may open a file before any initialiser of ours has run, so
// nothing here may need one (no maps or errors built at package scope).
//
// Memory passed by a caller may lie on its goroutine's stack, which moves. So
// nothing here keeps a caller's pointer in the heap or hands it to another
// goroutine: bytes and names are copied before a call returns or blocks.
//
// Sources: the Linux man-pages sections 2 and 7; POSIX.1-2017.
package file

import (
	"syscall"
	"unsafe"
)

// A File is an open file description. Methods are called without any lock
// held and may be called concurrently. None of them blocks: an operation that
// cannot go on returns EAGAIN, and the description posts readiness through the
// Pollable it embeds; Handle does the waiting for blocking descriptors.
type File interface {
	// Read fills p and returns the bytes read; 0 with no error is end of file.
	// It must not keep p.
	Read(p []byte) (int, syscall.Errno)
	// Write takes bytes from p, copies what it keeps, and may take fewer than
	// len(p).
	Write(p []byte) (int, syscall.Errno)
	// Stat fills st.
	Stat(st *syscall.Stat_t) syscall.Errno
	// Close is called once, when the last descriptor is gone and the last call
	// that uses the description has returned.
	Close() syscall.Errno
}

// Mode says which direction became ready. The values are the runtime's.
type Mode int32

const (
	ModeRead  Mode = 'r'
	ModeWrite Mode = 'w'
	ModeBoth  Mode = 'r' + 'w'
)

// Readiness bits, as poll(2) and epoll(7) have them.
const (
	PollIn    = 0x1
	PollPri   = 0x2
	PollOut   = 0x4
	PollErr   = 0x8
	PollHup   = 0x10
	PollNval  = 0x20
	PollRdHup = 0x2000
)

// A Poller is a File whose readiness changes: it embeds Pollable.
type Poller interface {
	File
	// Poll returns the readiness now, as the bits above. It is called without
	// a lock of this package held.
	Poll() uint32
	pollable() *Pollable
}

// A Socket takes the socket calls. nr is the Linux call number; a and p are
// the raw arguments and the same arguments as typed pointers (p[i] is nil for
// arguments that are not pointers). Read and Write carry plain reads and
// writes; sendto, recvfrom, sendmsg, recvmsg, bind, listen, accept4, connect,
// getsockname, getpeername, shutdown, setsockopt and getsockopt come here.
//
// The pointers are valid until SocketCall returns and must not be kept.
// Handle turns accept into accept4, readv and writev into recvmsg and sendmsg,
// and recvmmsg and sendmmsg into several of those. SocketCall never blocks:
// for a blocking descriptor Handle repeats a call that answered EAGAIN after
// the next Post, and after a connect that answered EINPROGRESS it waits for
// PollOut and reads SO_ERROR. accept4 installs the new socket itself, by
// Install with the flags SocketFlags makes from its fourth argument.
type Socket interface {
	Poller
	SocketCall(nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno)
}

// SocketFamily makes the sockets of an address family, by its AF_ number. An
// empty entry answers EAFNOSUPPORT. typ comes without SOCK_NONBLOCK and
// SOCK_CLOEXEC, which Handle applies when it installs the socket. Entries are
// set before the first socket call and not changed afterwards.
var SocketFamily [64]func(domain, typ, proto uintptr) (Socket, syscall.Errno)

// SocketFlags turns the SOCK_NONBLOCK and SOCK_CLOEXEC bits of socket(2) and
// accept4(2) into the flags Install takes.
func SocketFlags(typ uintptr) uint32 {
	return syscall.O_RDWR | uint32(typ)&(syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}
