package socket

import (
	"sync"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// maxBounce bounds the copy made for memory that cannot be handed to the stack
// (see vector.stable). It holds any datagram; streams go on in a next call.
const maxBounce = 1 << 16

var bounces = sync.Pool{New: func() any { return new([maxBounce]byte) }}

// Read implements file.File.
func (k *Socket) Read(p []byte) (int, syscall.Errno) {
	if len(p) > 0 && k.dry() {
		return 0, syscall.EAGAIN
	}
	return k.receive(vector{cur: p}, tcpip.ReadOptions{}, nil)
}

// dry reports whether an established connection has nothing to read. A program finds
// that out each time before it waits, so that it should cost less than a read.
func (k *Socket) dry() bool {
	return k.stream() && tcp.EndpointState(k.ep.State()) == tcp.StateEstablished && k.ep.Readiness(waiter.ReadableEvents) == 0
}

// Write implements file.File.
func (k *Socket) Write(p []byte) (int, syscall.Errno) {
	return k.send(vector{cur: p}, nil, k.outgoing())
}

// An arrival is what is known of a message beside its bytes.
type arrival struct {
	tcpip.ReadResult
	segment int // the length of the datagrams that were merged, 0: it is one
}

// receive takes one message, or what there is of a stream, into v and returns
// the bytes written to v. End of file is 0 and no error. What else the stack says goes
// to about, if that is not nil: it is long to copy.
//
// The writer that the stack is given is a part of the socket and not a variable, which
// would be an allocation a call; so one call at a time has it. It forgets the caller's
// memory before the lock is free.
func (k *Socket) receive(v vector, o tcpip.ReadOptions, about *arrival) (int, syscall.Errno) {
	if k.stream() && v.len() == 0 {
		return 0, 0
	}
	if k.opts.sifted.Load() {
		return k.receiveFurther(v, o.Peek, about)
	}
	k.readMu.Lock()
	defer k.readMu.Unlock()
	var bounce *[maxBounce]byte
	k.in.n, k.in.vector = 0, v
	if !v.stable() {
		bounce = bounces.Get().(*[maxBounce]byte)
		k.in.vector = vector{cur: bounce[:min(v.len(), maxBounce)]}
	}
	var err tcpip.Error
	if about == nil { // the result is long: goroutines whose stacks are small come here
		_, err = k.ep.Read(&k.in, o)
	} else {
		about.ReadResult, err = k.ep.Read(&k.in, o)
	}
	k.in.vector = vector{}
	if bounce != nil {
		v.put(bounce[:k.in.n])
		bounces.Put(bounce)
	}
	if err != nil {
		return 0, errno(err)
	}
	if k.stream() && !o.Peek {
		k.ep.ModerateRecvBuf(k.in.n)
	}
	return k.in.n, 0
}

// receiveFurther is receive for a socket whose messages are looked at first. Inlined, its
// result would be on each reader's stack.
//
//go:noinline
func (k *Socket) receiveFurther(v vector, peek bool, about *arrival) (int, syscall.Errno) {
	n, a, e := further.receive(k, v, peek)
	if about != nil {
		*about = a
	}
	return n, e
}

// send hands v to the stack, to the given address or to the peer when to is
// nil, and returns the bytes taken. The reader that the stack is given is the socket's, as
// for receive.
func (k *Socket) send(v vector, to *tcpip.FullAddress, o outgoing) (int, syscall.Errno) {
	n := v.len()
	if n == 0 && k.stream() {
		return 0, 0
	}
	if o.segment > 0 && o.segment < n {
		peer := tcpip.FullAddress{}
		if to != nil {
			peer = *to
		}
		return further.send(k, v, peer, o)
	}
	k.writeMu.Lock()
	defer k.writeMu.Unlock()
	if !k.stream() {
		k.stack.waitRoom()
	}
	var bounce *[maxBounce]byte
	if !v.stable() {
		if n > maxBounce && !k.stream() {
			return 0, syscall.EMSGSIZE
		}
		bounce = bounces.Get().(*[maxBounce]byte)
		n = v.take(bounce[:min(n, maxBounce)])
		v = vector{cur: bounce[:n]}
	}
	k.out.vector, k.out.left = v, n
	if to != nil {
		k.to = *to
		o.To = &k.to
	}
	o.Atomic = k.stream() // reading is copying: the stack need not open its locks for it
	old := k.setClass(o.class)
	w, err := k.ep.Write(&k.out, o.WriteOptions)
	k.setClass(old)
	k.out.vector = vector{}
	if bounce != nil {
		bounces.Put(bounce)
	}
	if err != nil && w == 0 {
		return 0, errno(err)
	}
	return int(w), 0
}
