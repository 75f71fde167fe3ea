//go:build linux

package netif

import (
	"encoding/binary"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// headerBytes is the size of struct virtio_net_hdr (linux/virtio_net.h, VIRTIO
// 1.2, 5.1.6, without num_buffers), in the host's byte order, which is little
// endian on all that Yolk runs on:
//
//	0 u8 flags, 1 u8 gso_type, 2 u16 hdr_len, 4 u16 gso_size,
//	6 u16 csum_start, 8 u16 csum_offset
const headerBytes = 10

// Values of flags and gso_type.
const (
	flagNeedsCsum = 1
	flagDataValid = 2

	gsoNone  = 0
	gsoTCPv4 = 1
	gsoTCPv6 = 4
)

// encode writes the header of a packet of length bytes; false for an offload
// that was not agreed on or lies outside the packet.
func encode(h []byte, o *netbuf.Offload, length int, have netdev.Features) bool {
	clear(h[:headerBytes])
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
	binary.LittleEndian.PutUint16(h[2:], o.HeaderLen)
	binary.LittleEndian.PutUint16(h[4:], o.GSOSize)
	return have != 0 && o.GSOSize != 0 && int(o.HeaderLen) <= length
}

// decode makes b's offload of a received header; a checksum that nobody here
// wants to complete is completed. It returns false for a header that makes no
// sense, and for coalesced segments, which were not asked for.
func decode(h []byte, b *netbuf.Buf, have netdev.Features) bool {
	if h[0]|h[1] == 0 {
		return true
	}
	if h[1] != gsoNone {
		return false
	}
	switch {
	case h[0]&flagNeedsCsum != 0:
		b.Checksum = netbuf.ChecksumPartial
		b.CsumStart, b.CsumOffset = binary.LittleEndian.Uint16(h[6:]), binary.LittleEndian.Uint16(h[8:])
		if have&netdev.RxChecksum == 0 {
			return b.FinishChecksum()
		}
		return b.Covers(b.Len())
	case h[0]&flagDataValid != 0 && have&netdev.RxChecksum != 0:
		b.Checksum = netbuf.ChecksumValid
	}
	return true
}
