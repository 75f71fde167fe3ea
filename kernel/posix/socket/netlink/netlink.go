// Package netlink serves NETLINK_ROUTE sockets as far as programs ask for
// interfaces, addresses and routes: package net's Interfaces and its kin, and
// syscall.NetlinkRIB. Nothing can be changed through it, and no events are
// sent.
//
// Sources: netlink(7), rtnetlink(7), RFC 3549.
//
// It may import kernel/posix/file only.
package netlink

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/posix/file"
)

// A Socket is an AF_NETLINK socket. Its methods never block.
type Socket struct {
	file.Pollable
	src Source
	typ uint16
	pid uint32 // port id; unique per socket

	mu    sync.Mutex
	queue [][]byte // replies not yet received
}

var _ file.Socket = (*Socket)(nil)

var lastPID atomic.Uint32

// maxQueue bounds the replies a program may leave unread; then it has to
// receive first, as with Linux's socket buffer.
const maxQueue = 1024

// New serves socket(2): SOCK_RAW or SOCK_DGRAM, NETLINK_ROUTE.
func New(src Source, typ, proto uintptr) (file.Socket, syscall.Errno) {
	if typ != syscall.SOCK_RAW && typ != syscall.SOCK_DGRAM {
		return nil, syscall.ESOCKTNOSUPPORT
	}
	if proto != syscall.NETLINK_ROUTE {
		return nil, syscall.EPROTONOSUPPORT
	}
	return &Socket{src: src, typ: uint16(typ), pid: lastPID.Add(1)}, 0
}

// Read implements file.File: it takes one datagram.
func (k *Socket) Read(p []byte) (int, syscall.Errno) {
	d, e := k.receive(false)
	return copy(p, d), e
}

// Write implements file.File: requests to the kernel's side.
func (k *Socket) Write(p []byte) (int, syscall.Errno) {
	replies := serve(k.src, k.pid, p)
	k.mu.Lock()
	if len(k.queue)+len(replies) > maxQueue {
		k.mu.Unlock()
		return 0, syscall.ENOBUFS
	}
	k.queue = append(k.queue, replies...)
	k.mu.Unlock()
	if len(replies) > 0 {
		k.Post(file.ModeRead)
	}
	return len(p), 0
}

// receive returns the first datagram, and removes it unless peek.
func (k *Socket) receive(peek bool) ([]byte, syscall.Errno) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return nil, syscall.EAGAIN
	}
	d := k.queue[0]
	if !peek {
		k.queue = k.queue[1:]
	}
	return d, 0
}

// Poll implements file.Poller.
func (k *Socket) Poll() uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) > 0 {
		return file.PollIn | file.PollOut
	}
	return file.PollOut
}

// Stat implements file.File.
func (k *Socket) Stat(st *syscall.Stat_t) syscall.Errno {
	*st = syscall.Stat_t{Mode: syscall.S_IFSOCK | 0o777, Ino: uint64(k.pid), Nlink: 1, Blksize: 4096, Dev: 9}
	return 0
}

// Close implements file.File.
func (k *Socket) Close() syscall.Errno { return 0 }

// address is sockaddr_nl {family:2, pad:2, pid:4, groups:4}.
func address(pid uint32) []byte {
	var b [syscall.SizeofSockaddrNetlink]byte
	binary.NativeEndian.PutUint16(b[:], syscall.AF_NETLINK)
	binary.NativeEndian.PutUint32(b[4:], pid)
	return b[:]
}

// checkAddress accepts the kernel's address and, in bind, any port: the
// socket keeps the one it has.
func checkAddress(b []byte) syscall.Errno {
	if len(b) < syscall.SizeofSockaddrNetlink {
		return syscall.EINVAL
	}
	if binary.NativeEndian.Uint16(b) != syscall.AF_NETLINK {
		return syscall.EINVAL
	}
	return 0
}

// option answers getsockopt(2) for what programs ask.
func (k *Socket) option(level, name int) (int, syscall.Errno) {
	if level != syscall.SOL_SOCKET {
		return 0, syscall.ENOPROTOOPT
	}
	switch name {
	case syscall.SO_TYPE:
		return int(k.typ), 0
	case soDomain:
		return syscall.AF_NETLINK, 0
	case soProtocol:
		return syscall.NETLINK_ROUTE, 0
	case syscall.SO_ERROR, syscall.SO_ACCEPTCONN:
		return 0, 0
	case syscall.SO_RCVBUF, syscall.SO_SNDBUF:
		return 212992, 0 // Linux's default
	}
	return 0, syscall.ENOPROTOOPT
}

const (
	soProtocol = 38
	soDomain   = 39
)
