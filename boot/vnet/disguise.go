package vnet

import (
	"encoding/binary"
	"net/netip"
)

// A station is an address on the network, of both kinds.
type station struct {
	mac mac
	ip  netip.Addr
}

// A disguise lets a machine that goes on from a snapshot believe that it still has the
// saved one's address, while the network knows it by one of its own. Frames with other
// sources, and of other protocols than ARP and IPv4, do not leave it.
//
//	inside: the saved address -- disguise -- outside: its own
type disguise struct{ inside, outside station }

// Ethernet types, protocols of IP, and places in headers (RFC 826, 791, 9293, 768).
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806

	arpSize      = 28
	arpSender    = headerSize + 8
	arpTarget    = headerSize + 18
	ipMinSize    = 20
	ipChecksum   = headerSize + 10
	ipSource     = headerSize + 12
	ipTarget     = headerSize + 16
	protocolTCP  = 6
	protocolUDP  = 17
	tcpChecksum  = 16
	udpChecksum  = 6
	fragmentMask = 0x1fff
)

// out changes a frame of the machine, and reports whether it may leave.
func (d *disguise) out(frame []byte) bool {
	if source(frame) != d.inside.mac {
		return false
	}
	copy(frame[6:12], d.outside.mac[:])
	switch {
	case isARP(frame):
		return d.swapARP(frame, arpSender, d.inside, d.outside)
	case isIPv4(frame):
		return swapIP(frame, ipSource, d.inside.ip, d.outside.ip)
	}
	return false
}

// in changes a frame for the machine, and reports whether it is one for it.
func (d *disguise) in(frame []byte) bool {
	if destination(frame) == d.outside.mac {
		copy(frame[0:6], d.inside.mac[:])
	}
	switch {
	case isARP(frame):
		return d.swapARP(frame, arpTarget, d.outside, d.inside)
	case isIPv4(frame) && destination(frame).group():
		return true
	case isIPv4(frame):
		return swapIP(frame, ipTarget, d.outside.ip, d.inside.ip)
	}
	return false
}

func etherType(frame []byte) uint16 { return binary.BigEndian.Uint16(frame[12:]) }

func isARP(frame []byte) bool {
	return etherType(frame) == typeARP && len(frame) >= headerSize+arpSize
}

func isIPv4(frame []byte) bool {
	return etherType(frame) == typeIPv4 && len(frame) >= headerSize+ipMinSize
}

// swapARP replaces a station at a place in an ARP message, whose addresses are hardware
// address and then IPv4 address.
func (d *disguise) swapARP(frame []byte, at int, from, to station) bool {
	ip := frame[at+6 : at+10]
	if netip.AddrFrom4([4]byte(ip)) == from.ip {
		copy(ip, to.ip.AsSlice())
	}
	if mac(frame[at:at+6]) == from.mac {
		copy(frame[at:at+6], to.mac[:])
	}
	return true
}

// swapIP replaces an address at a place in an IPv4 header, and mends the checksums that
// have it in: the header's, and those of TCP and UDP, if they are in this fragment.
func swapIP(frame []byte, at int, from, to netip.Addr) bool {
	was := [4]byte(frame[at : at+4])
	if netip.AddrFrom4(was) != from {
		return false
	}
	copy(frame[at:], to.AsSlice())
	mend(frame[ipChecksum:], was[:], frame[at:at+4])
	if binary.BigEndian.Uint16(frame[headerSize+6:])&fragmentMask != 0 {
		return true
	}
	payload := frame[min(headerSize+int(frame[headerSize]&15)*4, len(frame)):]
	switch frame[headerSize+9] {
	case protocolTCP:
		if len(payload) >= tcpChecksum+2 {
			mend(payload[tcpChecksum:], was[:], frame[at:at+4])
		}
	case protocolUDP:
		if len(payload) >= udpChecksum+2 && binary.BigEndian.Uint16(payload[udpChecksum:]) != 0 {
			mend(payload[udpChecksum:], was[:], frame[at:at+4])
		}
	}
	return true
}

// mend changes a checksum for words that were replaced (RFC 1624, equation 3).
func mend(checksum, was, is []byte) {
	sum := uint32(^binary.BigEndian.Uint16(checksum))
	for i := 0; i < len(was); i += 2 {
		sum += uint32(^binary.BigEndian.Uint16(was[i:])) + uint32(binary.BigEndian.Uint16(is[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(checksum, ^uint16(sum))
}
