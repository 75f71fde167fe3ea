package socket

import (
	"syscall"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/kernel/posix/file"
)

// SocketCall implements file.Socket: it decodes the arguments of a call and
// passes them on as slices. Use of unsafe: the pointers and lengths are the
// caller's, as in a system call; what they point to is read or written before
// the call returns and never kept. It waits, as it must not otherwise, while the
// interfaces are being configured at boot and the call needs one.
func (k *Socket) SocketCall(nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) (uintptr, syscall.Errno) {
	if b := &k.stack.interfaces; b.pending.Load() {
		b.admit(k, nr, a, p)
	}
	switch nr {
	case syscall.SYS_RECVFROM:
		return k.recvfrom(vector{cur: file.Bytes(p[1], a[2])}, a[3], p[4], (*uint32)(p[5]))
	case syscall.SYS_SENDTO:
		return k.sendto(vector{cur: file.Bytes(p[1], a[2])}, file.Bytes(p[4], a[5]), a[3])
	case syscall.SYS_RECVMSG:
		return k.recvmsg((*syscall.Msghdr)(p[1]), a[2])
	case syscall.SYS_SENDMSG:
		return k.sendmsg((*syscall.Msghdr)(p[1]), a[2])
	case syscall.SYS_ACCEPT4:
		return k.accept(p[1], (*uint32)(p[2]), a[3])
	case syscall.SYS_CONNECT:
		return 0, k.connect(file.Bytes(p[1], addrLen(a[2])))
	case syscall.SYS_BIND:
		return 0, k.bind(file.Bytes(p[1], addrLen(a[2])))
	case syscall.SYS_LISTEN:
		return 0, k.listen(int(int32(a[1])))
	case syscall.SYS_SHUTDOWN:
		return 0, k.shutdown(int(int32(a[1])))
	case syscall.SYS_GETSOCKNAME:
		return 0, k.name(k.ep.GetLocalAddress, p[1], (*uint32)(p[2]))
	case syscall.SYS_GETPEERNAME:
		return 0, k.name(k.ep.GetRemoteAddress, p[1], (*uint32)(p[2]))
	case syscall.SYS_SETSOCKOPT:
		if int32(a[4]) < 0 {
			return 0, syscall.EINVAL
		}
		return 0, k.setOption(int(int32(a[1])), int(int32(a[2])), file.Bytes(p[3], uintptr(int32(a[4]))))
	case syscall.SYS_GETSOCKOPT:
		return 0, k.getsockopt(int(int32(a[1])), int(int32(a[2])), p[3], (*uint32)(p[4]))
	}
	return 0, syscall.EOPNOTSUPP
}

// addrLen bounds a socket address length: nothing longer than a
// sockaddr_storage is read (unix(7) aside, longer ones are EINVAL in Linux).
func addrLen(n uintptr) uintptr { return min(n, 128) }

// Ioctl implements file's optional interface for ioctl(2).
func (k *Socket) Ioctl(req uintptr, arg unsafe.Pointer) (uintptr, syscall.Errno) {
	var opt tcpip.SockOptInt
	switch req {
	case syscall.TIOCINQ: // FIONREAD
		opt = tcpip.ReceiveQueueSizeOption
	case syscall.TIOCOUTQ:
		opt = tcpip.SendQueueSizeOption
	default:
		if more := interfaceRequest.Load(); more != nil {
			return 0, (*more)(k.stack, req, arg)
		}
		return 0, syscall.ENOTTY
	}
	n, err := k.ep.GetSockOptInt(opt)
	if err != nil {
		return 0, errno(err)
	}
	if arg == nil {
		return 0, syscall.EFAULT
	}
	*(*int32)(arg) = int32(n)
	return 0, 0
}

// storeAddr writes a to the caller's address buffer, cut to its length, and
// stores the full length, as accept(2) and its like do.
func (k *Socket) storeAddr(a tcpip.FullAddress, p unsafe.Pointer, length *uint32) {
	if p == nil || length == nil {
		return
	}
	var b [sizeofIn6]byte
	n := putAddr(b[:], a, k.family)
	copy(file.Bytes(p, uintptr(*length)), b[:n])
	*length = uint32(n)
}

// name serves getsockname and getpeername.
func (k *Socket) name(get func() (tcpip.FullAddress, tcpip.Error), p unsafe.Pointer, length *uint32) syscall.Errno {
	a, err := get()
	if err != nil {
		return errno(err)
	}
	if p == nil || length == nil {
		return syscall.EFAULT
	}
	k.storeAddr(a, p, length)
	return 0
}

func (k *Socket) getsockopt(level, name int, p unsafe.Pointer, length *uint32) syscall.Errno {
	if length == nil || p == nil {
		return syscall.EFAULT
	}
	if int32(*length) < 0 {
		return syscall.EINVAL
	}
	var b [maxOption]byte
	n, e := k.getOption(level, name, b[:])
	if e != 0 {
		return e
	}
	*length = uint32(copy(file.Bytes(p, uintptr(*length)), b[:n]))
	return 0
}
