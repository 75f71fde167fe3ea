package socket

import (
	"io"
	"syscall"
	"unsafe"

	"yolk/kernel/posix/file"
)

// Uses of unsafe here: turning the typed pointers and lengths of a call into
// slices, which is what the kernel does with user memory. The slices live no
// longer than the call, and are never stored while they may be on a stack
// (see vector.stable).

// A vector is the caller's memory of one call: the first piece as a slice, the
// rest as the caller wrote it.
type vector struct {
	cur  []byte
	rest []syscall.Iovec
}

// vectorOf takes the pieces of a message's memory; EFAULT if there is no message.
func vectorOf(m *syscall.Msghdr) (vector, syscall.Errno) {
	switch {
	case m == nil:
		return vector{}, syscall.EFAULT
	case m.Iovlen > file.MaxVector:
		return vector{}, syscall.EMSGSIZE
	case m.Iovlen == 0 || m.Iov == nil:
		return vector{}, 0
	}
	v := vector{rest: unsafe.Slice(m.Iov, m.Iovlen)}
	for i := range v.rest {
		if int64(v.rest[i].Len) < 0 {
			return vector{}, syscall.EINVAL
		}
	}
	return v, 0
}

// len is the bytes in all pieces, or enough for more than any message has.
func (v *vector) len() int {
	n := len(v.cur)
	for i := range v.rest {
		n += int(min(v.rest[i].Len, 1<<32))
	}
	return n
}

// next makes cur non-empty, or reports that nothing is left.
func (v *vector) next() bool {
	for len(v.cur) == 0 {
		if len(v.rest) == 0 {
			return false
		}
		v.cur = file.Bytes(unsafe.Pointer(v.rest[0].Base), uintptr(v.rest[0].Len))
		v.rest = v.rest[1:]
	}
	return true
}

// stable reports whether no piece lies on the calling goroutine's stack, so
// that v may be stored in the heap for the length of a call. The stack moves
// when it grows or shrinks, and only pointers in frames follow.
func (v *vector) stable() bool {
	if onStack(unsafe.Pointer(unsafe.SliceData(v.cur))) {
		return false
	}
	if onStack(unsafe.Pointer(unsafe.SliceData(v.rest))) {
		return false
	}
	for i := range v.rest {
		if onStack(unsafe.Pointer(v.rest[i].Base)) {
			return false
		}
	}
	return true
}

// take moves bytes from v to b and returns how many.
func (v *vector) take(b []byte) int {
	n := 0
	for n < len(b) && v.next() {
		c := copy(b[n:], v.cur)
		v.cur = v.cur[c:]
		n += c
	}
	return n
}

// put moves bytes from b to v and returns how many fitted.
func (v *vector) put(b []byte) int {
	n := 0
	for n < len(b) && v.next() {
		c := copy(v.cur, b[n:])
		v.cur = v.cur[c:]
		n += c
	}
	return n
}

// payload is what the stack reads an outgoing message from. It is part of the
// socket and reused, so a write allocates nothing; the stack copies out of it
// during Write and keeps nothing.
type payload struct {
	vector
	left int // bytes not yet read
}

// Len implements tcpip.Payloader.
func (p *payload) Len() int { return p.left }

// Read implements io.Reader. The stack probes with empty reads, which are not
// the end of the message.
func (p *payload) Read(b []byte) (int, error) {
	n := p.take(b)
	p.left -= n
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// sink is what the stack writes an incoming message to: the mirror of payload.
type sink struct {
	vector
	n    int  // bytes taken
	drop bool // a datagram: what does not fit is lost
}

// Write implements io.Writer. io.ErrShortWrite tells the stack to keep the
// rest of a stream for the next read.
func (s *sink) Write(b []byte) (int, error) {
	n := s.put(b)
	s.n += n
	if n < len(b) && !s.drop {
		return n, io.ErrShortWrite
	}
	return len(b), nil
}
