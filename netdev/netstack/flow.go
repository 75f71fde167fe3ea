package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// WriteFlow sends a segment of a TCP connection over IPv4 to a station: head, with the
// headers of IP and TCP, and the data of a packet without headers, or nil. It copies both
// into device memory, as [Endpoint.WritePackets] does, but it keeps no packet for later:
// when the device has no room it does nothing and reports false. The stack calls it where
// boot/overlay/files has the short way of sending.
func (e *Endpoint) WriteFlow(station tcpip.LinkAddress, head []byte, data *stack.PacketBuffer, gso *stack.GSO) bool {
	t := &e.laneFor(head[header.IPv4MinimumSize:]).tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.left() > 0 || len(station) != header.EthernetAddressSize {
		return false
	}
	length := 0
	if data != nil {
		length = data.Data().Size()
	}
	start := header.EthernetMinimumSize + len(head)
	parts := t.takeFor(start + length)
	if parts == nil {
		return false
	}
	b := parts[0]
	h := b.Append(start)
	copy(h[copy(h[:header.EthernetAddressSize], station):], *e.addr.Load())
	binary.BigEndian.PutUint16(h[2*header.EthernetAddressSize:], uint16(header.IPv4ProtocolNumber))
	copy(h[header.EthernetMinimumSize:], head)
	if length > 0 {
		views, skip := data.AsViewList()
		fill(parts, views, skip)
	}
	divide(&b.Offload, gso, header.IPv4MinimumSize, start, length)
	t.add(b, start+length)
	if !t.push() {
		t.startDrain()
	}
	return true
}
