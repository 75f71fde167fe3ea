package socket

import (
	"sync"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"

	"yolk/kernel/posix/file"
)

// A Socket is an AF_INET or AF_INET6 socket: a file over a transport endpoint
// of the stack. Its methods never block and may be called concurrently.
type Socket struct {
	file.Pollable
	ep     tcpip.Endpoint
	queue  *waiter.Queue
	entry  waiter.Entry
	stack  *Stack
	family uint16 // AF_INET or AF_INET6
	typ    uint16 // SOCK_STREAM, SOCK_DGRAM or SOCK_RAW
	proto  uint16 // IPPROTO_ number
	inode  uint64
	opts   options

	connecting atomic.Bool // an attempt is under way, of whose end nobody asked

	// One reader and one writer at a time use the parts below, so that a
	// call allocates nothing. The locks are held only across a non-blocking
	// call into the stack.
	readMu  sync.Mutex
	in      sink
	writeMu sync.Mutex
	out     payload
	to      tcpip.FullAddress
}

var _ file.Socket = (*Socket)(nil)

var lastInode atomic.Uint64

// events is everything the stack reports; each of them is posted.
const events = waiter.ReadableEvents | waiter.WritableEvents | waiter.EventPri |
	waiter.EventErr | waiter.EventHUp | waiter.EventRdHUp

// newSocket wraps an endpoint and takes it over.
func newSocket(s *Stack, ep tcpip.Endpoint, q *waiter.Queue, family, typ, proto uint16) *Socket {
	k := &Socket{ep: ep, queue: q, stack: s, family: family, typ: typ, proto: proto}
	k.inode = lastInode.Add(1)
	k.in.drop = typ != syscall.SOCK_STREAM
	k.entry.Init(k, events)
	q.EventRegister(&k.entry)
	return k
}

// NotifyEvent implements waiter.EventListener. The stack calls it on every
// change of readiness, with its own locks held; the runtime's poller is edge
// triggered, so each one is passed on. An error or hang-up ends waits in both
// directions.
func (k *Socket) NotifyEvent(m waiter.EventMask) {
	const r = waiter.ReadableEvents | waiter.EventPri | waiter.EventRdHUp
	const w = waiter.WritableEvents
	const both = waiter.EventErr | waiter.EventHUp
	switch {
	case m&both != 0 || m&r != 0 && m&w != 0:
		k.Post(file.ModeBoth)
	case m&r != 0:
		k.Post(file.ModeRead)
	case m&w != 0:
		k.Post(file.ModeWrite)
	}
}

// Poll implements file.Poller. The stack's event bits are Linux's.
func (k *Socket) Poll() uint32 {
	m := uint32(k.ep.Readiness(events))
	if m&file.PollIn != 0 && k.opts.sifted.Load() {
		further.receive(k, vector{}, true) // drops what is refused
		m = uint32(k.ep.Readiness(events))
	}
	if m&file.PollHup != 0 && m&file.PollErr == 0 {
		m |= file.PollOut // a stream socket that was never connected
	}
	return m
}

// Stat implements file.File.
func (k *Socket) Stat(st *syscall.Stat_t) syscall.Errno {
	return statSocket(st, k.inode)
}

func statSocket(st *syscall.Stat_t, inode uint64) syscall.Errno {
	*st = syscall.Stat_t{Mode: syscall.S_IFSOCK | 0o777, Ino: inode, Nlink: 1, Blksize: 4096, Dev: 8}
	return 0
}

// Close implements file.File. The endpoint may linger in the stack to finish
// its connection, as TCP requires.
func (k *Socket) Close() syscall.Errno {
	k.queue.EventUnregister(&k.entry)
	k.leaveGroups()
	if k.stream() {
		k.stack.countClose()
	}
	k.ep.Close()
	return 0
}

func (k *Socket) stream() bool { return k.typ == syscall.SOCK_STREAM }
