// Package wire reads and writes what network functions find in Ethernet frames:
// ARP, IPv4, UDP and ICMP echo, and their checksums.
//
// A frame is a byte slice that begins with the destination address and ends
// before the frame check sequence, which network cards add and remove. Frames
// from the network are hostile: every length is checked against the bytes that
// are there. Nothing here allocates or keeps a frame.
//
// Sources: IEEE 802.3 (3.1.1), RFC 826 (ARP), RFC 791 (IPv4), RFC 792 (ICMP),
// RFC 768 (UDP), RFC 1071 and 1624 (checksums).
//
// It may import netdev and the standard library, apart from package net, which
// would bring a network stack into an image that does without.
package wire

import (
	"encoding/binary"
	"net/netip"

	"yolk/netdev"
)

// Bytes of headers, and of frames without their check sequence.
const (
	EthernetLen = 14
	IPv4Len     = 20 // without options
	UDPLen      = 8
	Headers     = EthernetLen + IPv4Len + UDPLen // in front of a UDP payload

	MinFrame = 60   // shorter ones are padded
	MaxFrame = 1518 // with a VLAN tag; 1514 without

	// Overhead is what a frame takes on the wire besides its own bytes:
	// preamble 7, start delimiter 1, check sequence 4, gap to the next 12.
	Overhead = 24
)

// Broadcast is everybody's Ethernet address.
var Broadcast = netdev.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806
	protoUDP = 17
)

// IPv4 is an address as a number, so that one more is the next address.
type IPv4 uint32

// FromAddr converts an address that Is4.
func FromAddr(a netip.Addr) IPv4 {
	b := a.As4()
	return IPv4(binary.BigEndian.Uint32(b[:]))
}

// Addr is the address in the standard library's form.
func (a IPv4) Addr() netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(a))
	return netip.AddrFrom4(b)
}

// String formats the address as 192.0.2.1.
func (a IPv4) String() string { return a.Addr().String() }

// SwapMAC exchanges a frame's destination and source, which sends it back where
// it came from. The frame has an Ethernet header.
func SwapMAC(frame []byte) {
	_ = frame[11]
	d, s := binary.NativeEndian.Uint32(frame), binary.NativeEndian.Uint32(frame[6:])
	e, t := binary.NativeEndian.Uint16(frame[4:]), binary.NativeEndian.Uint16(frame[10:])
	binary.NativeEndian.PutUint32(frame, s)
	binary.NativeEndian.PutUint16(frame[4:], t)
	binary.NativeEndian.PutUint32(frame[6:], d)
	binary.NativeEndian.PutUint16(frame[10:], e)
}
