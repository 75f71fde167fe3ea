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
		// Not EINPROGRESS, as of TCP: no attempt is under way (connect(2)). A call
		// that may block tries again when accept has made room.
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
	for _, b := range blocked { // all, for one place: who finds it taken waits again
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
