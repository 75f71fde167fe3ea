// Package vnethdr reads and writes struct virtio_net_hdr (VIRTIO 1.2, 5.1.6; in
// linux/virtio_net.h for taps and packet sockets): how virtio devices and Linux
// spell netbuf.Offload.
//
// It may import netdev and netdev/netbuf.
package vnethdr

import (
	"encoding/binary"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Size is that of the header, little-endian:
//
//	0  u8   flags
//	1  u8   gso_type
//	2  u16  hdr_len      bytes of headers to repeat in each segment
//	4  u16  gso_size     payload bytes of each segment
//	6  u16  csum_start   of the packet, where summing begins
//	8  u16  csum_offset  of the checksum field, from csum_start
const Size = 10

// Values of flags and gso_type.
const (
	flagNeedsCsum = 1 // VIRTIO_NET_HDR_F_NEEDS_CSUM
	flagDataValid = 2 // VIRTIO_NET_HDR_F_DATA_VALID

	gsoNone  = 0
	gsoTCPv4 = 1
	gsoTCPv6 = 4
	gsoECN   = 0x80 // with a TCP type: the flow uses ECN
)

// Encode writes the header of a packet to send of length bytes; have are the
// features agreed on. Bytes of h beyond Size are cleared, too. It returns false
// when the request is not among the features, or points outside the packet.
func Encode(h []byte, o *netbuf.Offload, length int, have netdev.Features) bool {
	_ = h[Size-1]
	clear(h)
	if o.Checksum != netbuf.ChecksumPartial {
		return o.GSO == netbuf.GSONone
	}
	if have&netdev.TxChecksum == 0 || !o.Covers(length) {
		return false
	}
	h[0] = flagNeedsCsum
	binary.LittleEndian.PutUint16(h[6:], o.CsumStart)
	binary.LittleEndian.PutUint16(h[8:], o.CsumOffset)
	switch o.GSO {
	case netbuf.GSONone:
		return true
	case netbuf.GSOTCP4:
		h[1] = gsoTCPv4
		have &= netdev.TxTSO4
	case netbuf.GSOTCP6:
		h[1] = gsoTCPv6
		have &= netdev.TxTSO6
	default:
		return false
	}
	if have == 0 || o.GSOSize == 0 || int(o.HeaderLen) > length {
		return false
	}
	binary.LittleEndian.PutUint16(h[2:], o.HeaderLen)
	binary.LittleEndian.PutUint16(h[4:], o.GSOSize)
	return true
}

// Header is a received header, copied out of memory that a device may still
// write.
type Header struct {
	flags, gso            uint8
	hdrLen, gsoSize       uint16
	csumStart, csumOffset uint16
}

// Read copies the header out of h.
func Read(h []byte) Header {
	_ = h[Size-1]
	return Header{
		flags: h[0], gso: h[1],
		hdrLen: binary.LittleEndian.Uint16(h[2:]), gsoSize: binary.LittleEndian.Uint16(h[4:]),
		csumStart: binary.LittleEndian.Uint16(h[6:]), csumOffset: binary.LittleEndian.Uint16(h[8:]),
	}
}

// Offload checks the header against a packet of the given length and the agreed
// features and translates it. It returns false when it makes no sense: then the
// packet is dropped.
func (h *Header) Offload(o *netbuf.Offload, length int, have netdev.Features) bool {
	if h.flags == 0 && h.gso == gsoNone {
		return true
	}
	if h.flags&flagNeedsCsum != 0 {
		o.Checksum = netbuf.ChecksumPartial
		o.CsumStart, o.CsumOffset = h.csumStart, h.csumOffset
		if have&netdev.RxChecksum == 0 || !o.Covers(length) {
			return false
		}
	} else if h.flags&flagDataValid != 0 && have&netdev.RxChecksum != 0 {
		o.Checksum = netbuf.ChecksumValid
	}
	switch h.gso &^ gsoECN {
	case gsoNone:
		return true
	case gsoTCPv4:
		o.GSO = netbuf.GSOTCP4
		have &= netdev.RxTSO4
	case gsoTCPv6:
		o.GSO = netbuf.GSOTCP6
		have &= netdev.RxTSO6
	default:
		return false
	}
	// hdr_len is a hint that may be wrong (5.1.6.4.2); gso_size 0 cannot be.
	o.GSOSize, o.HeaderLen = h.gsoSize, min(h.hdrLen, uint16(min(length, 0xffff)))
	return have != 0 && h.gsoSize != 0
}
