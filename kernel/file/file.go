// Package file is the descriptor table and the Linux file calls, served as
// plain function calls on the calling goroutine (no trap, no mode switch).
//
// Package syscall, through the boot overlay, hands every file and socket call
// to Handle. Handle finds the open file description behind the descriptor and
// calls it; what a description can do beyond File it says by implementing the
// optional interfaces below. The RAM file system (kernel/ramfs), pipes, the
// console and sockets (kernel/socket) are all Files.
//
// It may import sync, syscall, time, unsafe and sibling kernel packages only:
// a user's package may open a file before any initialiser of ours has run, so
// nothing here may need one (no maps or errors built at package scope).
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
	// Close is called once, when the last descriptor is gone.
	Close() syscall.Errno
}

// Mode says which direction became ready. The values are the runtime's.
type Mode int32

const (
	ModeRead  Mode = 'r'
	ModeWrite Mode = 'w'
	ModeBoth  Mode = 'r' + 'w'
)

// A Poller is a File whose readiness changes: it embeds Pollable.
type Poller interface {
	File
	// Poll returns the readiness now, as poll(2) event bits (POLLIN, POLLOUT,
	// POLLHUP, POLLERR, POLLRDHUP).
	Poll() uint32
	pollable() *Pollable
}

// A Socket takes the socket calls. nr is the Linux call number; a and p are
// the raw arguments and the same arguments as typed pointers (p[i] is nil for
// arguments that are not pointers). Read and Write carry plain reads and
// writes; sendto, recvfrom, sendmsg, recvmsg, bind, listen, accept4, connect,
// getsockname, getpeername, shutdown, setsockopt and getsockopt come here.
type Socket interface {
	Poller
	SocketCall(nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno)
}
