package file

import (
	"syscall"
	"unsafe"
)

// A unixMessage is what one send put into a receiver's queue.
type unixMessage struct {
	data   []byte // what is not yet read
	from   string // the sender's name, "" when it has none
	cred   syscall.Ucred
	rights []*description // SCM_RIGHTS, a reference each
	size   int            // bytes of memory
	next   *unixMessage
}

// unixMessageSize is what a message takes besides its data and rights.
const unixMessageSize = 128

const _ = uint(unixMessageSize - unsafe.Sizeof(unixMessage{}))

// unixMessages is a receiver's queue.
type unixMessages struct {
	first, last *unixMessage
	n           int
	bytes       int // to read
	size        int // of memory, which is what a buffer's size bounds
}

func (q *unixMessages) put(m *unixMessage) {
	if q.last != nil {
		q.last.next = m
	} else {
		q.first = m
	}
	q.last = m
	q.n++
	q.bytes += len(m.data)
	m.size = len(m.data) + unixMessageSize + 8*len(m.rights)
	q.size += m.size
	queued.take(int64(m.size), 0)
}

// drop removes the first message, whose data still counts.
func (q *unixMessages) drop() {
	m := q.first
	q.first = m.next
	if q.first == nil {
		q.last = nil
	}
	q.n--
	q.bytes -= len(m.data)
	q.size -= m.size
	queued.give(int64(m.size))
}

// discard gives up the descriptions that travelled in messages never read.
func (q *unixMessages) discard() {
	queued.give(int64(q.size))
	for m := q.first; m != nil; m = m.next {
		putAll(m.rights)
	}
}

func putAll(ds []*description) {
	for _, d := range ds {
		d.put()
	}
}

// A transferCall is what sendto, recvfrom, sendmsg and recvmsg have in common.
type transferCall struct {
	name     pointer
	nameLen  uint32
	nameSize *uint32 // where recvfrom and recvmsg want the length, or nil
	iov      []syscall.Iovec
	control  []byte
	flags    uintptr
	msg      *syscall.Msghdr // nil for sendto and recvfrom
	single   [1]syscall.Iovec
}

func (s *unixSocket) transfer(nr uintptr, a *[6]uintptr, p *[6]pointer) (uintptr, syscall.Errno) {
	var t transferCall
	switch nr {
	case syscall.SYS_SENDTO, syscall.SYS_RECVFROM:
		t.single[0].Base, t.flags, t.name = (*byte)(p[1]), a[3], p[4]
		t.single[0].SetLen(int(a[2]))
		t.iov = t.single[:]
		if nr == syscall.SYS_SENDTO {
			t.nameLen = uint32(a[5])
			return s.send(&t)
		}
		t.nameSize = (*uint32)(p[5])
		return s.receive(&t)
	}
	m := (*syscall.Msghdr)(p[1])
	if m == nil {
		return 0, syscall.EFAULT
	}
	if m.Iovlen > MaxVector {
		return 0, syscall.EMSGSIZE
	}
	t.name, t.nameLen, t.flags, t.msg = pointer(m.Name), m.Namelen, a[2], m
	t.iov = list[syscall.Iovec](pointer(m.Iov), uintptr(m.Iovlen))
	var e syscall.Errno
	if t.control, e = view(pointer(m.Control), uintptr(m.Controllen)); e != 0 {
		return 0, e
	}
	if nr == syscall.SYS_SENDMSG {
		return s.send(&t)
	}
	if m.Name != nil {
		t.nameSize = &m.Namelen
	}
	return s.receive(&t)
}

// total returns the bytes that the buffers of a transfer hold together.
func (t *transferCall) total() (n int, e syscall.Errno) {
	for k := range t.iov {
		b, e := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		if e != 0 {
			return 0, e
		}
		n += len(b)
	}
	return n, 0
}

// gather copies n bytes of a send's buffers.
func (t *transferCall) gather(n int) []byte {
	data := make([]byte, n)
	done := 0
	for k := range t.iov {
		b, _ := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		done += copy(data[done:], b)
	}
	return data
}

// scatter copies data into a receive's buffers from offset done on.
func (t *transferCall) scatter(data []byte, done int) (n int) {
	for k := range t.iov {
		b, _ := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		if done >= len(b) {
			done -= len(b)
			continue
		}
		n += copy(b[done:], data[n:])
		done = 0
	}
	return n
}

// Read and Write are what has no other arguments.
func (s *unixSocket) Read(p []byte) (int, syscall.Errno) {
	var t transferCall
	t.setSingle(p)
	n, e := s.receive(&t)
	return int(n), e
}

func (s *unixSocket) Write(p []byte) (int, syscall.Errno) {
	var t transferCall
	t.setSingle(p)
	n, e := s.send(&t)
	return int(n), e
}

func (t *transferCall) setSingle(p []byte) {
	if len(p) > 0 {
		t.single[0].Base = &p[0]
		t.single[0].SetLen(len(p))
		t.iov = t.single[:]
	}
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
