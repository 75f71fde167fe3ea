package file

import "syscall"

func (s *unixSocket) Write(p []byte) (int, syscall.Errno) {
	var t transferCall
	t.setSingle(p)
	n, e := s.send(&t)
	return int(n), e
}

// send queues one message at the receiver.
func (s *unixSocket) send(t *transferCall) (uintptr, syscall.Errno) {
	n, e := t.total()
	if e != 0 {
		return 0, e
	}
	if t.flags&syscall.MSG_OOB != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	var to *unixSocket
	if t.name != nil && t.nameLen > 0 && s.connectionless() {
		name, e := unixName(t.name, uintptr(t.nameLen))
		if e != 0 {
			return 0, e
		}
		if to, e = unixAt(name); e != 0 {
			return 0, e
		}
	} else if t.name != nil && t.nameLen > 0 {
		return 0, s.namedStreamSend()
	}
	m := &unixMessage{cred: syscall.Ucred{}}
	if e := m.attachControl(t.control); e != 0 {
		return 0, e
	}
	unixMu.Lock()
	sent, e := s.queueMessage(to, m, t, n)
	unixMu.Unlock()
	if e != 0 || s.stream() && sent == 0 {
		putAll(m.rights)
	}
	return uintptr(sent), e
}

func (s *unixSocket) namedStreamSend() syscall.Errno {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.state == unixConnected {
		return syscall.EISCONN
	}
	return syscall.EOPNOTSUPP
}

// queueMessage puts what fits of a send of n bytes at to, or at the peer.
// Needs unixMu.
func (s *unixSocket) queueMessage(to *unixSocket, m *unixMessage, t *transferCall, n int) (int, syscall.Errno) {
	if to == nil {
		to = s.peer
	}
	switch {
	case s.shutSend:
		return 0, syscall.EPIPE
	case to == nil:
		return 0, syscall.ENOTCONN
	case s.connectionless() && to.state == unixClosed:
		return 0, syscall.ECONNREFUSED
	case s.connectionless() && to.typ != s.typ:
		return 0, syscall.EPROTOTYPE
	case s.connectionless() && to.peer != nil && to.peer != s:
		return 0, syscall.EPERM
	case to.state == unixClosed || to.shutRead:
		return 0, syscall.EPIPE
	case !s.stream() && n > to.buffer:
		return 0, syscall.EMSGSIZE
	}
	if s.stream() && n == 0 {
		return 0, 0
	}
	if !to.accepts(1) || !s.stream() && !to.accepts(n) {
		to.block(s)
		return 0, syscall.EAGAIN
	}
	if s.stream() {
		n = min(n, to.room())
	} else if n > to.room() {
		return 0, syscall.ENOBUFS
	}
	m.data, m.from = t.gather(n), s.name
	to.queue.put(m)
	to.Post(ModeRead)
	return n, 0
}

// block notes that sender waits for room at s. Needs unixMu.
func (s *unixSocket) block(sender *unixSocket) {
	for _, b := range s.blocked {
		if b == sender {
			return
		}
	}
	s.blocked = append(s.blocked, sender)
}

// shrunk tells the senders that wait for room. Needs unixMu.
func (s *unixSocket) shrunk() {
	for _, b := range s.blocked {
		b.Post(ModeWrite)
	}
	clear(s.blocked)
	s.blocked = s.blocked[:0]
	if s.peer != nil && s.peer.peer == s { // it may poll without having tried
		s.peer.Post(ModeWrite)
	}
}
