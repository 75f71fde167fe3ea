package socket

import (
	"encoding/binary"
	"math"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// setSocket sets the SOL_SOCKET options that are not plain flags.
func (k *Socket) setSocket(name int, b []byte) syscall.Errno {
	if name == syscall.SO_BINDTODEVICE {
		return k.bindToDevice(b)
	}
	v, e := parseInt(solSocket, b)
	if e != 0 {
		return e
	}
	o := k.ep.SocketOptions()
	switch name {
	case syscall.SO_LINGER:
		if len(b) < 8 {
			return syscall.EINVAL
		}
		s := binary.NativeEndian.Uint32(b[4:])
		o.SetLinger(tcpip.LingerOption{Enabled: v != 0, Timeout: time.Duration(s) * time.Second})
	case syscall.SO_SNDBUF:
		lo, hi := o.SendBufferLimits()
		o.SetSendBufferSize(bufferSize(v, lo, hi), true)
	case syscall.SO_RCVBUF:
		lo, hi := o.ReceiveBufferLimits()
		o.SetReceiveBufferSize(bufferSize(v, lo, hi), true)
	case syscall.SO_SNDBUFFORCE:
		lo, _ := o.SendBufferLimits()
		o.SetSendBufferSize(bufferSize(max(v, 0), lo, math.MaxInt32-1), true)
	case syscall.SO_RCVBUFFORCE:
		lo, _ := o.ReceiveBufferLimits()
		o.SetReceiveBufferSize(bufferSize(max(v, 0), lo, math.MaxInt32-1), true)
	case syscall.SO_RCVLOWAT:
		return errno(o.SetRcvlowat(int32(max(v, 1))))
	case syscall.SO_MARK:
		o.SetMark(uint32(v))
	case syscall.SO_PRIORITY:
		k.opts.priority.Store(int32(v))
	case syscall.SO_OOBINLINE:
		k.opts.oobInline.Store(v != 0)
	case syscall.SO_TIMESTAMP:
		k.opts.timestamp.Store(v != 0)
	case soBindToIfx:
		return errno(o.SetBindToDevice(int32(v)))
	default:
		return syscall.ENOPROTOOPT // unknown or read only
	}
	return 0
}

// bufferSize doubles a requested size, as Linux does for its bookkeeping, and
// keeps it within limits: the stack's, or for the privileged options, which the one user
// here may use, what an int can say. The budget of all sockets bounds those too.
func bufferSize(v int, lo, hi int64) int64 {
	if v < 0 {
		v = 1 << 30 // Linux compares as unsigned: a negative size is a huge one
	}
	return max(lo, min(int64(v)*2, hi))
}

// bindToDevice takes an interface name, empty for none.
func (k *Socket) bindToDevice(b []byte) syscall.Errno {
	id := tcpip.NICID(0)
	if name := cutZero(b); name != "" {
		if id = k.stack.nicByName(name); id == 0 {
			return syscall.ENODEV
		}
	}
	return errno(k.ep.SocketOptions().SetBindToDevice(int32(id)))
}

// getSocket reads the SOL_SOCKET options that are not plain flags.
func (k *Socket) getSocket(name int, b []byte) (int, syscall.Errno) {
	o := k.ep.SocketOptions()
	switch name {
	case syscall.SO_ERROR:
		return putInt(b, int(k.attempted()))
	case syscall.SO_TYPE:
		return putInt(b, int(k.typ))
	case soProtocol:
		return putInt(b, int(k.proto))
	case soDomain:
		return putInt(b, int(k.family))
	case syscall.SO_ACCEPTCONN:
		return putBool(b, o.GetAcceptConn())
	case syscall.SO_SNDBUF:
		return putInt(b, int(o.GetSendBufferSize()))
	case syscall.SO_RCVBUF:
		return putInt(b, int(o.GetReceiveBufferSize()))
	case syscall.SO_RCVLOWAT:
		return putInt(b, int(max(o.GetRcvlowat(), 1)))
	case syscall.SO_SNDLOWAT:
		return putInt(b, 1)
	case syscall.SO_MARK:
		return putInt(b, int(o.GetMark()))
	case syscall.SO_PRIORITY:
		return putInt(b, int(k.opts.priority.Load()))
	case syscall.SO_OOBINLINE:
		return putBool(b, k.opts.oobInline.Load())
	case syscall.SO_TIMESTAMP:
		return putBool(b, k.opts.timestamp.Load())
	case soBindToIfx:
		return putInt(b, int(o.GetBindToDevice()))
	case syscall.SO_BINDTODEVICE:
		return k.boundDevice(b), 0
	case syscall.SO_LINGER:
		l := o.GetLinger()
		putBool(b, l.Enabled)
		putInt(b[4:], int(l.Timeout/time.Second))
		return 8, 0
	}
	return 0, syscall.ENOPROTOOPT
}

func (k *Socket) boundDevice(b []byte) int {
	id := tcpip.NICID(k.ep.SocketOptions().GetBindToDevice())
	if id == 0 {
		return 0
	}
	n := copy(b, k.stack.net.FindNICNameFromID(id))
	b[n] = 0
	return n + 1
}
