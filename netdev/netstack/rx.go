package netstack

import (
	"errors"
	"runtime"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/sync"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// receive is a lane's receiver: poll until empty, enable the interrupt, look once
// more, sleep. It shares polling except while it sleeps.
func (l *lane) receive() {
	e := l.e
	var bufs [burst]*netbuf.Buf
	// The collector halves a stack of which a quarter is not in use where it finds it,
	// asleep, and the next packet, which may be answered from here, would make it grow
	// again: 3 % of a request.
	var room [4 << 10]byte
	defer runtime.KeepAlive(&room)
	e.polling.RLock()
	defer e.polling.RUnlock()
	for !e.closed.Load() {
		switch {
		case l.poll(bufs[:]):
			// Behind those that compute, for a slice each, the device's queue
			// would overflow: they are in the scheduler's other queue.
			sync.Goyield()
		case e.dev.State() == netdev.Failed:
			l.pause()
		case !l.sleep():
			return
		}
	}
}

// sleep waits for an interrupt unless there are packets. It returns false when
// the device was closed.
func (l *lane) sleep() bool {
	e := l.e
	pending, err := e.dev.EnableInterrupt(l.queue)
	if err == nil && !pending {
		e.polling.RUnlock()
		err = e.dev.Wait(l.queue)
		e.polling.RLock()
		l.wakeups.Add(1)
		e.dev.DisableInterrupt(l.queue)
	}
	return err == nil || errors.Is(err, netdev.ErrState) && e.dev.State() >= netdev.Running
}

// poll delivers up to a budget of packets and reports whether it was used up, so
// that there may be more.
func (l *lane) poll(bufs []*netbuf.Buf) bool {
	for range budget / burst {
		n, _ := l.e.dev.RxBurst(l.queue, bufs)
		if tap := l.e.tap.Load(); tap != nil {
			l.e.received(*tap, bufs[:n])
		}
		bytes, answered, up := 0, false, l.up.Load()
		for left := bufs[:n]; len(left) > 0; {
			b := left[0]
			replied := l.answered(b)
			if replied || len(left) > 1 && overtaken(b, left[1]) {
				answered = answered || replied
				bytes += b.Len()
				b.Free()
				left = left[1:]
				continue
			}
			several, length := gather(left)
			bytes += l.deliver(left[:several], length, up)
			left = left[several:]
		}
		if up != nil && up.end != nil {
			up.end()
		}
		if answered {
			l.tx.flush()
		}
		l.tx.settle()
		l.rxPackets.Add(uint64(n))
		l.rxBytes.Add(uint64(bytes))
		if n < len(bufs) {
			return false
		}
	}
	l.squeezed.Add(1)
	return true
}

// Received returns how many packets came by a queue of the device, and how often there
// were more than the receiver takes at once; 0 for a queue that there is not.
func (e *Endpoint) Received(queue int) (packets, squeezed uint64) {
	if queue < 0 || queue >= len(e.lanes) {
		return 0, 0
	}
	l := e.lanes[queue]
	return l.rxPackets.Load(), l.squeezed.Load()
}

// An upcall is how the stack takes packets.
type upcall struct {
	deliver func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)
	end     func() // of a burst, where the stack wants to know; it is the one that images have
}

// newUpcall asks a dispatcher how it takes packets. One that handles bursts
// (boot/overlay/files) answers a connection's once.
func newUpcall(d stack.NetworkDispatcher) *upcall {
	if b, ok := d.(interface {
		NewBurst() (func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer), func())
	}); ok {
		deliver, end := b.NewBurst()
		return &upcall{deliver, end}
	}
	return &upcall{deliver: d.DeliverNetworkPacket}
}

// deliver copies a frame into the stack, or several that gather has found to be one of
// that length, frees them and returns how many bytes they were.
func (l *lane) deliver(bufs []*netbuf.Buf, gathered int, up *upcall) (length int) {
	defer netbuf.FreeBurst(bufs)
	for _, b := range bufs {
		length += b.PacketLen()
	}
	var data buffer.Buffer
	if len(bufs) > 1 {
		data.Append(joined(bufs, gathered))
	} else {
		data = content(bufs[0], length)
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: data})
	defer pkt.DecRef()
	hdr, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if up == nil || !ok || !l.e.accept(pkt, hdr) {
		l.rxForeign.Add(1)
		return length
	}
	// From here on only the copy counts: a device may still write its buffer.
	pkt.RXChecksumValidated = (len(bufs) > 1 || bufs[0].Checksum != netbuf.ChecksumUnknown) && vouchable(pkt)
	if up.end == nil {
		l.e.vouched.Store(pkt.RXChecksumValidated && len(l.e.lanes) == 1)
	}
	up.deliver(pkt.NetworkProtocolNumber, pkt)
	return length
}

// content copies a frame of a length into as few views as hold it: a large one came in
// many buffers, and what a view costs would be most of what it costs.
func content(b *netbuf.Buf, length int) (data buffer.Buffer) {
	var v *buffer.View
	for p := b; p != nil; p = p.Next() {
		for part := p.Bytes(); len(part) > 0; {
			if v == nil {
				v = buffer.NewView(min(length, buffer.MaxChunkSize))
			}
			n, _ := v.Write(part[:min(len(part), v.AvailableSize())])
			part, length = part[n:], length-n
			if v.AvailableSize() == 0 {
				data.Append(v)
				v = nil
			}
		}
	}
	data.Append(v)
	return data
}

// accept classifies a frame by its destination and reports whether it is for us.
func (e *Endpoint) accept(pkt *stack.PacketBuffer, hdr []byte) bool {
	pkt.NetworkProtocolNumber = header.Ethernet(hdr).Type()
	pkt.PktType = e.kindOf(hdr)
	return pkt.PktType != tcpip.PacketOtherHost
}

// vouchable reports whether the stack may rely on what a device says of a frame. A
// device speaks of the transport checksum of a whole packet (VIRTIO 1.2, 5.1.6.4.1),
// but the stack then also leaves out the IPv4 header's, which is verified here, and
// that of a datagram in fragments of which one is vouched for.
func vouchable(pkt *stack.PacketBuffer) bool {
	switch pkt.NetworkProtocolNumber {
	case header.IPv4ProtocolNumber:
		h, ok := pullUp[header.IPv4](pkt, header.IPv4MinimumSize)
		if !ok || h.More() || h.FragmentOffset() != 0 {
			return false
		}
		if n := int(h.HeaderLength()); n != header.IPv4MinimumSize {
			h, ok = pullUp[header.IPv4](pkt, n)
		}
		return ok && len(h) >= header.IPv4MinimumSize && netbuf.Fold(netbuf.Sum(0, h)) == 0xffff
	case header.IPv6ProtocolNumber:
		h, ok := pullUp[header.IPv6](pkt, header.IPv6MinimumSize)
		return ok && (h.TransportProtocol() == header.TCPProtocolNumber || h.TransportProtocol() == header.UDPProtocolNumber)
	}
	return false // there is nothing to skip
}

// pullUp is a view of a packet's first n bytes after the link header.
func pullUp[T ~[]byte](pkt *stack.PacketBuffer, n int) (T, bool) {
	h, ok := pkt.Data().PullUp(n)
	return T(h), ok
}

// An Answer sees a frame before the stack does. It may write an answer of up to the
// same length to reply, and returns its length; 0 lets the stack have the frame, less
// than 0 drops it. sound tells that the device vouches for the checksums.
type Answer = func(frame, reply []byte, sound bool) int

// maxAnswered is the length of the longest frame that an Answer sees: a TCP segment
// over IPv6 with all options and no data.
const maxAnswered = header.EthernetMinimumSize + header.IPv6MinimumSize + header.TCPHeaderMaximumSize

// SetAnswer has a see short frames to this station before the stack does: what a
// flood brings is answered without a packet made of it. It runs on the receivers'
// goroutines, several at once, and must not keep the slices. nil ends that.
func (e *Endpoint) SetAnswer(a Answer) {
	if a == nil {
		e.answer.Store(nil)
		return
	}
	e.answer.Store(&a)
}

// answered has a frame answered, or dropped, and reports whether it was. The device may still
// write to its buffer, so that a copy is what counts.
func (l *lane) answered(b *netbuf.Buf) bool {
	a := l.e.answer.Load()
	if a == nil || b.Next() != nil || b.Len() > maxAnswered {
		return false
	}
	frame := l.frame[:copy(l.frame[:], b.Bytes())]
	if len(frame) < header.EthernetMinimumSize || string(frame[:header.EthernetAddressSize]) != string(*l.e.addr.Load()) {
		return false
	}
	n := (*a)(frame, l.reply[:], b.Checksum != netbuf.ChecksumUnknown)
	if n > 0 {
		l.tx.writeFrame(l.reply[:n])
	}
	return n != 0
}
