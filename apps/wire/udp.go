package wire

import (
	"encoding/binary"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// UDP is what the headers of a UDP packet over IPv4 say.
type UDP struct {
	DstMAC, SrcMAC   netdev.HardwareAddr
	Src, Dst         IPv4
	SrcPort, DstPort uint16
}

// Reply returns the headers of an answer.
func (h *UDP) Reply() UDP {
	return UDP{DstMAC: h.SrcMAC, SrcMAC: h.DstMAC, Src: h.Dst, Dst: h.Src, SrcPort: h.DstPort, DstPort: h.SrcPort}
}

// Where the headers begin, and the fields that others change in place.
const (
	ip  = EthernetLen
	udp = EthernetLen + IPv4Len

	OffIPSum  = ip + 10 // checksum of the IPv4 header
	OffAddrs  = ip + 12 // source, destination
	OffPorts  = udp     // source, destination
	OffUDPSum = udp + 6 // checksum of addresses, UDP header and payload
)

// Put writes the headers into frame[:Headers], in front of the payload, which is
// the rest of frame and must be there already: its checksum goes in as well. The
// frame must be Headers long at least and MaxFrame at most.
func (h *UDP) Put(frame []byte) { h.PutSum(frame, netbuf.Sum(0, frame[Headers:])) }

// PutSum does what Put does for who has added up the payload already, for example
// while writing it: payload is what netbuf.Sum makes of it. Both checksums are
// sums of what the headers say, not of where it was written.
func (h *UDP) PutSum(frame []byte, payload uint64) {
	const (
		ethernetIP = typeIPv4<<16 | 0x45<<8 // version 4, five words; no special service
		fragment   = 0x4000                 // do not
		life       = 64<<8 | protoUDP       // time to live
	)
	f := (*[Headers]byte)(frame)
	total, length := uint64(len(frame)-ip), uint64(len(frame)-udp)
	addrs, ports := uint64(h.Src)+uint64(h.Dst), uint64(h.SrcPort)<<16|uint64(h.DstPort)

	*(*netdev.HardwareAddr)(f[0:]) = h.DstMAC
	*(*netdev.HardwareAddr)(f[6:]) = h.SrcMAC
	binary.BigEndian.PutUint32(f[12:], ethernetIP)
	binary.BigEndian.PutUint64(f[ip+2:], total<<48|fragment<<16|life) // identification 0
	binary.BigEndian.PutUint16(f[OffIPSum:], ^netbuf.Fold(ethernetIP&0xffff+total+fragment+life+addrs))
	binary.BigEndian.PutUint32(f[OffAddrs:], uint32(h.Src))
	binary.BigEndian.PutUint32(f[OffAddrs+4:], uint32(h.Dst))

	// The length counts twice: in the pseudo header of RFC 768 as well.
	sum := ^netbuf.Fold(addrs + protoUDP + ports + 2*length + payload)
	if sum == 0 {
		sum = 0xffff // 0 would mean that there is none
	}
	binary.BigEndian.PutUint64(f[OffPorts:], ports<<32|length<<16|uint64(sum))
}

// pseudoSum adds up a datagram with the pseudo header of RFC 768.
func pseudoSum(datagram, addrs []byte) uint64 {
	return netbuf.Sum(netbuf.Sum(uint64(protoUDP+len(datagram)), addrs), datagram)
}

// Parse reads the headers of a UDP packet and returns its payload, a part of
// frame; what follows it is padding. Anything else is left with the Fault
// that says why. A checksum of 0, no checksum, is in order.
func Parse(frame []byte) (h UDP, payload []byte, fault Fault) {
	packet, head, fault := parseIPv4(frame, protoUDP, UDPLen)
	if fault != Fine {
		return h, nil, fault
	}
	datagram := packet[head:]
	length := int(binary.BigEndian.Uint16(datagram[4:]))
	if length < UDPLen || length > len(datagram) {
		return h, nil, BadLength
	}
	datagram = datagram[:length]
	if binary.BigEndian.Uint16(datagram[6:]) != 0 && netbuf.Fold(pseudoSum(datagram, packet[12:20])) != 0xffff {
		return h, nil, BadUDPSum
	}
	h.DstMAC, h.SrcMAC = netdev.HardwareAddr(frame[0:6]), netdev.HardwareAddr(frame[6:12])
	h.Src, h.Dst = IPv4(binary.BigEndian.Uint32(packet[12:])), IPv4(binary.BigEndian.Uint32(packet[16:]))
	h.SrcPort, h.DstPort = binary.BigEndian.Uint16(datagram), binary.BigEndian.Uint16(datagram[2:])
	return h, datagram[UDPLen:], Fine
}

// parseIPv4 returns a frame's whole IPv4 packet of a protocol, without the padding, and
// the length of its header; least is what must follow that.
func parseIPv4(frame []byte, protocol byte, least int) (packet []byte, head int, fault Fault) {
	if len(frame) < EthernetLen+IPv4Len+least {
		return nil, 0, Short
	}
	if binary.BigEndian.Uint16(frame[12:]) != typeIPv4 {
		return nil, 0, NotIPv4
	}
	packet = frame[ip:]
	head, total := int(packet[0]&15)*4, int(binary.BigEndian.Uint16(packet[2:]))
	switch {
	case packet[0]>>4 != 4, head < IPv4Len, total < head+least, total > len(packet):
		return nil, 0, BadLength
	case binary.BigEndian.Uint16(packet[6:])&0x3fff != 0: // more of them, or not the first
		return nil, 0, Fragment
	case packet[9] != protocol:
		return nil, 0, OtherProtocol
	case netbuf.Fold(netbuf.Sum(0, packet[:head])) != 0xffff:
		return nil, 0, BadIPSum
	}
	return packet[:total], head, Fine
}

// A Fault is what is wrong with a frame, or what else it is.
type Fault uint8

const (
	Fine          Fault = iota
	Short               // too short for the headers
	NotIPv4             // another protocol over Ethernet
	OtherProtocol       // another protocol over IPv4
	Fragment            // of a packet
	BadLength           // lengths in the headers contradict each other or the frame
	BadIPSum            // the IPv4 header's checksum is wrong
	BadUDPSum           // UDP's checksum is wrong
	Faults              // how many there are
)

var faults = [Faults]string{"fine", "too short", "not IPv4", "another protocol", "fragment", "bad length", "bad IP checksum", "bad UDP checksum"}

// String says it in words.
func (f Fault) String() string { return faults[min(f, Faults-1)] }
