package netstack

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// transmitter is the sending half of a lane. Who sends never waits for the
// device, because the stack sends with a connection's lock held: what finds no room
// waits in the backlog, from which a goroutine fills the queue (see drain).
type transmitter struct {
	mu       sync.Mutex // owns the queue of dev, pool and what follows
	dev      *netdev.Device
	queue    int
	pool     *netbuf.Pool
	lender   lender
	headroom int // of the buffers of both
	parts    [maxParts]*netbuf.Buf
	batch    [burst]*netbuf.Buf
	queued   int     // of batch: copied, not yet taken by the device
	waiting  backlog // not yet copied
	draining bool    // the goroutine that empties both runs
	closed   bool
	work     sync.Cond // there is something to drain, or closed
	room     sync.Cond // the backlog has become shorter
	failed   func()    // called when the device is found Failed, mu held
	tap      *atomic.Pointer[Tap]
	from     any // for the tap, whose frame is added

	depth                           atomic.Int32 // of the backlog
	packets, bytes, waited, dropped atomic.Uint64
}

// segment is the least a transmit buffer holds, and maxParts how many the longest
// packet takes.
const (
	segment  = netbuf.DefaultSize - 2*netbuf.DefaultHeadroom
	maxParts = (maxGSO+header.EthernetMinimumSize)/segment + 1
)

// init allocates the transmit buffers.
func (t *transmitter) init(dev *netdev.Device, info netdev.Info, divides bool) (err error) {
	t.dev = dev
	t.work.L, t.room.L = &t.mu, &t.mu
	t.headroom = max(info.TxHeadroom, netbuf.DefaultHeadroom)
	if divides {
		if err := t.lender.init(info.Memory, min(info.MaxTxChain-1, maxParts)); err != nil {
			return err
		}
	}
	t.pool, err = netbuf.NewPool(info.Memory, txBuffers, netbuf.DefaultSize, t.headroom)
	return err
}

// WritePackets implements stack.LinkWriter: copies packets into device memory and
// sends them in bursts, or keeps a reference until there is room. It does not wait.
// It returns the number of packets taken, and ErrNoBufferSpace when the backlog is
// full.
func (e *Endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	all := pkts.AsSlice()
	n := 0
	for n < len(all) {
		l, end := e.lane(all[n]), n+1
		for end < len(all) && e.lane(all[end]) == l {
			end++
		}
		took := l.tx.write(all[n:end])
		if n += took; n < end {
			l.tx.dropped.Add(uint64(len(all) - end))
			return n, &tcpip.ErrNoBufferSpace{}
		}
	}
	return n, nil
}

// lane returns the lane of a packet's flow.
func (e *Endpoint) lane(pkt *stack.PacketBuffer) *lane {
	if len(e.lanes) == 1 {
		return e.lanes[0]
	}
	return e.laneFor(pkt.TransportHeader().Slice())
}

// WritePacket implements stack.QueueingDiscipline, so that an Endpoint can be its
// own: gVisor's default one allocates a list for each packet. Pass the endpoint
// as stack.NICOptions.QDisc, too.
func (e *Endpoint) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	if e.lane(pkt).tx.write([]*stack.PacketBuffer{pkt}) != 1 {
		return &tcpip.ErrNoBufferSpace{}
	}
	return nil
}

// write sends packets, after those that wait, and returns how many it took.
func (t *transmitter) write(pkts []*stack.PacketBuffer) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0
	}
	for _, pkt := range pkts {
		if t.waiting.count > 0 || !t.put(pkt) {
			if !t.waiting.push(pkt) {
				break
			}
			t.waited.Add(1)
		}
		n++
	}
	t.dropped.Add(uint64(len(pkts) - n))
	if !t.push() || t.waiting.count > 0 {
		t.depth.Store(int32(t.waiting.count))
		t.startDrain()
	}
	return n
}

// writeFrame queues a frame for the next flush, or drops it when there is no room.
func (t *transmitter) writeFrame(frame []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queued == burst {
		t.push()
	}
	if t.closed || t.waiting.count > 0 || t.queued == burst {
		t.dropped.Add(1)
		return
	}
	parts := t.take(1)
	if parts == nil {
		t.dropped.Add(1)
		return
	}
	copy(parts[0].Append(len(frame)), frame)
	t.add(parts[0], len(frame))
}

// flush sends what writeFrame queued.
func (t *transmitter) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.push() {
		t.startDrain()
	}
}

// put copies a packet into the batch, and reports whether there was room for it.
func (t *transmitter) put(pkt *stack.PacketBuffer) bool {
	if t.queued == burst {
		t.push()
		if t.queued == burst {
			return false
		}
	}
	b := t.gather(pkt)
	if b == nil {
		return false
	}
	setOffload(&b.Offload, pkt)
	t.add(b, pkt.Size())
	return true
}

// add puts a packet of n bytes into the batch, where there is room for it.
func (t *transmitter) add(b *netbuf.Buf, n int) {
	if tap := t.tap.Load(); tap != nil {
		(*tap)(copyOf(b), tcpip.PacketOutgoing, t.from)
	}
	t.batch[t.queued] = b
	t.queued++
	t.packets.Add(1)
	t.bytes.Add(uint64(n))
}

// gather copies a packet into a chain of buffers; nil when there are too few.
func (t *transmitter) gather(pkt *stack.PacketBuffer) *netbuf.Buf {
	views, skip := pkt.AsViewList()
	size, head := pkt.Size(), pkt.HeaderSize()
	rest := t.lend(views, skip+head, size-head)
	if rest != nil {
		size = head
	}
	parts := t.takeFor(size)
	if parts == nil {
		rest.Free()
		return nil
	}
	fill(parts, views, skip, size)
	if rest != nil {
		parts[0].SetNext(rest)
	}
	return parts[0]
}

// fill appends n of a packet's bytes after the first few to buffers, and makes a chain of
// those. They have room for it.
func fill(parts []*netbuf.Buf, views buffer.ViewList, skip, n int) {
	at := 0
	for v := views.Front(); v != nil && n > 0; v = v.Next() {
		data := v.AsSlice()
		data, skip = data[min(skip, len(data)):], max(skip-len(data), 0)
		data = data[:min(n, len(data))]
		n -= len(data)
		at = pour(parts, at, data)
	}
}

// pour appends data to buffers from one on, and returns the last of the chain.
func pour(parts []*netbuf.Buf, at int, data []byte) int {
	for len(data) > 0 {
		if parts[at].Tailroom() == 0 {
			parts[at].SetNext(parts[at+1])
			at++
		}
		n := min(parts[at].Tailroom(), len(data))
		copy(parts[at].Append(n), data)
		data = data[n:]
	}
	return at
}

// takeFor gets buffers for a packet of n bytes; nil when there are too few.
func (t *transmitter) takeFor(n int) []*netbuf.Buf {
	space := netbuf.DefaultSize - t.headroom
	return t.take((n + space - 1) / space)
}

// take gets n transmit buffers, also such as the device has just read; nil when
// there are fewer.
func (t *transmitter) take(n int) []*netbuf.Buf {
	parts := t.parts[:n]
	got := t.pool.GetBurst(parts)
	if got < n {
		t.push() // reclaims, also when nothing is queued
		got += t.pool.GetBurst(parts[got:])
	}
	if got < n {
		netbuf.FreeBurst(parts[:got])
		return nil
	}
	return parts
}

// push offers the batch to the device once and reports whether all of it went.
func (t *transmitter) push() bool {
	n, _ := t.dev.TxBurst(t.queue, t.batch[:t.queued])
	return t.went(n)
}

// enter is push, but with ring it is for the caller to ring the doorbell when mu is free.
func (t *transmitter) enter() (all, ring bool) {
	n, _, ring := t.dev.TxEnter(t.queue, t.batch[:t.queued])
	return t.went(n), ring
}

// went takes what the device has got out of the batch, and reports whether that is all.
func (t *transmitter) went(n int) bool {
	t.queued = copy(t.batch[:], t.batch[n:t.queued])
	return t.queued == 0
}

// setOffload translates what gVisor left to the device. The checksum starts
// after the packet's actual network header, options included.
func setOffload(o *netbuf.Offload, pkt *stack.PacketBuffer) {
	g := &pkt.GSOOptions
	if g.Type == stack.GSONone || !g.NeedsCsum {
		return
	}
	divide(o, g, len(pkt.NetworkHeader().Slice()), pkt.HeaderSize(), pkt.Data().Size())
}

// divide has the device complete the checksum of a packet whose network header, headers
// and data have those lengths, and divide it if that is more than a segment's.
func divide(o *netbuf.Offload, g *stack.GSO, network, headers, data int) {
	o.Checksum = netbuf.ChecksumPartial
	o.CsumStart, o.CsumOffset = uint16(header.EthernetMinimumSize+network), g.CsumOffset
	if data <= int(g.MSS) {
		return
	}
	switch g.Type {
	case stack.GSOTCPv4:
		o.GSO = netbuf.GSOTCP4
	case stack.GSOTCPv6:
		o.GSO = netbuf.GSOTCP6
	}
	o.GSOSize = g.MSS
	o.HeaderLen = uint16(headers)
}
