package netlink

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"yolk/kernel/posix/file"
)

// SocketCall implements file.Socket. Use of unsafe: the pointers and lengths
// are the caller's, as in a system call; they are not kept.
func (k *Socket) SocketCall(nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno) {
	switch nr {
	case syscall.SYS_BIND, syscall.SYS_CONNECT:
		return 0, checkAddress(file.Bytes(p[1], a[2]))
	case syscall.SYS_GETSOCKNAME:
		return 0, store(address(k.pid), p[1], (*uint32)(p[2]))
	case syscall.SYS_GETPEERNAME:
		return 0, store(address(0), p[1], (*uint32)(p[2]))
	case syscall.SYS_SENDTO:
		n, e := k.Write(file.Bytes(p[1], a[2]))
		return uintptr(n), e
	case syscall.SYS_RECVFROM:
		n, full, e := k.into([][]byte{file.Bytes(p[1], a[2])}, a[3])
		if e == 0 && p[4] != nil {
			e = store(address(0), p[4], (*uint32)(p[5]))
		}
		return trunc(n, full, a[3]), e
	case syscall.SYS_SENDMSG:
		return k.sendmsg((*syscall.Msghdr)(p[1]))
	case syscall.SYS_RECVMSG:
		return k.recvmsg((*syscall.Msghdr)(p[1]), a[2])
	case syscall.SYS_SETSOCKOPT:
		return 0, 0 // buffer sizes and group memberships change nothing here
	case syscall.SYS_GETSOCKOPT:
		return 0, k.getsockopt(int(int32(a[1])), int(int32(a[2])), p[3], (*uint32)(p[4]))
	}
	return 0, syscall.EOPNOTSUPP
}

// store writes b to a buffer of *length bytes and its length there.
func store(b []byte, p unsafe.Pointer, length *uint32) syscall.Errno {
	if p == nil || length == nil {
		return syscall.EFAULT
	}
	copy(file.Bytes(p, uintptr(*length)), b)
	*length = uint32(len(b))
	return 0
}

// into scatters one datagram and returns the bytes stored and its length.
func (k *Socket) into(to [][]byte, flags uintptr) (n, full int, e syscall.Errno) {
	d, e := k.receive(flags&syscall.MSG_PEEK != 0)
	for _, b := range to {
		n += copy(b, d[n:])
	}
	return n, len(d), e
}

// trunc is the return value of a receive: with MSG_TRUNC the whole length.
func trunc(n, full int, flags uintptr) uintptr {
	if flags&syscall.MSG_TRUNC != 0 {
		return uintptr(full)
	}
	return uintptr(n)
}

func pieces(m *syscall.Msghdr) ([][]byte, syscall.Errno) {
	switch {
	case m.Iovlen > file.MaxVector:
		return nil, syscall.EMSGSIZE
	case m.Iov == nil:
		return nil, 0
	}
	var all [][]byte
	for _, v := range unsafe.Slice(m.Iov, m.Iovlen) {
		all = append(all, file.Bytes(unsafe.Pointer(v.Base), uintptr(v.Len)))
	}
	return all, 0
}

func (k *Socket) sendmsg(m *syscall.Msghdr) (uintptr, syscall.Errno) {
	if m == nil {
		return 0, syscall.EFAULT
	}
	all, e := pieces(m)
	if e != 0 {
		return 0, e
	}
	var d []byte
	for _, b := range all {
		d = append(d, b...)
	}
	n, e := k.Write(d)
	return uintptr(n), e
}

func (k *Socket) recvmsg(m *syscall.Msghdr, flags uintptr) (uintptr, syscall.Errno) {
	if m == nil {
		return 0, syscall.EFAULT
	}
	all, e := pieces(m)
	if e != 0 {
		return 0, e
	}
	n, full, e := k.into(all, flags)
	if e != 0 {
		return 0, e
	}
	m.Flags, m.Controllen = 0, 0
	if n < full {
		m.Flags = syscall.MSG_TRUNC
	}
	if m.Name != nil {
		store(address(0), unsafe.Pointer(m.Name), &m.Namelen)
	}
	return trunc(n, full, flags), 0
}

func (k *Socket) getsockopt(level, name int, p unsafe.Pointer, length *uint32) syscall.Errno {
	v, e := k.option(level, name)
	if e != 0 {
		return e
	}
	if p == nil || length == nil {
		return syscall.EFAULT
	}
	*length = uint32(copy(file.Bytes(p, uintptr(*length)), binary.NativeEndian.AppendUint32(nil, uint32(v))))
	return 0
}
