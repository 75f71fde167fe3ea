package vnet

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// datagram is a frame with a UDP or TCP segment whose checksums are right.
func datagram(from, to station, protocol tcpip.TransportProtocolNumber) []byte {
	const payload = "hello"
	size := header.UDPMinimumSize
	if protocol == header.TCPProtocolNumber {
		size = header.TCPMinimumSize
	}
	b := make([]byte, headerSize+ipMinSize+size, 100)
	copy(b, to.mac[:])
	copy(b[6:], from.mac[:])
	binary.BigEndian.PutUint16(b[12:], typeIPv4)
	b = append(b, payload...)
	ip := header.IPv4(b[headerSize:])
	src, dst := tcpip.AddrFrom4(from.ip.As4()), tcpip.AddrFrom4(to.ip.As4())
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(len(ip)), TTL: 64, Protocol: uint8(protocol), SrcAddr: src, DstAddr: dst})
	ip.SetChecksum(^ip.CalculateChecksum())
	sum := checksum.Combine(header.PseudoHeaderChecksum(protocol, src, dst, uint16(size+len(payload))), checksum.Checksum([]byte(payload), 0))
	if protocol == header.TCPProtocolNumber {
		t := header.TCP(b[headerSize+ipMinSize:])
		t.Encode(&header.TCPFields{SrcPort: 1, DstPort: 2, DataOffset: header.TCPMinimumSize, WindowSize: 9})
		t.SetChecksum(^t.CalculateChecksum(sum))
	} else {
		u := header.UDP(b[headerSize+ipMinSize:])
		u.Encode(&header.UDPFields{SrcPort: 1, DstPort: 2, Length: uint16(size + len(payload))})
		u.SetChecksum(^u.CalculateChecksum(sum))
	}
	return b
}

// TestDisguise: a frame of a machine that goes on from a snapshot is in each byte as if the
// machine had the address that it has here, and one to it the other way round.
func TestDisguise(t *testing.T) {
	saved, own, other := stationAt(2), stationAt(259), stationAt(7)
	d := &disguise{inside: saved, outside: own}
	for _, protocol := range []tcpip.TransportProtocolNumber{header.TCPProtocolNumber, header.UDPProtocolNumber} {
		frame := datagram(saved, other, protocol)
		if !d.out(frame) || !slices.Equal(frame, datagram(own, other, protocol)) {
			t.Errorf("protocol %d, out: %x", protocol, frame)
		}
		frame = datagram(other, own, protocol)
		if !d.in(frame) || !slices.Equal(frame, datagram(other, saved, protocol)) {
			t.Errorf("protocol %d, in: %x", protocol, frame)
		}
		if d.in(datagram(other, saved, protocol)) {
			t.Errorf("protocol %d: it takes what is for the saved machine", protocol)
		}
		if d.out(datagram(other, saved, protocol)) {
			t.Errorf("protocol %d: it sends what is not its own", protocol)
		}
	}
	for n := range headerSize + arpSize { // nothing is too short
		d.in(make([]byte, n+headerSize)[:max(n, headerSize)])
		short := datagram(saved, other, header.TCPProtocolNumber)
		d.out(short[:max(n, headerSize)])
	}
}

// TestDisguiseARP: it asks and answers for its own address.
func TestDisguiseARP(t *testing.T) {
	saved, own, other := stationAt(2), stationAt(3), stationAt(7)
	message := func(from, to station) []byte {
		b := make([]byte, headerSize+arpSize)
		copy(b, to.mac[:])
		copy(b[6:], from.mac[:])
		binary.BigEndian.PutUint16(b[12:], typeARP)
		copy(b[arpSender:], append(from.mac[:], from.ip.AsSlice()...))
		copy(b[arpTarget:], append(to.mac[:], to.ip.AsSlice()...))
		return b
	}
	d := &disguise{inside: saved, outside: own}
	if b := message(saved, other); !d.out(b) || !slices.Equal(b, message(own, other)) {
		t.Errorf("out: %x", b)
	}
	if b := message(other, own); !d.in(b) || !slices.Equal(b, message(other, saved)) {
		t.Errorf("in: %x", b)
	}
}

// TestSwitch: a frame goes to where its destination is, to all while that is unknown, and
// not at all with another source than the port's.
func TestSwitch(t *testing.T) {
	s := NewSwitch()
	a, b, c := stationAt(2), stationAt(3), stationAt(4)
	pa, pb, pc := s.attach(a.mac), s.attach(mac{}), s.attach(c.mac)
	got := func(want ...int) {
		t.Helper()
		if n := []int{len(pa.queue), len(pb.queue), len(pc.queue)}; !slices.Equal(n, want) {
			t.Errorf("ports have %d frames, want %d", n, want)
		}
	}
	send := func(p *port, from, to station) { s.pass(p, datagram(from, to, header.UDPProtocolNumber)) }
	send(pa, a, b) // nobody knows b
	got(0, 1, 1)
	send(pb, b, a)
	got(1, 1, 1)
	send(pa, a, b)
	got(1, 2, 1)
	send(pa, c, b) // a lie
	got(1, 2, 1)
	send(pc, c, station{mac: mac{255, 255, 255, 255, 255, 255}, ip: netip.IPv4Unspecified()})
	got(2, 3, 1)
	s.detach(pb)
	send(pc, c, b) // all again
	if len(pa.queue) != 3 {
		t.Error("a frame to who has left is not passed to all")
	}
	s.pass(pa, make([]byte, headerSize-1))
	for range 2 * queueLength {
		send(pa, a, c) // and nobody waits
	}
	if len(pc.queue) != queueLength {
		t.Errorf("%d frames wait", len(pc.queue))
	}
}

// TestNames: requests for machines are answered, by their last word too.
func TestNames(t *testing.T) {
	n := &Network{members: map[int]*member{2: {Hello: Hello{Name: "Shop.db"}, station: stationAt(2)}, 3: {Hello: Hello{Name: "db2"}, station: stationAt(3)}}}
	request := func(kind byte, labels ...string) []byte {
		b := []byte{0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		for _, l := range labels {
			b = append(append(b, byte(len(l))), l...)
		}
		return append(b, 0, 0, kind, 0, dnsClassIN)
	}
	for _, labels := range [][]string{{"db"}, {"DB"}, {"shop", "db"}} {
		q := request(dnsTypeA, labels...)
		a := resolve(q, n.lookup)
		if len(a) != len(q)+16 || a[0] != 0xab || a[2]&0x80 == 0 || a[3]&15 != 0 || a[7] != 1 || !slices.Equal(a[len(a)-4:], stationAt(2).ip.AsSlice()) {
			t.Errorf("%q: %x", labels, a)
		}
	}
	if q := request(dnsTypeAAAA, "db2"); len(resolve(q, n.lookup)) != len(q) {
		t.Error("an IPv6 address")
	}
	for end := range request(dnsTypeA, "db") {
		if _, _, _, ok := question(request(dnsTypeA, "db")[:end]); ok {
			t.Errorf("%d bytes are a request", end)
		}
	}
}
