package ninep

import (
	"encoding/binary"
	"syscall"
)

// Types of requests; an answer's is one more. Rlerror answers any.
const (
	rLerror   = 7
	tStatfs   = 8
	tLopen    = 12
	tLcreate  = 14
	tSymlink  = 16
	tMknod    = 18
	tReadlink = 22
	tGetattr  = 24
	tSetattr  = 26
	tReaddir  = 40
	tFsync    = 50
	tLock     = 52
	tLink     = 70
	tMkdir    = 72
	tRenameat = 74
	tUnlinkat = 76
	tVersion  = 100
	tAttach   = 104
	tWalk     = 110
	tRead     = 116
	tWrite    = 118
	tClunk    = 120
)

// A message is size u32, type u8, tag u16, and its fields in little-endian order; a
// string has its length, u16, in front.
const (
	tagAt    = 5
	fieldsAt = 7
)

var le = binary.LittleEndian

// A request is a message that is made in a slot. What does not fit makes it long.
type request struct {
	c    *Client
	s    *Slot
	n    int
	long bool
}

// begin starts a request of a type that moves up to data bytes.
func (c *Client) begin(typ byte, data int) (request, syscall.Errno) {
	s, err := c.ch.Acquire(data)
	if err != nil {
		return request{}, syscall.EIO
	}
	s.Out[4] = typ
	le.PutUint16(s.Out[tagAt:], s.Tag)
	return request{c: c, s: s, n: fieldsAt}, 0
}

func (t *request) setTag(tag uint16) { le.PutUint16(t.s.Out[tagAt:], tag) }

// room returns the next n bytes, or those that are not sent.
func (t *request) room(n int) []byte {
	if n > len(t.s.Out)-t.n {
		t.long = true
		return t.s.Out[:min(n, len(t.s.Out))]
	}
	t.n += n
	return t.s.Out[t.n-n : t.n]
}

func (t *request) u8(v uint8)   { t.room(1)[0] = v }
func (t *request) u16(v uint16) { le.PutUint16(t.room(2), v) }
func (t *request) u32(v uint32) { le.PutUint32(t.room(4), v) }
func (t *request) u64(v uint64) { le.PutUint64(t.room(8), v) }

func (t *request) str(s string) {
	t.u16(uint16(len(s)))
	if len(s) > 0xffff {
		t.long = true
		return
	}
	copy(t.room(len(s)), s)
}

// exchange sends the request and returns the answer, which is valid until release.
func (t *request) exchange() (reply, syscall.Errno) { return t.move(0, 0) }

// move is exchange of a request that has w bytes of the slot's data behind it, or whose
// answer has up to r of them.
func (t *request) move(w, r int) (reply, syscall.Errno) {
	if t.long {
		return reply{bad: true}, syscall.ENAMETOOLONG
	}
	le.PutUint32(t.s.Out, uint32(t.n+w))
	n, err := t.c.ch.Exchange(t.s, t.n, w, r)
	if err != nil {
		return reply{bad: true}, syscall.EIO
	}
	return open(t.s, n, r)
}

// release gives the slot back.
func (t *request) release() { t.c.ch.Release(t.s) }

// simple is a request whose answer has nothing that matters.
func (t *request) simple() syscall.Errno {
	_, e := t.exchange()
	t.release()
	return e
}

// post sends a request whose answer interests nobody.
func (t *request) post() {
	le.PutUint32(t.s.Out, uint32(t.n))
	t.c.ch.Post(t.s, t.n)
}

// A reply is the fields of an answer. What is not there reads as zero and makes it bad.
type reply struct {
	b   []byte
	bad bool
}

// open checks the head of an answer of which n bytes arrived, up to r of them in the
// slot's data.
func open(s *Slot, n, r int) (reply, syscall.Errno) {
	head := len(s.In)
	if r > 0 {
		head = HeadSize
	}
	if n < fieldsAt || n > head+r || n > len(s.In)+len(s.Data) {
		return reply{bad: true}, syscall.EIO
	}
	b := s.In[:min(n, head)]
	size := int(le.Uint32(b))
	if size < fieldsAt || size > n || le.Uint16(b[tagAt:]) != le.Uint16(s.Out[tagAt:]) {
		return reply{bad: true}, syscall.EIO
	}
	fields := reply{b: b[fieldsAt:min(size, len(b))]}
	switch b[4] {
	case s.Out[4] + 1:
		return fields, 0
	case rLerror:
		if e := syscall.Errno(fields.u32()); !fields.bad && e > 0 && e < 4096 {
			return fields, e
		}
	}
	return reply{bad: true}, syscall.EIO
}

// bytes returns the next n bytes, as they are in the slot.
func (r *reply) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reply) u8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reply) u16() uint16 {
	if b := r.bytes(2); b != nil {
		return le.Uint16(b)
	}
	return 0
}

func (r *reply) u32() uint32 {
	if b := r.bytes(4); b != nil {
		return le.Uint32(b)
	}
	return 0
}

func (r *reply) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return le.Uint64(b)
	}
	return 0
}

func (r *reply) time() syscall.Timespec {
	sec, nsec := r.u64(), r.u64()
	if nsec >= 1e9 {
		nsec = 0
	}
	return syscall.Timespec{Sec: int64(sec), Nsec: int64(nsec)}
}

// A Qid is the server's identity of a file: type, version, and a number that no other
// file of the server has.
type Qid struct {
	Type    uint8
	Version uint32
	Path    uint64
}

// Bits of a Qid's type.
const (
	qidDir  = 0x80
	qidLink = 0x02
)

func (q Qid) IsDir() bool  { return q.Type&qidDir != 0 }
func (q Qid) IsLink() bool { return q.Type&qidLink != 0 }

func (r *reply) qid() Qid { return Qid{r.u8(), r.u32(), r.u64()} }

// newFid returns a number that was not used, if fewer than four billion others were.
func (c *Client) newFid() uint32 {
	for {
		if f := c.fids.Add(1); f != NoFid {
			return f
		}
	}
}
