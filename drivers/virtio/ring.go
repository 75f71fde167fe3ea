package virtio

import (
	"errors"
	"fmt"
	"math/bits"
)

// What a device can do wrong in a ring. Each ends the ring: the device and the
// driver no longer agree who owns which buffer.
var (
	ErrUsedIndex = errors.New("virtio: used index ran ahead of the buffers in flight")
	ErrUsedID    = errors.New("virtio: used id outside the ring")
	ErrNotOwned  = errors.New("virtio: used id is not a buffer in flight")
	ErrUsedLen   = errors.New("virtio: used length exceeds the buffer posted")
)

// ErrRing is returned for ring memory or sizes that cannot be, and is the state
// of a ring after Abandon.
var ErrRing = errors.New("virtio: bad ring size or memory")

// MaxSize is the largest virtqueue (2.7, 2.8).
const MaxSize = 32768

// RingAlign is the alignment of ring memory: it satisfies 2.7 and 2.8 and keeps
// what the two sides write on different cache lines. Legacy rings need pages.
const RingAlign = 64

// A Ring is the driver's side of a virtqueue, split (2.7) or packed (2.8), over
// plain memory. T is what the driver wants back for a buffer, a *netbuf.Buf for
// example; the ring keeps it, so no driver has a table of its own and no id
// from the device reaches one.
//
// Every method works on a burst, so the one interface call is paid once for
// all its packets. One goroutine at a time may use a Ring. The device works on
// the shared memory at the same time; it learns of additions by Publish.
type Ring[T any] interface {
	// Size is how many descriptors the driver uses, Free how many are unused,
	// InFlight the number of buffers that the device has.
	Size() int
	Free() int
	InFlight() int
	// Err is nil until the device breaks the rules, then one of the errors
	// above, wrapped with the numbers. A ring with an error adds and returns
	// nothing.
	Err() error
	// Addresses returns where the device finds the parts.
	Addresses() QueueAddresses

	// Add makes buffers of one segment each available with the next Publish,
	// as many as there are descriptors for, and returns how many. tokens[i]
	// stands for segs[i]; the slices are not kept.
	Add(segs []Segment, tokens []T) int
	// AddOne is Add for one buffer, and reports whether there was a descriptor for it:
	// what a burst of one would spend on its loop is most of what it costs.
	AddOne(s Segment, token T) bool
	// AddChain makes one buffer of several segments available with the next
	// Publish, readable ones first (2.7.4.2). It returns false, and does
	// nothing, when there are too few descriptors for it or the ring failed.
	AddChain(segs []Segment, token T) bool
	// Publish shows the device what was added since the last Publish and
	// reports whether it wants to be notified: the caller then rings the
	// doorbell.
	Publish() (notify bool)

	// Used takes buffers back that the device has used, in its order, and
	// returns how many. tokens[i] comes with written[i], the bytes that the
	// device says it wrote, never more than were posted (0 if none could be
	// written). It fills at most the shorter slice.
	//
	// The ring's copy of a token stays until its place is used again, so up to
	// Size tokens remain reachable; nothing else is done with them.
	Used(tokens []T, written []uint32) int
	// EnableInterrupt asks the device for an interrupt when it next uses a
	// buffer. It returns true when there are used ones already: the device may
	// have used them before it saw the request, so the caller must look again.
	EnableInterrupt() (pending bool)
	// DisableInterrupt asks for none. It is a hint: one on its way still
	// arrives, and with event indices in a split ring so does one in 65536.
	DisableInterrupt()

	// Abandon calls f with the token of each buffer still in flight and
	// forgets them. The device must have been reset. The ring is of no use
	// afterwards.
	Abandon(f func(token T))
}

// Segment is one piece of memory of a buffer; Out and In make them. It is laid
// out as an entry of a split ring's descriptor table (2.7.5), so that adding one
// is a copy of two words. Words, not fields: a processor forwards a store that is
// still on its way only to a load of the same width.
type Segment struct {
	addr uint64
	what uint64 // length u32 | flags u16 | next u16, from the lowest bit on
}

// size is the length, flags those of the descriptor.
func (s Segment) size() uint32  { return uint32(s.what) }
func (s Segment) flags() uint16 { return uint16(s.what >> 32) }

// writable is the number of bytes that the device may write.
func (s Segment) writable() uint32 { return uint32(s.what) * uint32(s.what>>33&1) }

// chained returns the segment with VIRTQ_DESC_F_NEXT and the next entry's number.
func (s Segment) chained(next uint16) Segment {
	s.what |= descNext<<32 | uint64(next)<<48
	return s
}

// Descriptor flags (2.7.5, 2.8).
const (
	descNext     = 1 // VIRTQ_DESC_F_NEXT: the chain goes on
	descWrite    = 2 // VIRTQ_DESC_F_WRITE: the device writes, else it reads
	descIndirect = 4 // VIRTQ_DESC_F_INDIRECT: a table of descriptors is there
)

// Out is memory that the device reads, In memory that it writes.
func Out(addr uint64, n uint32) Segment { return Segment{addr, uint64(n)} }
func In(addr uint64, n uint32) Segment  { return Segment{addr, uint64(n) | descWrite<<32} }

// RingConfig says what ring to make.
type RingConfig struct {
	// Features as agreed on. RING_PACKED chooses the layout, EVENT_IDX how
	// notifications are suppressed, INDIRECT_DESC allows indirect tables; a
	// split ring without VERSION_1 gets the legacy placement.
	Features Feature
	Size     int // descriptors, a power of two
	Limit    int // how many of them to use at most; 0: all
	Tables   int // indirect tables, for chains that pay (see indirect); 0: none
}

func (c RingConfig) packed() bool   { return c.Features&FeatureRingPacked != 0 }
func (c RingConfig) eventIdx() bool { return c.Features&FeatureEventIdx != 0 }
func (c RingConfig) legacy() bool   { return c.Features&FeatureVersion1 == 0 }

// tables is how many indirect tables there are.
func (c RingConfig) tables() int {
	if c.Features&FeatureIndirect == 0 {
		return 0
	}
	return c.Tables
}

// limit is how many descriptors are used.
func (c RingConfig) limit() int {
	if c.Limit <= 0 || c.Limit > c.Size {
		return c.Size
	}
	return c.Limit
}

// Align is the alignment that the ring's memory needs.
func (c RingConfig) Align() int {
	if c.legacy() {
		return LegacyAlign
	}
	return RingAlign
}

// ringBytes is the size of the ring proper, up to the indirect tables.
func (c RingConfig) ringBytes() int {
	n := splitBytes(c.Size, c.legacy())
	if c.packed() {
		n = packedBytes(c.Size)
	}
	return (n + RingAlign - 1) &^ (RingAlign - 1)
}

// Bytes is the memory that the ring needs.
func (c RingConfig) Bytes() int { return c.ringBytes() + c.tables()*tableBytes }

// check returns an error unless the ring can be made in mem at addr.
func (c RingConfig) check(mem []byte, addr uint64) error {
	if c.Size < 2 || c.Size > MaxSize || bits.OnesCount(uint(c.Size)) != 1 {
		return fmt.Errorf("%w: size %d, want a power of two from 2 to %d", ErrRing, c.Size, MaxSize)
	}
	if c.packed() && c.legacy() {
		return fmt.Errorf("%w: a packed ring needs VIRTIO_F_VERSION_1", ErrRing)
	}
	if len(mem) < c.Bytes() || !aligned(mem, 16) || addr%uint64(c.Align()) != 0 {
		return fmt.Errorf("%w: %d bytes at %#x, want %d aligned to %d", ErrRing, len(mem), addr, c.Bytes(), c.Align())
	}
	return nil
}

// NewRing makes a ring in mem, which has c.Bytes() zeroed bytes, aligned to
// c.Align() and known to the device as addr.
func NewRing[T any](c RingConfig, mem []byte, addr uint64) (Ring[T], error) {
	if err := c.check(mem, addr); err != nil {
		return nil, err
	}
	if c.packed() {
		return newPacked[T](c, mem, addr), nil
	}
	return newSplit[T](c, mem, addr), nil
}
