package net

import (
	"encoding/binary"

	"yolk/netdev/vnethdr"
)

// headerBytes is the size of struct virtio_net_hdr with VERSION_1 (5.1.6): what
// package vnethdr describes, and
//
//	10 u16 num_buffers  received with MRG_RXBUF: descriptors of this packet
//
// It precedes the packet, in the buffer's headroom. Legacy devices without
// MRG_RXBUF have no num_buffers.
const (
	headerBytes       = headerBytesLegacy + 2
	headerBytesLegacy = vnethdr.Size
)

const (
	ethernetBytes = 14
	vlanBytes     = 4
	minPacket     = ethernetBytes                     // less cannot be a frame
	maxPacket     = ethernetBytes + vlanBytes + 65535 // no more with a VLAN tag and GSO
)

// header is a received header, copied out of shared memory once.
type header struct {
	vnethdr.Header
	count uint16
}

// decode copies the header out of h.
func decode(h []byte) header {
	d := header{Header: vnethdr.Read(h)}
	if len(h) >= headerBytes {
		d.count = binary.LittleEndian.Uint16(h[vnethdr.Size:])
	}
	return d
}

// plain reports whether a received header says nothing but "here is a frame in
// one buffer": then the rest of it need not be looked at.
func plain(h *[headerBytes]byte, merged bool) bool {
	return h[0]|h[1] == 0 && (!merged || binary.LittleEndian.Uint16(h[vnethdr.Size:]) == 1)
}
