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
