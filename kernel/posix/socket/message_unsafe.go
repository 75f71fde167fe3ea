package socket

import (
	"syscall"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/kernel/posix/file"
)

// msgErrQueue and msgFastOpen complete package syscall's MSG_ flags.
const (
	msgErrQueue = 0x2000
	msgMore     = 0x8000
	msgFastOpen = 0x20000000
)

// recvfrom serves recv(2) and recvfrom(2). With MSG_TRUNC the answer is the
// datagram's full length.
func (k *Socket) recvfrom(v vector, flags uintptr, p unsafe.Pointer, length *uint32) (uintptr, syscall.Errno) {
	res, n, e := k.receiveFlags(v, flags, p != nil)
	if e != 0 {
		return 0, e
	}
	if p != nil && length != nil {
		if k.stream() {
			*length = 0 // a connection has no source address per read
		} else {
			k.storeAddr(res.RemoteAddr, p, length)
		}
	}
	return uintptr(k.count(res, n, flags)), 0
}

func (k *Socket) receiveFlags(v vector, flags uintptr, addr bool) (res arrival, n int, e syscall.Errno) {
	if flags&msgErrQueue != 0 {
		return res, 0, syscall.EAGAIN // the queue is always empty
	}
	if flags&syscall.MSG_OOB != 0 {
		return res, 0, syscall.EINVAL // there is no urgent data
	}
	n, e = k.receive(v, tcpip.ReadOptions{Peek: flags&syscall.MSG_PEEK != 0, NeedRemoteAddr: addr}, &res)
	return res, n, e
}

// count is the return value of a receive call that put n bytes.
func (k *Socket) count(res arrival, n int, flags uintptr) int {
	if flags&syscall.MSG_TRUNC != 0 && !k.stream() {
		return res.Total
	}
	return n
}

func (k *Socket) sendto(v vector, addr []byte, flags uintptr) (uintptr, syscall.Errno) {
	n, e := k.sendFlags(v, addr, flags, k.outgoing())
	return uintptr(n), e
}

func (k *Socket) sendFlags(v vector, addr []byte, flags uintptr, o outgoing) (int, syscall.Errno) {
	if flags&(syscall.MSG_OOB|msgFastOpen) != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	o.More = flags&msgMore != 0
	if len(addr) == 0 || k.stream() {
		return k.send(v, nil, o)
	}
	to, e := k.destination(addr)
	if e != 0 {
		return 0, e
	}
	if i := o.ControlMessages.IPv6PacketInfo; to.NIC == 0 && o.ControlMessages.HasIPv6PacketInfo {
		to.NIC = i.NIC
	}
	return k.send(v, &to, o)
}

// recvmsg fills the message header's name, control and flags as well.
func (k *Socket) recvmsg(m *syscall.Msghdr, flags uintptr) (uintptr, syscall.Errno) {
	v, e := vectorOf(m)
	if e != 0 {
		return 0, e
	}
	res, n, e := k.receiveFlags(v, flags, m.Name != nil)
	if e != 0 {
		return 0, e
	}
	m.Flags = 0
	if k.stream() {
		m.Namelen, m.Controllen = 0, 0
		return uintptr(n), 0
	}
	if res.Total > n {
		m.Flags |= syscall.MSG_TRUNC
	}
	if m.Name != nil {
		k.storeAddr(res.RemoteAddr, unsafe.Pointer(m.Name), &m.Namelen)
	}
	c := control{b: file.Bytes(unsafe.Pointer(m.Control), uintptr(m.Controllen))}
	k.putControl(&c, &res)
	m.Controllen = uint64(c.n)
	if c.cut {
		m.Flags |= syscall.MSG_CTRUNC
	}
	return uintptr(k.count(res, n, flags)), 0
}

// sendmsg takes the destination from the name, or from an IP_PKTINFO control
// message's interface together with it.
func (k *Socket) sendmsg(m *syscall.Msghdr, flags uintptr) (uintptr, syscall.Errno) {
	v, e := vectorOf(m)
	if e != 0 {
		return 0, e
	}
	o := k.outgoing()
	if e := k.parseControl(file.Bytes(unsafe.Pointer(m.Control), uintptr(m.Controllen)), &o); e != 0 {
		return 0, e
	}
	var addr []byte
	if m.Name != nil {
		addr = file.Bytes(unsafe.Pointer(m.Name), addrLen(uintptr(m.Namelen)))
	}
	n, e := k.sendFlags(v, addr, flags, o)
	return uintptr(n), e
}
