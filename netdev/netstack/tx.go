package netstack

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// How a sender waits for room in the queue: first by letting others run, then
// by sleeping, which halts an idle processor. After patience without progress
// packets are dropped, as a network may, and until the device moves again no
// sender waits.
const (
	yields   = 8
	nap      = 50 * time.Microsecond
	patience = 250 * time.Millisecond
)

// transmitter is the sending half of an Endpoint.
type transmitter struct {
	mu              sync.Mutex // owns queue 0 of dev, pool and batch
	dev             *netdev.Device
	pool            *netbuf.Pool
	headroom        int
	batch           [burst]*netbuf.Buf
	queued          int    // of batch
	lost, lostBytes int    // of the present WritePackets
	stuck           bool   // the device exhausted a sender's patience
	failed          func() // called when the device is found Failed, mu held

	packets, bytes, waits, dropped atomic.Uint64
}

// segment is the least a transmit buffer holds.
const segment = netbuf.DefaultSize - 2*netbuf.DefaultHeadroom

// init allocates the transmit buffers.
func (t *transmitter) init(dev *netdev.Device, info netdev.Info) (err error) {
	t.dev = dev
	t.headroom = max(info.TxHeadroom, netbuf.DefaultHeadroom)
	t.pool, err = netbuf.NewPool(info.Memory, txBuffers, netbuf.DefaultSize, t.headroom)
	return err
}

// WritePackets implements stack.LinkWriter: copies packets into device memory
// and sends them in bursts. When the queue is full it waits a little for the
// device; it returns the number of packets taken and ErrNoBufferSpace when it
// gave up.
func (e *Endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	n := e.tx.write(pkts.AsSlice())
	if n < pkts.Len() {
		return n, &tcpip.ErrNoBufferSpace{}
	}
	return n, nil
}

// WritePacket implements stack.QueueingDiscipline, so that an Endpoint can be its
// own: gVisor's default one allocates a list for each packet. Pass the endpoint
// as stack.NICOptions.QDisc, too.
func (e *Endpoint) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	if e.tx.write([]*stack.PacketBuffer{pkt}) != 1 {
		return &tcpip.ErrNoBufferSpace{}
	}
	return nil
}

// write sends packets and returns how many the device took.
func (t *transmitter) write(pkts []*stack.PacketBuffer) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, bytes := 0, 0
	for _, pkt := range pkts {
		b := t.gather(pkt)
		if b == nil {
			break
		}
		setOffload(&b.Offload, pkt)
		t.batch[t.queued] = b
		t.queued++
		n++
		bytes += pkt.Size()
		if t.queued == burst && !t.flush() {
			break
		}
	}
	t.flush()
	n, bytes = n-t.lost, bytes-t.lostBytes
	t.lost, t.lostBytes = 0, 0
	t.packets.Add(uint64(n))
	t.bytes.Add(uint64(bytes))
	t.dropped.Add(uint64(len(pkts) - n))
	return n
}

// gather copies a packet into a chain of buffers; nil when there are none.
func (t *transmitter) gather(pkt *stack.PacketBuffer) *netbuf.Buf {
	first := t.get()
	if first == nil {
		return nil
	}
	last := first
	views, skip := pkt.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		data := v.AsSlice()
		if skip >= len(data) {
			skip -= len(data)
			continue
		}
		if last = t.append(last, data[skip:]); last == nil {
			first.Free()
			return nil
		}
		skip = 0
	}
	return first
}

// append copies data behind what last holds, extending the chain as needed, and
// returns its new end; nil when buffers ran out.
func (t *transmitter) append(last *netbuf.Buf, data []byte) *netbuf.Buf {
	for len(data) > 0 {
		room := last.Tailroom()
		if room == 0 {
			next := t.get()
			if next == nil {
				return nil
			}
			last.SetNext(next)
			last, room = next, next.Tailroom()
		}
		n := min(room, len(data))
		copy(last.Append(n), data)
		data = data[n:]
	}
	return last
}

// get takes a transmit buffer, sending what is queued and waiting if need be.
func (t *transmitter) get() *netbuf.Buf {
	b := t.pool.Get()
	again := func() bool {
		t.push() // reclaims, also when nothing is queued
		b = t.pool.Get()
		return b != nil
	}
	if b == nil && !again() {
		t.waitFor(again)
	}
	return b
}

// flush sends the batch, waiting as long as the device makes progress. It returns
// false when packets were left over, which it frees and counts as lost.
func (t *transmitter) flush() bool {
	if t.queued == 0 || t.push() {
		return true
	}
	for progress := true; progress; {
		before := t.queued
		if progress = t.waitFor(func() bool { return t.push() || t.queued < before }); t.queued == 0 {
			return true
		}
	}
	for _, b := range t.batch[:t.queued] {
		t.lostBytes += b.PacketLen()
		b.Free()
	}
	t.lost += t.queued
	t.queued = 0
	return false
}

// push offers the batch to the device once and reports whether all of it went.
func (t *transmitter) push() bool {
	n, _ := t.dev.TxBurst(0, t.batch[:t.queued])
	if n > 0 {
		t.stuck = false
	}
	t.queued = copy(t.batch[:], t.batch[n:t.queued])
	return t.queued == 0
}

// waitFor retries until it gets true or patience ends.
func (t *transmitter) waitFor(try func() bool) bool {
	t.waits.Add(1)
	start := time.Now()
	for i := 0; ; i++ {
		if try() {
			return true
		}
		if t.dev.State() == netdev.Failed {
			t.failed()
		}
		if i < yields {
			runtime.Gosched()
			continue
		}
		if t.stuck = t.stuck || time.Since(start) > patience; t.stuck {
			return false
		}
		time.Sleep(nap)
	}
}

// setOffload translates what gVisor left to the device. The checksum starts
// after the packet's actual network header, options included.
func setOffload(o *netbuf.Offload, pkt *stack.PacketBuffer) {
	g := &pkt.GSOOptions
	if g.Type == stack.GSONone || !g.NeedsCsum {
		return
	}
	start := header.EthernetMinimumSize + len(pkt.NetworkHeader().Slice())
	o.Checksum = netbuf.ChecksumPartial
	o.CsumStart, o.CsumOffset = uint16(start), g.CsumOffset
	if pkt.Data().Size() <= int(g.MSS) {
		return
	}
	switch g.Type {
	case stack.GSOTCPv4:
		o.GSO = netbuf.GSOTCP4
	case stack.GSOTCPv6:
		o.GSO = netbuf.GSOTCP6
	}
	o.GSOSize = g.MSS
	o.HeaderLen = uint16(pkt.HeaderSize())
}
