package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// maxSegments is how many datagrams one call sends or receives (UDP_MAX_SEGMENTS of
// Linux 6.1).
const maxSegments = 64

// controlUDP takes a control message of SOL_UDP: how long the datagrams are to be that a
// message is divided into.
func (k *Socket) controlUDP(typ uint32, d []byte) (segment int, e syscall.Errno) {
	if typ != udpSegment || len(d) != 2 || !k.isUDP() {
		return 0, syscall.EINVAL
	}
	return int(binary.NativeEndian.Uint16(d)), 0
}

// sendSegments sends v as datagrams of o.segment bytes, of which the last may be shorter
// (UDP_SEGMENT). What follows the first is lost where the network loses it, without an error.
// Without an address they go to the peer.
func (k *Socket) sendSegments(v vector, to tcpip.FullAddress, o outgoing) (int, syscall.Errno) {
	size, n := o.segment, v.len()
	o.segment = 0
	address, peer := &to, to
	if to == (tcpip.FullAddress{}) {
		address = nil
		peer, _ = k.ep.GetRemoteAddress()
	}
	switch mtu := int(k.stack.mtuTo(peer)); {
	case n > header.UDPMaximumSize-header.IPv4MinimumSize-header.UDPMinimumSize:
		return 0, syscall.EMSGSIZE
	case n > size*maxSegments, mtu > 0 && size+header.UDPMinimumSize > mtu:
		return 0, syscall.EINVAL
	}
	whole := bounces.Get().(*[maxBounce]byte)
	defer bounces.Put(whole)
	v.take(whole[:n])
	for at := 0; at < n; at += size {
		_, e := k.send(vector{cur: whole[at:min(at+size, n)]}, address, o)
		if e != 0 && at == 0 {
			return 0, e
		}
	}
	return n, 0
}

// merge appends to v the datagrams that continue the first, which v has and about describes:
// of the same sender and length, but that the last may be shorter (UDP_GRO). Needs k.readMu.
func (k *Socket) merge(v *vector, about *arrival, scratch *packetRoom) {
	size, count, last := about.Total, 1, about.Total
	for ; count < maxSegments && last == size; count++ {
		n, next, e := k.passed(true, scratch)
		if e != 0 || n == 0 || n > size || n > v.len() || about.Total+n > maxBounce || !about.continuedBy(&next) {
			break
		}
		k.drop()
		v.put(scratch.payload(n))
		about.Total, last = about.Total+n, n
	}
	if count > 1 {
		about.segment = size
	}
}

// continuedBy reports whether another datagram came the same way.
func (a *arrival) continuedBy(next *arrival) bool {
	m, n := &a.ControlMessages, &next.ControlMessages
	return a.RemoteAddr == next.RemoteAddr && m.TOS == n.TOS && m.TTL == n.TTL && m.TClass == n.TClass && m.HopLimit == n.HopLimit &&
		m.PacketInfo == n.PacketInfo && m.IPv6PacketInfo == n.IPv6PacketInfo && m.OriginalDstAddress == n.OriginalDstAddress
}
