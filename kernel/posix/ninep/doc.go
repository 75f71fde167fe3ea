// Package ninep is the client's side of 9P2000.L, the protocol by which a virtual
// machine sees folders of its host: messages, tags and fids. What is a path, an open
// file or a mount is its caller's affair.
//
// What a server answers is untrusted: each length is checked against what arrived,
// and an answer that does not fit its request is EIO.
//
// A call allocates nothing, but for names that it returns.
//
// It may import encoding/binary, syscall and sync/atomic.
//
// Sources: plan9port's intro(9P); the 9P2000.L description of diod (protocol.md);
// Linux 6.1 include/net/9p/9p.h for the numbers.
package ninep

import (
	"sync/atomic"
	"syscall"
)

// A Slot is the memory of one request that is under way. Its user is who acquired it.
type Slot struct {
	Tag  uint16
	Out  []byte // the request, SmallSize bytes
	In   []byte // the answer, SmallSize bytes
	Data []byte // what is read or written goes here, if Exchange is told so
}

// A Channel carries requests to a server. All methods are safe for concurrent use; an
// error is why no request can be answered any more.
type Channel interface {
	// Acquire returns a slot, when there is one, that can move data bytes by its Data,
	// or fewer if memory is short, but not none.
	Acquire(data int) (*Slot, error)
	// Exchange sends the first n bytes of s.Out and w bytes of s.Data, waits for the
	// answer and returns its length. The answer is in s.In, or if r is not 0 its first
	// HeadSize bytes are there, and up to r more in s.Data.
	Exchange(s *Slot, n, w, r int) (int, error)
	// Post sends the first n bytes of s.Out at some time and forgets s, whose answer
	// interests nobody.
	Post(s *Slot, n int)
	// Release gives s back.
	Release(s *Slot)
}

const (
	// SmallSize holds every request and answer without what is read or written: the
	// longest has a path of 4096 bytes.
	SmallSize = 8192
	// HeadSize is what precedes the bytes of an Rread or Rreaddir: size, type, tag and
	// count. An Rlerror is as long.
	HeadSize = 11
	// writeHead is what precedes those of a Twrite: size, type, tag, fid, offset and count.
	writeHead = 23
)

// A Client speaks to one server. Its methods are safe for concurrent use, but for
// Start.
type Client struct {
	ch   Channel
	most uint32 // bytes of one read or write
	fids atomic.Uint32
}

// noTag and noFid are what the protocol has for none.
const (
	noTag = 0xffff
	NoFid = 0xffffffff
)

const version = "9P2000.L"

// Start agrees on the protocol, with messages of up to size bytes, and returns the fid
// of the server's root, for the export of that name ("" for its only one).
func Start(ch Channel, size uint32, export string) (*Client, uint32, syscall.Errno) {
	c := &Client{ch: ch, most: size}
	t, e := c.begin(tVersion, 0)
	if e != 0 {
		return nil, 0, e
	}
	t.setTag(noTag)
	t.u32(size)
	t.str(version)
	r, e := t.exchange()
	agreed, name := r.u32(), string(r.bytes(int(r.u16())))
	t.release()
	switch {
	case e != 0:
		return nil, 0, e
	case r.bad:
		return nil, 0, syscall.EIO
	case name != version || agreed > size || agreed < SmallSize:
		return nil, 0, syscall.EPROTONOSUPPORT
	}
	c.most = agreed - writeHead - 1
	root := c.newFid()
	if t, e = c.begin(tAttach, 0); e != 0 {
		return nil, 0, e
	}
	t.u32(root)
	t.u32(NoFid) // no authentication
	t.str("root")
	t.str(export)
	t.u32(0) // the numeric user
	r, e = t.exchange()
	q := r.qid()
	t.release()
	if e == 0 && (r.bad || !q.IsDir()) {
		e = syscall.EIO
	}
	return c, root, e
}

// Most returns how many bytes one Read or Write moves at most.
func (c *Client) Most() int { return int(c.most) }
