package usbnet

import (
	"time"

	"yolk/drivers/usb"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// A Chip is what differs between USB Ethernet chips. Pack, Unpack and Notice may run at
// the same time as each other and as anything else, and do not block; the other methods
// run one at a time, may block, and bound each of their waits.
type Chip interface {
	// Reset makes the chip as it was, whatever it has been through, with its link as
	// it is, and reads what it is. No transfer is under way.
	Reset() (Identity, error)
	// Start lets frames pass in both directions, as s says.
	Start(s *Settings) error
	// Set makes changed settings hold on a running chip.
	Set(s *Settings) error
	// Stop has the transfers that wait on the bulk IN pipe end soon, and reports whether
	// they will.
	Stop() bool
	// Notice takes a packet of the interrupt pipe, as a stranger wrote it, and reports
	// whether Link shall be called.
	Notice(packet []byte) bool
	// Link finds out whether there is a link, and adapts the chip to it.
	Link() (up bool, err error)
	// Waiting reports whether received frames wait for a bulk IN transfer. It is asked
	// when none has come for a while.
	Waiting() (bool, error)

	// Unpack copies frames from a transfer's bytes to empty buffers, one each, and
	// returns what is left of the bytes and how many buffers have a frame. It goes on
	// until it runs out of either, and counts what it drops. The bytes are a
	// stranger's.
	Unpack(s *Settings, transfer []byte, bufs []*netbuf.Buf, t *Tally) (rest []byte, n int)
	// Pack copies packets to a transfer, from byte `used` on, and returns how far that
	// reaches and how many packets it has dealt with: sent ones, and ones that can
	// never be, which it counts. It stops at a packet that does not fit; one that would
	// not fit in an empty transfer can never be sent.
	Pack(s *Settings, transfer []byte, used int, bufs []*netbuf.Buf, t *Tally) (end, n int)
}

// Identity is what a chip is.
type Identity struct {
	HardwareAddr netdev.HardwareAddr // its own; zero if it has none
	Offloads     netdev.Features
	Extras       netdev.Features // PromiscuousMode, MulticastFilter, HardwareAddrChange, LinkStatus
	Rx, Tx       Sizes
	MaxTxChain   int // parts of a packet, at most
	MaxMTU       int
}

// Sizes are those of one direction's transfers.
type Sizes struct{ Count, Bytes int }

// Settings are what a chip is told. They do not change: others take their place.
type Settings struct {
	HardwareAddr netdev.HardwareAddr
	Promiscuous  bool
	Groups       []netdev.HardwareAddr // whose multicasts are wanted; nil: all
	Offloads     netdev.Features
	MTU          int
}

// Tally is what a burst did.
type Tally struct{ Packets, Bytes, Bad int }

// Frames' sizes.
const (
	ethernetBytes = 14
	vlanBytes     = 4
	minMTU        = 68
)

// Sendable returns a packet's length, and whether a driver with these offloads can
// send it.
func (s *Settings) Sendable(b *netbuf.Buf, maxChain int) (length int, ok bool) {
	length = b.Len()
	if b.Next() != nil {
		if length = b.PacketLen(); b.Parts() > maxChain {
			return length, false
		}
	}
	longest := s.MTU + ethernetBytes + vlanBytes
	switch {
	case length < ethernetBytes:
		return length, false
	case b.Checksum == netbuf.ChecksumPartial && (s.Offloads&netdev.TxChecksum == 0 || !b.Covers(length)):
		return length, false
	case b.GSO != netbuf.GSONone:
		return length, s.segmentable(b, length, longest)
	}
	return length, length <= longest
}

// segmentable reports whether a packet can be cut into frames of at most longest
// bytes.
func (s *Settings) segmentable(b *netbuf.Buf, length, longest int) bool {
	want := netdev.TxTSO4
	if b.GSO == netbuf.GSOTCP6 {
		want = netdev.TxTSO6
	}
	headers := int(b.HeaderLen)
	return s.Offloads&want != 0 && b.Checksum == netbuf.ChecksumPartial && b.GSOSize > 0 &&
		headers < length && headers <= b.Len() && headers+int(b.GSOSize) <= longest
}

// Copy copies a packet, of one part or several, to dst, which has room for it.
func Copy(dst []byte, b *netbuf.Buf) {
	for ; b != nil; b = b.Next() {
		dst = dst[copy(dst, b.Bytes()):]
	}
}

// NoticeEvery is how often a device is asked for news of its link. Most would like to be
// asked every millisecond, each time an interrupt.
const NoticeEvery = 100 * time.Millisecond

// Pipes are those of a function's endpoints.
type Pipes struct {
	In, Out *usb.Pipe
	Notice  *usb.Pipe // nil for a function without; opened with Slower(NoticeEvery)
}
