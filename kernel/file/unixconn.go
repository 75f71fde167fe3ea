package file

import "syscall"

// SocketCall serves the calls on AF_UNIX sockets.
func (s *unixSocket) SocketCall(nr uintptr, a *[6]uintptr, p *[6]pointer) (uintptr, syscall.Errno) {
	switch nr {
	case syscall.SYS_BIND:
		name, e := unixName(p[1], a[2])
		if e == 0 {
			e = s.bind(name)
		}
		return 0, e
	case syscall.SYS_LISTEN:
		return 0, s.listen(int(int32(a[1])))
	case syscall.SYS_CONNECT:
		return 0, s.connectTo(p[1], a[2])
	case syscall.SYS_ACCEPT4:
		return s.accept(a[3], p[1], (*uint32)(p[2]))
	case syscall.SYS_GETSOCKNAME:
		unixMu.Lock()
		name := s.name
		unixMu.Unlock()
		return 0, putUnixName(name, p[1], (*uint32)(p[2]))
	case syscall.SYS_GETPEERNAME:
		return 0, s.peerName(p[1], (*uint32)(p[2]))
	case syscall.SYS_SHUTDOWN:
		return 0, s.shutdown(a[1])
	case syscall.SYS_SETSOCKOPT:
		return 0, s.setOption(a[1], a[2], (*int32)(p[3]), a[4])
	case syscall.SYS_GETSOCKOPT:
		return 0, s.option(a[1], a[2], p[3], (*uint32)(p[4]))
	}
	return s.transfer(nr, a, p)
}

func (s *unixSocket) listen(backlog int) syscall.Errno {
	unixMu.Lock()
	defer unixMu.Unlock()
	switch {
	case s.connectionless():
		return syscall.EOPNOTSUPP
	case s.name == "" || s.state == unixConnected:
		return syscall.EINVAL
	}
	if backlog < 0 || backlog > 4096 { // somaxconn
		backlog = 4096
	}
	s.state, s.backlog = unixListening, backlog
	s.cred = ownCred()
	return 0
}

// connectTo connects s to the address at p; AF_UNSPEC disconnects a datagram
// socket.
func (s *unixSocket) connectTo(p pointer, n uintptr) syscall.Errno {
	if p != nil && n >= 2 && *(*uint16)(p) == syscall.AF_UNSPEC && s.connectionless() {
		unixMu.Lock()
		s.peer, s.state = nil, unixIdle
		unixMu.Unlock()
		return 0
	}
	name, e := unixName(p, n)
	if e != 0 {
		return e
	}
	to, e := unixAt(name)
	if e != 0 {
		return e
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.typ != to.typ {
		return syscall.EPROTOTYPE
	}
	if !s.connectionless() {
		return s.connectStream(to)
	}
	if to.state == unixClosed {
		return syscall.ECONNREFUSED
	}
	if to.peer != nil && to.peer != s {
		return syscall.EPERM
	}
	s.peer, s.state = to, unixConnected
	return 0
}

// connectStream queues the other end of a new connection at listener to.
func (s *unixSocket) connectStream(to *unixSocket) syscall.Errno {
	switch {
	case s.state == unixConnected:
		return syscall.EISCONN
	case s.state == unixListening:
		return syscall.EINVAL
	case to.state != unixListening || to.shutRead:
		return syscall.ECONNREFUSED
	case len(to.pending) > to.backlog:
		to.blocked = append(to.blocked, s)
		return syscall.EAGAIN
	}
	other := makeUnix(s.typ)
	other.state, other.name, other.peer, other.cred = unixConnected, to.name, s, ownCred()
	s.state, s.peer, s.cred = unixConnected, other, to.cred
	other.passCred = to.passCred
	to.pending = append(to.pending, other)
	to.Post(ModeRead)
	s.Post(ModeWrite)
	return 0
}

func (s *unixSocket) accept(flags uintptr, p pointer, size *uint32) (uintptr, syscall.Errno) {
	if flags&^sockFlags != 0 {
		return 0, syscall.EINVAL
	}
	unixMu.Lock()
	if s.state != unixListening {
		unixMu.Unlock()
		if s.connectionless() {
			return 0, syscall.EOPNOTSUPP
		}
		return 0, syscall.EINVAL
	}
	if len(s.pending) == 0 {
		ended := s.shutRead
		unixMu.Unlock()
		if ended {
			return 0, syscall.EINVAL
		}
		return 0, syscall.EAGAIN
	}
	conn := s.pending[0]
	s.pending = append(s.pending[:0], s.pending[1:]...)
	blocked := s.blocked
	s.blocked = nil
	name := conn.peer.name
	unixMu.Unlock()
	for _, b := range blocked {
		b.Post(ModeWrite)
	}
	fd, e := Install(conn, SocketFlags(flags))
	if e != 0 {
		conn.Close()
		return 0, e
	}
	return fd, putUnixName(name, p, size)
}

func (s *unixSocket) peerName(p pointer, size *uint32) syscall.Errno {
	unixMu.Lock()
	connected, name := s.peer != nil, ""
	if connected {
		name = s.peer.name
	}
	unixMu.Unlock()
	if !connected {
		return syscall.ENOTCONN
	}
	return putUnixName(name, p, size)
}

// unixPath is the room for a name in struct sockaddr_un.
const unixPath = 108

// unixName returns the name in an address of n bytes at p, a view of the
// caller's memory. "" is the unnamed address.
func unixName(p pointer, n uintptr) (string, syscall.Errno) {
	b, e := view(p, n)
	if e != 0 || len(b) < 2 || len(b) > 2+unixPath {
		return "", syscall.EINVAL
	}
	if *(*uint16)(p) != syscall.AF_UNIX {
		return "", syscall.EINVAL
	}
	b = b[2:]
	if len(b) > 0 && b[0] != 0 {
		for k, c := range b {
			if c == 0 {
				b = b[:k]
				break
			}
		}
	}
	return string(b), 0
}

// putUnixName writes the address of name to p, as far as *size allows, and its
// whole length to *size.
func putUnixName(name string, p pointer, size *uint32) syscall.Errno {
	if p == nil {
		return 0
	}
	if size == nil {
		return syscall.EFAULT
	}
	var a [2 + unixPath + 1]byte
	a[0] = syscall.AF_UNIX
	n := 2 + copy(a[2:], name)
	if name != "" && name[0] != 0 {
		n++ // the zero of a path
	}
	b, e := view(p, uintptr(*size))
	if e != 0 {
		return e
	}
	copy(b, a[:n])
	*size = uint32(n)
	return 0
}

// Options of SOL_SOCKET that package syscall has no or other names for.
const (
	soPeercred   = 17
	soPassCred   = 16
	soAcceptConn = 30
	soProtocol   = 38
	soDomain     = 39
)

func (s *unixSocket) setOption(level, option uintptr, v *int32, n uintptr) syscall.Errno {
	if level != syscall.SOL_SOCKET {
		return syscall.EOPNOTSUPP
	}
	if n < 4 {
		return syscall.EINVAL
	}
	if v == nil {
		return syscall.EFAULT
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	switch option {
	case soPassCred:
		s.passCred = *v != 0
	case syscall.SO_SNDBUF:
		if s.peer != nil {
			s.peer.buffer = bufferSize(*v)
		}
	case syscall.SO_RCVBUF:
	case soPeercred, syscall.SO_TYPE, syscall.SO_ERROR, soAcceptConn, soProtocol, soDomain:
		return syscall.ENOPROTOOPT
	}
	return 0
}

// bufferSize is what the kernel makes of a size asked for (socket(7)).
func bufferSize(v int32) int { return min(max(2*int(v), 4608), 2*unixBuffer) }

func (s *unixSocket) option(level, option uintptr, p pointer, size *uint32) syscall.Errno {
	if p == nil || size == nil {
		return syscall.EFAULT
	}
	if level != syscall.SOL_SOCKET {
		return syscall.EOPNOTSUPP
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	if option == soPeercred {
		if *size < 12 {
			return syscall.EINVAL
		}
		*(*syscall.Ucred)(p) = s.cred
		*size = 12
		return 0
	}
	v, ok := s.intOption(option)
	if !ok {
		return syscall.ENOPROTOOPT
	}
	if *size < 4 {
		return syscall.EINVAL
	}
	*(*int32)(p) = v
	*size = 4
	return 0
}

func (s *unixSocket) intOption(option uintptr) (v int32, ok bool) {
	switch option {
	case syscall.SO_TYPE:
		v = int32(s.typ)
	case soDomain:
		v = syscall.AF_UNIX
	case soPassCred:
		v = truth(s.passCred)
	case soAcceptConn:
		v = truth(s.state == unixListening)
	case syscall.SO_SNDBUF, syscall.SO_RCVBUF:
		v = int32(s.buffer)
	case syscall.SO_ERROR, soProtocol, syscall.SO_REUSEADDR, syscall.SO_BROADCAST, syscall.SO_KEEPALIVE, syscall.SO_LINGER:
	default:
		return 0, false
	}
	return v, true
}

func truth(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
