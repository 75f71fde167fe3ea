package netbuf

// Checksum says what is known about a packet's transport checksum.
type Checksum uint8

const (
	// ChecksumUnknown: sent as it is; received, nobody has verified it.
	ChecksumUnknown Checksum = iota
	// ChecksumPartial: the field at CsumStart+CsumOffset holds the sum of the
	// pseudo header only. Sent: the device completes it. Received: the packet
	// never crossed a wire and need not be verified, but is not complete.
	ChecksumPartial
	// ChecksumValid: received and verified by the device.
	ChecksumValid
)

// GSO is the kind of packet that a device segments (or has coalesced).
type GSO uint8

const (
	GSONone GSO = iota
	GSOTCP4
	GSOTCP6
)

// Offload is the work a packet leaves to (or was spared by) the device: what
// virtio calls struct virtio_net_hdr, free of any device's encoding. Offsets
// count from the first byte of the Ethernet header. With Checksum and GSO zero
// the rest means nothing.
type Offload struct {
	Checksum   Checksum
	GSO        GSO
	CsumStart  uint16 // first byte the checksum covers
	CsumOffset uint16 // of the checksum field, from CsumStart
	HeaderLen  uint16 // Ethernet to transport headers, with GSO
	GSOSize    uint16 // payload bytes of each segment, with GSO
}
