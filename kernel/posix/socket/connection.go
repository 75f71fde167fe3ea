package socket

import (
	"runtime"
	"syscall"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/kernel/posix/file"
)

var (
	loopback4 = tcpip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = tcpip.AddrFrom16([16]byte{15: 1})
	mapped0   = tcpip.AddrFrom16([16]byte{10: 0xff, 11: 0xff})
	mappedLo  = tcpip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1})
)

// destination decodes the address of a connect or sendto. Sending to the
// unspecified address means this host, as in Linux.
func (k *Socket) destination(b []byte) (tcpip.FullAddress, syscall.Errno) {
	a, e := parseAddr(b, k.family)
	switch {
	case e != 0:
	case a.Addr == mapped0:
		a.Addr = mappedLo
	case a.Addr.Len() != 0:
	case k.family == syscall.AF_INET:
		a.Addr = loopback4
	default:
		a.Addr = loopback6
	}
	return a, e
}

func (k *Socket) bind(b []byte) syscall.Errno {
	a, e := parseAddr(b, k.family)
	if e != 0 {
		return e
	}
	err := k.ep.Bind(a)
	if _, unknown := err.(*tcpip.ErrBadLocalAddress); unknown && k.stack.settle(a.Addr) {
		err = k.ep.Bind(a)
	}
	if err == nil && k.typ == syscall.SOCK_DGRAM && !onLoopback(a.Addr) {
		k.stack.outage.serve()
	}
	return errno(err)
}

// connect starts a connection. AF_UNSPEC dissolves one, where the protocol can.
func (k *Socket) connect(b []byte) syscall.Errno {
	if len(b) >= 2 && b[0] == syscall.AF_UNSPEC && b[1] == 0 {
		err := k.ep.Disconnect()
		if _, no := err.(*tcpip.ErrNotSupported); no {
			return syscall.EAFNOSUPPORT
		}
		return errno(err)
	}
	a, e := k.destination(b)
	if e != 0 {
		return e
	}
	err := k.ep.Connect(a)
	if _, none := err.(*tcpip.ErrNoPortAvailable); none && k.stream() {
		return syscall.EADDRNOTAVAIL // no ephemeral port is left
	}
	if _, started := err.(*tcpip.ErrConnectStarted); started {
		k.connecting.Store(true)
	}
	return errno(err)
}

// attempted returns how an attempt to connect ended, for SO_ERROR, once all that can run has had
// its turn: who accepts in this program, and others that connect, are before the caller. On
// Linux they are because the runtime asks the poller, which tells the caller, last.
func (k *Socket) attempted() syscall.Errno {
	if k.connecting.Load() && k.ep.Readiness(events) != 0 {
		k.connecting.Store(false)
		runtime.Gosched()
	}
	return errno(k.ep.LastError())
}

// Bounds of a listen backlog: Linux's SOMAXCONN, and one at least.
const maxBacklog = 4096

func (k *Socket) listen(backlog int) syscall.Errno {
	if !k.stream() {
		return syscall.EOPNOTSUPP
	}
	if backlog < 0 || backlog > maxBacklog {
		backlog = maxBacklog
	}
	if err := k.ep.Listen(backlog + 1); err != nil {
		return errno(err)
	}
	if a, err := k.ep.GetLocalAddress(); err != nil || !onLoopback(a.Addr) {
		k.stack.outage.serve()
	}
	return 0
}

// accept takes one established connection and gives it a descriptor.
func (k *Socket) accept(p unsafe.Pointer, length *uint32, flags uintptr) (uintptr, syscall.Errno) {
	if flags&^(syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC) != 0 {
		return 0, syscall.EINVAL
	}
	if !k.stream() {
		return 0, syscall.EOPNOTSUPP
	}
	var peer tcpip.FullAddress
	ep, q, err := k.ep.Accept(&peer)
	if err != nil {
		return 0, errno(err)
	}
	n := newSocket(k.stack, ep, q, k.family, k.typ, k.proto)
	fd, e := file.Install(n, file.SocketFlags(flags))
	if e != 0 {
		n.Close()
		return 0, e
	}
	k.storeAddr(peer, p, length)
	return fd, 0
}

func (k *Socket) shutdown(how int) syscall.Errno {
	var f tcpip.ShutdownFlags
	switch how {
	case syscall.SHUT_RD:
		f = tcpip.ShutdownRead
	case syscall.SHUT_WR:
		f = tcpip.ShutdownWrite
	case syscall.SHUT_RDWR:
		f = tcpip.ShutdownRead | tcpip.ShutdownWrite
	default:
		return syscall.EINVAL
	}
	return errno(k.ep.Shutdown(f))
}
