package file

import "syscall"

// Flags of messages that package syscall has under these or no names.
const (
	msgPeek        = syscall.MSG_PEEK
	msgTrunc       = syscall.MSG_TRUNC
	msgCtrunc      = syscall.MSG_CTRUNC
	msgCmsgCloexec = 0x40000000
)

// A receipt is what a receive took, besides the bytes.
type receipt struct {
	from   string
	cred   syscall.Ucred
	rights []*description
	flags  int32
	any    bool // a message was there (not the end of a stream)
}

// receive takes one message, or for a stream as many bytes as are there.
func (s *unixSocket) receive(t *transferCall) (uintptr, syscall.Errno) {
	room, e := t.total()
	if e != 0 {
		return 0, e
	}
	if t.flags&syscall.MSG_OOB != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	var r receipt
	unixMu.Lock()
	n, e := s.takeMessages(t, room, &r)
	pass := s.passCred
	unixMu.Unlock()
	if e != 0 {
		return 0, e
	}
	s.deliver(t, &r, pass)
	return uintptr(n), 0
}

// takeMessages moves data into the buffers of t. Needs unixMu.
func (s *unixSocket) takeMessages(t *transferCall, room int, r *receipt) (int, syscall.Errno) {
	if s.queue.n == 0 {
		return 0, s.emptyRead()
	}
	peek := t.flags&msgPeek != 0
	if !s.stream() {
		return s.takeOne(t, room, r, peek), 0
	}
	done := 0
	for m := s.queue.first; m != nil && (done < room || done == 0 && room == 0); m = m.next {
		if r.any && (m.rights != nil || r.rights != nil || s.passCred && m.cred != r.cred) {
			break
		}
		n := t.scatter(m.data, done)
		done += n
		r.take(m, peek)
		if !peek {
			s.queue.bytes -= n
			if m.data = m.data[n:]; len(m.data) == 0 {
				s.queue.drop()
			}
		}
		if room == 0 {
			break
		}
	}
	if !peek {
		s.shrunk()
	}
	return done, 0
}

// emptyRead is the answer to a receive when nothing is queued. Needs unixMu.
func (s *unixSocket) emptyRead() syscall.Errno {
	switch {
	case s.reset:
		s.reset = false
		s.shutRead = true
		return syscall.ECONNRESET
	case s.ended():
		return 0
	case !s.connectionless() && s.state != unixConnected:
		return syscall.EINVAL
	}
	return syscall.EAGAIN
}

// takeOne takes a whole message; what does not fit is lost. Needs unixMu.
func (s *unixSocket) takeOne(t *transferCall, room int, r *receipt, peek bool) int {
	m := s.queue.first
	n := t.scatter(m.data, 0)
	if n < len(m.data) {
		r.flags |= msgTrunc
		if t.flags&msgTrunc != 0 {
			n = len(m.data)
		}
	}
	r.take(m, peek)
	if !peek {
		s.queue.drop()
		s.shrunk()
	}
	return n
}

// take notes the sender of m, and takes over its descriptions unless peeking.
func (r *receipt) take(m *unixMessage, peek bool) {
	if !r.any {
		r.from, r.cred = m.from, m.cred
	}
	r.any = true
	if m.rights == nil {
		return
	}
	r.rights = m.rights
	if !peek {
		m.rights = nil
		return
	}
	for _, d := range r.rights {
		d.tryRef() // the message in the queue holds one
	}
}

// deliver fills in the address and the control messages of a receive.
func (s *unixSocket) deliver(t *transferCall, r *receipt, passCred bool) {
	if t.nameSize != nil {
		if r.from == "" {
			*t.nameSize = 0
		} else {
			putUnixName(r.from, t.name, t.nameSize)
		}
	}
	if t.msg == nil {
		putAll(r.rights)
		return
	}
	w := controlWriter{p: t.control}
	if passCred && r.any {
		w.cred(&r.cred)
	}
	if r.rights != nil {
		w.rights(r.rights, t.flags&msgCmsgCloexec != 0)
	}
	if w.full {
		r.flags |= msgCtrunc
	}
	t.msg.SetControllen(w.n)
	t.msg.Flags = r.flags | int32(t.flags&msgCmsgCloexec)
}
