//go:build linux

package netif

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The descriptors are non-blocking, so these calls need not tell the scheduler
// that they might: RawSyscall. Pointers reach the kernel as arguments of the
// call itself, or in structures that the call's argument points to and that hold
// them as pointers, so that the collector keeps what they point to. Nothing
// keeps them after the call.

// read reads one packet into p, which is not empty.
func read(fd int, p []byte) (int, syscall.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	return int(n), e
}

// write writes one packet.
func write(fd int, p []byte) syscall.Errno {
	_, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	return e
}

// writev writes one packet of several parts.
func writev(fd int, parts [][]byte) syscall.Errno {
	var v [maxChain + 1]unix.Iovec
	for i, p := range parts {
		v[i].Base = unsafe.SliceData(p)
		v[i].SetLen(len(p))
	}
	_, _, e := unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&v)), uintptr(len(parts)))
	return e
}

// message is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type message struct {
	hdr unix.Msghdr
	n   uint32
	_   uint32
}

// messages are the arguments of a call for up to batch packets, made once. Those
// of the last call stay until the next.
type messages struct {
	msgs [batch]message
	vecs []unix.Iovec // per of each message
	per  int
}

func newMessages(per int) *messages {
	m := &messages{per: per, vecs: make([]unix.Iovec, batch*per)}
	for i := range m.msgs {
		m.msgs[i].hdr.Iov = &m.vecs[i*per]
	}
	return m
}

// set makes p part number `part` of packet i.
func (m *messages) set(i, part int, p []byte) {
	v := &m.vecs[i*m.per+part]
	v.Base = unsafe.SliceData(p)
	v.SetLen(len(p))
}

// parts says of how many parts packet i is.
func (m *messages) parts(i, n int) { m.msgs[i].hdr.SetIovlen(n) }

// call moves n packets and returns how many went and, if none did, why.
func (m *messages) call(number uintptr, fd, n int) (int, syscall.Errno) {
	done, _, e := unix.RawSyscall6(number, uintptr(fd), uintptr(unsafe.Pointer(&m.msgs)), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(done), 0
}

// length is how long received packet i is, -1 when it did not fit.
func (m *messages) length(i int) int {
	if m.msgs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
		return -1
	}
	return int(m.msgs[i].n)
}
