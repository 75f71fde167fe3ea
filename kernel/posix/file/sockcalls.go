package file

import (
	"sync/atomic"
	"syscall"
	"time"
)

// Flags of messages and options that package syscall has under no name.
const (
	msgDontwait = 0x40
	msgWaitOne  = 0x10000
	sockFlags   = syscall.SOCK_NONBLOCK | syscall.SOCK_CLOEXEC
	soRcvtimeo  = 20
	soSndtimeo  = 21
)

// limits are the longest waits of a socket (SO_RCVTIMEO, SO_SNDTIMEO).
type limits struct{ read, write atomic.Int64 }

func (d *description) readLimit() time.Duration  { return d.limit(false) }
func (d *description) writeLimit() time.Duration { return d.limit(true) }

func (d *description) limit(write bool) time.Duration {
	l := d.limits.Load()
	switch {
	case l == nil:
		return 0
	case write:
		return time.Duration(l.write.Load())
	}
	return time.Duration(l.read.Load())
}

// socket serves the socket calls.
func (c *call) socket() (uintptr, syscall.Errno, bool) {
	a := &c.a
	switch c.nr {
	case syscall.SYS_SOCKET:
		return value(sysSocket(a[0], a[1], a[2]))
	case syscall.SYS_ACCEPT:
		c.nr, a[3] = syscall.SYS_ACCEPT4, 0
		return value(c.onSocket())
	case syscall.SYS_BIND, syscall.SYS_LISTEN, syscall.SYS_CONNECT, syscall.SYS_ACCEPT4,
		syscall.SYS_SENDTO, syscall.SYS_RECVFROM, syscall.SYS_SENDMSG, syscall.SYS_RECVMSG,
		syscall.SYS_GETSOCKNAME, syscall.SYS_GETPEERNAME, syscall.SYS_SHUTDOWN,
		syscall.SYS_SETSOCKOPT, syscall.SYS_GETSOCKOPT:
		return value(c.onSocket())
	case sysRecvmmsg:
		return value(c.messages(syscall.SYS_RECVMSG))
	case sysSendmmsg:
		return value(c.messages(syscall.SYS_SENDMSG))
	}
	return 0, 0, false
}

func sysSocket(domain, typ, proto uintptr) (uintptr, syscall.Errno) {
	var s Socket
	e := syscall.EAFNOSUPPORT
	if domain < uintptr(len(SocketFamily)) && SocketFamily[domain] != nil {
		s, e = SocketFamily[domain](domain, typ&^sockFlags, proto)
	}
	if e != 0 {
		return 0, e
	}
	fd, e := Install(s, SocketFlags(typ))
	if e != 0 {
		s.Close()
	}
	return fd, e
}

// socketOf returns a socket's description, with a reference.
func socketOf(fd uintptr) (*description, Socket, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return nil, nil, syscall.EBADF
	}
	s, ok := d.file.(Socket)
	if !ok {
		d.put()
		return nil, nil, syscall.ENOTSOCK
	}
	return d, s, 0
}

// onSocket makes the call on its socket and waits where that must block.
func (c *call) onSocket() (uintptr, syscall.Errno) {
	d, s, e := socketOf(c.a[0])
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if c.nr == syscall.SYS_SETSOCKOPT || c.nr == syscall.SYS_GETSOCKOPT {
		if n, e, ok := c.timeouts(d); ok {
			return n, e
		}
	}
	return c.complete(d, s)
}

// complete repeats a call until it need not wait.
func (c *call) complete(d *description, s Socket) (uintptr, syscall.Errno) {
	n, e := callSocket(s, c.nr, &c.a, &c.p)
	if e != syscall.EAGAIN && e != syscall.EINPROGRESS || d.nonblocking() || c.dontWait() {
		return n, e
	}
	if e == syscall.EINPROGRESS && c.nr == syscall.SYS_CONNECT {
		return 0, d.connected(s)
	}
	limit := d.readLimit()
	switch c.nr {
	case syscall.SYS_SENDTO, syscall.SYS_SENDMSG, syscall.SYS_CONNECT:
		limit = d.writeLimit()
	}
	return d.await(limit, func() (uintptr, syscall.Errno) { return callSocket(s, c.nr, &c.a, &c.p) })
}

// dontWait reports MSG_DONTWAIT in the call's flags.
func (c *call) dontWait() bool {
	switch c.nr {
	case syscall.SYS_SENDTO, syscall.SYS_RECVFROM:
		return c.a[3]&msgDontwait != 0
	case syscall.SYS_SENDMSG, syscall.SYS_RECVMSG:
		return c.a[2]&msgDontwait != 0
	}
	return false
}

// connected waits for the end of a connection attempt and returns its result. When
// SO_SNDTIMEO is over before, the attempt goes on, and the answer is EINPROGRESS.
func (d *description) connected(s Socket) syscall.Errno {
	_, e := d.await(d.writeLimit(), func() (uintptr, syscall.Errno) {
		if s.Poll()&(PollOut|PollErr|PollHup) == 0 {
			return 0, syscall.EAGAIN
		}
		return 0, 0
	})
	if e == syscall.EAGAIN {
		return syscall.EINPROGRESS
	}
	var result, size int32 = 0, 4
	if e := getOption(s, syscall.SOL_SOCKET, syscall.SO_ERROR, &result, &size); e != 0 {
		return e
	}
	return syscall.Errno(result)
}

// timeouts serves SO_RCVTIMEO and SO_SNDTIMEO, which are a matter of waiting.
func (c *call) timeouts(d *description) (uintptr, syscall.Errno, bool) {
	option := c.a[2]
	if c.a[1] != syscall.SOL_SOCKET || option != soRcvtimeo && option != soSndtimeo {
		return 0, 0, false
	}
	d.limits.CompareAndSwap(nil, new(limits))
	limit := &d.limits.Load().read
	if option == soSndtimeo {
		limit = &d.limits.Load().write
	}
	t := (*syscall.Timeval)(c.p[3])
	if t == nil {
		return 0, syscall.EFAULT, true
	}
	if c.nr == syscall.SYS_GETSOCKOPT {
		*t = syscall.NsecToTimeval(limit.Load())
		if size := (*uint32)(c.p[4]); size != nil {
			*size = 16
		}
		return 0, 0, true
	}
	if c.a[4] < 16 {
		return 0, syscall.EINVAL, true
	}
	if t.Usec < 0 || t.Usec >= 1e6 {
		return 0, syscall.EDOM, true
	}
	limit.Store(max(t.Nano(), 0))
	return 0, 0, true
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	Hdr syscall.Msghdr
	Len uint32
	_   uint32
}

// messages serves recvmmsg and sendmmsg by nr, one message after the other;
// only the first one waits. Their timeout is not looked at: recvmmsg(2) calls
// it broken, and it is only checked after a message.
func (c *call) messages(nr uintptr) (uintptr, syscall.Errno) {
	d, s, e := socketOf(c.a[0])
	if e != 0 {
		return 0, e
	}
	defer d.put()
	batch := list[mmsghdr](c.p[1], min(c.a[2], MaxVector))
	one := call{nr: nr, a: [6]uintptr{c.a[0], 0, c.a[3] &^ msgWaitOne}}
	for k := range batch {
		one.p[1] = pointer(&batch[k].Hdr)
		n, e := one.complete(d, s)
		if e != 0 && k == 0 {
			return 0, e
		}
		if e != 0 {
			return uintptr(k), 0
		}
		batch[k].Len = uint32(n)
		if nr == syscall.SYS_RECVMSG {
			one.a[2] |= msgDontwait
		}
	}
	return uintptr(len(batch)), 0
}

// vectorMessage is readv or writev on a socket: one message.
func (d *description) vectorMessage(s Socket, iov []syscall.Iovec, write bool) (int, syscall.Errno) {
	var m syscall.Msghdr
	if len(iov) > 0 {
		m.Iov, m.Iovlen = &iov[0], uint64(len(iov))
	}
	c := call{nr: syscall.SYS_RECVMSG}
	if write {
		c.nr = syscall.SYS_SENDMSG
	}
	c.p[1] = pointer(&m)
	n, e := c.complete(d, s)
	return int(n), e
}
