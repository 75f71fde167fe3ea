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
func (h *UDP) Put(frame []byte) {
	f := frame[:Headers]
	copy(f[0:6], h.DstMAC[:])
	copy(f[6:12], h.SrcMAC[:])
	binary.BigEndian.PutUint16(f[12:], typeIPv4)

	f[ip], f[ip+1] = 0x45, 0 // version 4, five words; no special service
	binary.BigEndian.PutUint16(f[ip+2:], uint16(len(frame)-ip))
	binary.BigEndian.PutUint16(f[ip+4:], 0)
	binary.BigEndian.PutUint16(f[ip+6:], 0x4000) // do not fragment
	f[ip+8], f[ip+9] = 64, protoUDP              // time to live
	binary.BigEndian.PutUint16(f[OffIPSum:], 0)
	binary.BigEndian.PutUint32(f[OffAddrs:], uint32(h.Src))
	binary.BigEndian.PutUint32(f[OffAddrs+4:], uint32(h.Dst))
	binary.BigEndian.PutUint16(f[OffIPSum:], ^netbuf.Fold(netbuf.Sum(0, f[ip:udp])))

	binary.BigEndian.PutUint16(f[OffPorts:], h.SrcPort)
	binary.BigEndian.PutUint16(f[OffPorts+2:], h.DstPort)
	binary.BigEndian.PutUint16(f[udp+4:], uint16(len(frame)-udp))
	binary.BigEndian.PutUint16(f[OffUDPSum:], 0)
	sum := ^netbuf.Fold(pseudoSum(frame[udp:], f[OffAddrs:OffAddrs+8]))
	if sum == 0 {
		sum = 0xffff // 0 would mean that there is none
	}
	binary.BigEndian.PutUint16(f[OffUDPSum:], sum)
}

// pseudoSum adds up a datagram with the pseudo header of RFC 768.
func pseudoSum(datagram, addrs []byte) uint64 {
	return netbuf.Sum(netbuf.Sum(uint64(protoUDP+len(datagram)), addrs), datagram)
}

// Parse reads the headers of a UDP packet and returns its payload, a part of
// frame; what follows it is padding. Anything else is left with the Fault
// that says why. A checksum of 0, no checksum, is in order.
func Parse(frame []byte) (h UDP, payload []byte, fault Fault) {
	if len(frame) < Headers {
		return h, nil, Short
	}
	if binary.BigEndian.Uint16(frame[12:]) != typeIPv4 {
		return h, nil, NotIPv4
	}
	packet := frame[ip:]
	head, total := int(packet[0]&15)*4, int(binary.BigEndian.Uint16(packet[2:]))
	switch {
	case packet[0]>>4 != 4, head < IPv4Len, total < head+UDPLen, total > len(packet):
		return h, nil, BadLength
	case binary.BigEndian.Uint16(packet[6:])&0x3fff != 0: // more of them, or not the first
		return h, nil, Fragment
	case packet[9] != protoUDP:
		return h, nil, NotUDP
	case netbuf.Fold(netbuf.Sum(0, packet[:head])) != 0xffff:
		return h, nil, BadIPSum
	}
	datagram := packet[head:total]
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

// A Fault is what is wrong with a frame, or what else it is.
type Fault uint8

const (
	Fine      Fault = iota
	Short           // too short for the headers
	NotIPv4         // another protocol over Ethernet
	NotUDP          // another protocol over IPv4
	Fragment        // of a packet
	BadLength       // lengths in the headers contradict each other or the frame
	BadIPSum        // the IPv4 header's checksum is wrong
	BadUDPSum       // UDP's checksum is wrong
	Faults          // how many there are
)

var faults = [Faults]string{"fine", "too short", "not IPv4", "not UDP", "fragment", "bad length", "bad IP checksum", "bad UDP checksum"}

// String says it in words.
func (f Fault) String() string { return faults[min(f, Faults-1)] }
