package netstack

import (
	"encoding/binary"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// peerSegment is a frame as a peer's stack makes it.
type peerSegment struct {
	v6             bool
	from           byte // last of its address
	port           uint16
	seq, ack       uint32
	flags          header.TCPFlags
	options, data  string
	padding        int
	to             byte // last of the station's address
	fragment, hops uint8
}

// frame is s with good checksums.
func (s peerSegment) frame() []byte {
	tcp := make(header.TCP, header.TCPMinimumSize+len(s.options)+len(s.data))
	copy(tcp[header.TCPMinimumSize:], s.options+s.data)
	tcp.Encode(&header.TCPFields{SrcPort: s.port, DstPort: 80, SeqNum: s.seq, AckNum: s.ack,
		DataOffset: uint8(header.TCPMinimumSize + len(s.options)), Flags: s.flags, WindowSize: 1000})
	eth := append([]byte{2, 0, 0, 0, 0, s.to, 2, 0, 0, 0, 0, 9}, 0, 0)
	var ip []byte
	var from, to tcpip.Address
	if s.v6 {
		from, to = tcpip.AddrFrom16([16]byte{0xfe, 0x80, 15: s.from}), tcpip.AddrFrom16([16]byte{0xfe, 0x80, 15: 1})
		ip = make([]byte, header.IPv6MinimumSize)
		header.IPv6(ip).Encode(&header.IPv6Fields{PayloadLength: uint16(len(tcp)), TransportProtocol: header.TCPProtocolNumber, HopLimit: 64, SrcAddr: from, DstAddr: to})
		binary.BigEndian.PutUint16(eth[12:], uint16(header.IPv6ProtocolNumber))
	} else {
		from, to = tcpip.AddrFrom4([4]byte{10, 0, 0, s.from}), tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
		ip = make([]byte, header.IPv4MinimumSize)
		h := header.IPv4(ip)
		h.Encode(&header.IPv4Fields{TotalLength: uint16(len(ip) + len(tcp)), Protocol: uint8(header.TCPProtocolNumber), TTL: 64 + s.hops,
			SrcAddr: from, DstAddr: to, Flags: s.fragment})
		h.SetChecksum(^h.CalculateChecksum())
		binary.BigEndian.PutUint16(eth[12:], uint16(header.IPv4ProtocolNumber))
	}
	tcp.SetChecksum(^checksum.Checksum(tcp, header.PseudoHeaderChecksum(header.TCPProtocolNumber, from, to, uint16(len(tcp)))))
	return append(append(append(eth, ip...), tcp...), make([]byte, s.padding)...)
}

func buf(frame []byte) *netbuf.Buf {
	b, err := netbuf.New(netbuf.Heap, len(frame)+1, 0)
	if err != nil {
		panic(err)
	}
	copy(b.Append(len(frame)), frame)
	return b
}

// TestOvertaken: an acknowledgement gives way to the next frame if that is one more of
// the same connection, and to nothing else.
func TestOvertaken(t *testing.T) {
	const stamp = "\x01\x01\x08\x0a\x00\x00\x00\x05\x00\x00\x00\x06"
	for _, v6 := range []bool{false, true} {
		first := peerSegment{v6: v6, from: 2, port: 1000, seq: 5, ack: 0xffffff00, flags: header.TCPFlagAck}
		next := first
		next.ack += 1460 // and over zero
		with := func(s peerSegment, change func(*peerSegment)) peerSegment { change(&s); return s }
		for what, c := range map[string]struct {
			a, b peerSegment
			want bool
		}{
			"the next":           {first, next, true},
			"both padded":        {with(first, func(s *peerSegment) { s.padding = 6 }), with(next, func(s *peerSegment) { s.padding = 6 }), true},
			"with times":         {with(first, func(s *peerSegment) { s.options = stamp }), with(next, func(s *peerSegment) { s.options = stamp }), true},
			"the same again":     {first, first, false},
			"an older one":       {next, first, false},
			"another port":       {first, with(next, func(s *peerSegment) { s.port++ }), false},
			"another station":    {first, with(next, func(s *peerSegment) { s.from++ }), false},
			"for another":        {first, with(next, func(s *peerSegment) { s.to++ }), false},
			"data in the first":  {with(first, func(s *peerSegment) { s.data = "x" }), next, false},
			"data in the second": {first, with(next, func(s *peerSegment) { s.data = "x" }), false},
			"another sequence":   {first, with(next, func(s *peerSegment) { s.seq++ }), false},
			"an end":             {first, with(next, func(s *peerSegment) { s.flags |= header.TCPFlagFin }), false},
			"a reset":            {first, with(next, func(s *peerSegment) { s.flags |= header.TCPFlagRst }), false},
			"congestion told":    {with(first, func(s *peerSegment) { s.flags |= 1 << 6 }), next, false},
			"blocks":             {with(first, func(s *peerSegment) { s.options = "\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02" }), next, false},
		} {
			if got := overtaken(buf(c.a.frame()), buf(c.b.frame())); got != c.want {
				t.Errorf("v6 %v, %s: %v", v6, what, got)
			}
		}
		// Whatever a bit of the second is, the first gives way to a sound one alone.
		whole := next.frame()
		for i := range len(whole) * 8 {
			broken := append([]byte(nil), whole...)
			broken[i/8] ^= 1 << (i % 8)
			noticed := i/8 < header.EthernetMinimumSize || !v6 || i/8 >= ip6End
			if overtaken(buf(first.frame()), buf(broken)) && noticed {
				t.Errorf("v6 %v: it gives way to a segment with bit %d broken", v6, i)
			}
		}
	}
	a, b := peerSegment{from: 2, ack: 1, flags: header.TCPFlagAck}, peerSegment{from: 2, ack: 2, flags: header.TCPFlagAck, fragment: header.IPv4FlagMoreFragments}
	if overtaken(buf(a.frame()), buf(b.frame())) {
		t.Error("a fragment")
	}
	for n := range len(a.frame()) {
		overtaken(buf(a.frame()[:n]), buf(a.frame()[:n]))
	}
}

// FuzzOvertaken: no two frames make it fail, and none gives way to itself.
func FuzzOvertaken(f *testing.F) {
	f.Add(peerSegment{ack: 1, flags: header.TCPFlagAck}.frame(), peerSegment{ack: 2, flags: header.TCPFlagAck}.frame())
	f.Add(peerSegment{v6: true, ack: 1, flags: header.TCPFlagAck}.frame(), peerSegment{v6: true, ack: 2, flags: header.TCPFlagAck}.frame())
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if overtaken(buf(a), buf(b)) && overtaken(buf(b), buf(a)) || overtaken(buf(a), buf(a)) {
			t.Error("each gives way to the other")
		}
	})
}
