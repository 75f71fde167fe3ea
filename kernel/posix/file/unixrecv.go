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

// Control messages: a 16-byte header (length with header, level, type), the
// data, padding to 8 bytes (cmsg(3)).
const cmsgHeader = 16

// attachControl takes over what a send's control messages carry.
func (m *unixMessage) attachControl(p []byte) syscall.Errno {
	m.cred = syscall.Ucred{}
	credited := false
	for len(p) >= cmsgHeader {
		n := get64(p)
		if n < cmsgHeader || n > uint64(len(p)) {
			putAll(m.rights)
			return syscall.EINVAL
		}
		kind, data := get64(p[8:]), p[cmsgHeader:n]
		e := syscall.EINVAL
		switch kind {
		case syscall.SOL_SOCKET | syscall.SCM_RIGHTS<<32:
			e = m.attachRights(data)
		case syscall.SOL_SOCKET | syscall.SCM_CREDENTIALS<<32:
			if len(data) == 12 {
				m.cred = syscall.Ucred{Pid: get32(data), Uid: uint32(get32(data[4:])), Gid: uint32(get32(data[8:]))}
				e, credited = 0, true
			}
		}
		if e != 0 {
			putAll(m.rights)
			return e
		}
		p = p[min((n+7)&^7, uint64(len(p))):]
	}
	if !credited {
		m.cred = ownCred()
	}
	return 0
}

func (m *unixMessage) attachRights(data []byte) syscall.Errno {
	const most = 253 // SCM_MAX_FD
	if len(data)/4+len(m.rights) > most {
		return syscall.EINVAL
	}
	for ; len(data) >= 4; data = data[4:] {
		d := get(uintptr(get32(data)))
		if d == nil {
			return syscall.EBADF
		}
		m.rights = append(m.rights, d)
	}
	return 0
}

func get32(p []byte) int32 {
	return int32(uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24)
}

func put32(p []byte, v uint32) {
	p[0], p[1], p[2], p[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// A controlWriter lays control messages out in p.
type controlWriter struct {
	p    []byte
	n    int
	full bool
}

// header starts a message with up to size bytes of data and returns where
// they go; what fits may be less.
func (w *controlWriter) header(kind uint64, size int) []byte {
	room := len(w.p) - w.n - cmsgHeader
	if room < 0 {
		w.full = true
		return nil
	}
	if room < size {
		w.full = true
		size = room
	}
	p := w.p[w.n:]
	put64(p, uint64(cmsgHeader+size))
	put64(p[8:], kind)
	w.n = min(w.n+(cmsgHeader+size+7)&^7, len(w.p))
	return p[cmsgHeader : cmsgHeader+size]
}

func (w *controlWriter) cred(c *syscall.Ucred) {
	var b [12]byte
	put32(b[0:], uint32(c.Pid))
	put32(b[4:], c.Uid)
	put32(b[8:], c.Gid)
	copy(w.header(syscall.SOL_SOCKET|syscall.SCM_CREDENTIALS<<32, 12), b[:])
}

// rights installs descriptions and hands out their numbers; those for which
// there is no room are closed.
func (w *controlWriter) rights(ds []*description, cloexec bool) {
	room := max(len(w.p)-w.n-cmsgHeader, 0) / 4
	if room < len(ds) {
		w.full = true
		putAll(ds[room:])
		ds = ds[:room]
	}
	if len(ds) == 0 {
		return
	}
	data := w.header(syscall.SOL_SOCKET|syscall.SCM_RIGHTS<<32, 4*len(ds))
	for k, d := range ds {
		fd, e := place(d, 0, cloexec)
		if e != 0 {
			d.put()
			fd = ^uintptr(0)
		}
		put32(data[4*k:], uint32(fd))
	}
}
