package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/netdev/netbuf"
)

// WriteFlow sends a segment of a TCP connection to a station: head, with the
// headers of IP and TCP, and the data of a packet without headers, or nil. It copies both
// into device memory, as [Endpoint.WritePackets] does, but it keeps no packet for later:
// when the device has no room it does nothing and reports false. The stack calls it where
// boot/overlay/files has the short way of sending.
//
// The doorbell is rung with no lock held: it leaves the machine, and on several processors
// goroutines that send by the same lane would sleep until it has been rung.
func (e *Endpoint) WriteFlow(station tcpip.LinkAddress, head []byte, data *stack.PacketBuffer, gso *stack.GSO) bool {
	network, _ := networkOf(gso.Type)
	t := &e.laneFor(head[network:]).tx
	sent, ring := t.writeFlow(*e.addr.Load(), station, head, data, gso)
	if ring {
		t.dev.TxRing(t.queue)
	}
	return sent
}

// networkOf is how long the header of IP is, and its Ethertype.
func networkOf(t stack.GSOType) (size int, protocol uint16) {
	if t == stack.GSOTCPv6 {
		return header.IPv6MinimumSize, uint16(header.IPv6ProtocolNumber)
	}
	return header.IPv4MinimumSize, uint16(header.IPv4ProtocolNumber)
}

// writeFlow sends what WriteFlow is to send from a station, but for the doorbell.
func (t *transmitter) writeFlow(from, station tcpip.LinkAddress, head []byte, data *stack.PacketBuffer, gso *stack.GSO) (sent, ring bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.left() > 0 || len(station) != header.EthernetAddressSize {
		return false, false
	}
	start, length, copied, skip := header.EthernetMinimumSize+len(head), 0, 0, 0
	var views buffer.ViewList
	var rest *netbuf.Buf
	if data != nil {
		length = data.Data().Size()
		views, skip = data.AsViewList()
		if rest = t.lend(views, skip, length); rest == nil {
			copied = length
		}
	}
	parts := t.takeFor(start + copied)
	if parts == nil {
		rest.Free()
		return false, false
	}
	b := parts[0]
	network, protocol := networkOf(gso.Type)
	h := b.Append(start)
	copy(h[copy(h[:header.EthernetAddressSize], station):], from)
	binary.BigEndian.PutUint16(h[2*header.EthernetAddressSize:], protocol)
	copy(h[header.EthernetMinimumSize:], head)
	fill(parts, views, skip, copied)
	if rest != nil {
		b.SetNext(rest)
	}
	divide(&b.Offload, gso, network, start, length)
	t.add(b, start+length)
	all, ring := t.enter()
	if !all {
		t.startDrain()
	}
	return true, ring
}
