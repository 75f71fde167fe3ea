package netbuf

import (
	"encoding/binary"
	"math/bits"
)

// Covers reports whether a partial checksum's field lies inside a packet of
// length bytes. Drivers ask before they trust one.
func (o *Offload) Covers(length int) bool {
	return int(o.CsumStart)+int(o.CsumOffset)+2 <= length
}

// FinishChecksum does in software what ChecksumPartial asks of a device: sums
// the packet from CsumStart to the end of the chain into the field at
// CsumStart+CsumOffset; Offload is then zero. It does nothing
// and returns false when the checksum is not partial or not inside the packet.
func (b *Buf) FinishChecksum() bool {
	if b.Checksum != ChecksumPartial || !b.Covers(b.PacketLen()) {
		return false
	}
	sum := ^Fold(b.sum(int(b.CsumStart)))
	if sum == 0 {
		sum = 0xffff // for UDP, where 0 means none; the same number for TCP (RFC 768, RFC 1071)
	}
	at := int(b.CsumStart) + int(b.CsumOffset)
	b.setByte(at, byte(sum>>8))
	b.setByte(at+1, byte(sum))
	b.Offload = Offload{}
	return true
}

// sum adds up the chain from byte `from` on.
func (b *Buf) sum(from int) (sum uint64) {
	odd := false // bytes summed so far
	for ; b != nil; b = b.next {
		p := b.Bytes()
		if from >= len(p) {
			from -= len(p)
			continue
		}
		p = p[from:]
		from = 0
		part := Sum(0, p)
		if odd {
			part = uint64(swap(Fold(part)))
		}
		sum += part
		odd = odd != (len(p)%2 == 1)
	}
	return sum
}

func (b *Buf) setByte(at int, v byte) {
	for at >= b.Len() {
		at -= b.Len()
		b = b.next
	}
	b.Bytes()[at] = v
}

func swap(v uint16) uint16 { return v<<8 | v>>8 }

// Sum adds p to an Internet checksum in the making (RFC 1071): 16-bit words,
// big-endian, an odd byte at the end padded with zero. Begin with 0 and finish
// with Fold and a complement. What it adds is less than 2^34, so that sums of
// many parts can be added up.
func Sum(sum uint64, p []byte) uint64 {
	// Any word size will do as long as carries are added in: 2^16, 2^32 and 2^64
	// leave 1 when divided by 2^16-1.
	var s, c uint64
	for len(p) >= 32 {
		q := (*[32]byte)(p)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(q[0:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(q[8:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(q[16:]), c)
		s, c = bits.Add64(s, binary.BigEndian.Uint64(q[24:]), c)
		p = p[32:]
	}
	for len(p) >= 8 {
		s, c = bits.Add64(s, binary.BigEndian.Uint64(p), c)
		p = p[8:]
	}
	sum += s>>32 + s&0xffffffff + c
	if len(p) >= 4 {
		sum += uint64(binary.BigEndian.Uint32(p))
		p = p[4:]
	}
	if len(p) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(p))
		p = p[2:]
	}
	if len(p) == 1 {
		sum += uint64(p[0]) << 8
	}
	return sum
}

// Fold brings a sum down to 16 bits, carries added in.
func Fold(sum uint64) uint16 {
	// A number and itself with its halves exchanged: the upper half of their sum
	// is both halves together, with the carry from the lower one.
	s := uint32((sum + bits.RotateLeft64(sum, 32)) >> 32)
	return uint16((s + bits.RotateLeft32(s, 16)) >> 16)
}
