package main

import (
	"encoding/binary"

	"yolk/apps/wire"
	"yolk/netdev/netbuf"
)

// A payload of ours, 18 bytes at least:
//
//	0 magic    4 number    12 bytes that count up from 12
const (
	magic    = 0x796f_6c6b // "yolk"
	numbered = 12          // bytes that tell a payload of ours

	// offNumber is where a frame of ours has its number, 0 for none. It lies on
	// an even offset from where the checksum begins, as setNumber needs.
	offNumber = wire.Headers + 4
)

// putPayload writes a frame's payload with number n and returns what netbuf.Sum
// would return for it. It adds up the words that it writes while it has them,
// which saves a second walk.
func putPayload(frame []byte, n uint64) (sum uint64) {
	const from12, from16, from18 = 0x0c0d_0e0f, 0x1011, 0x1213_1415_1617_1819
	front := (*[wire.MinFrame]byte)(frame)
	binary.BigEndian.PutUint64(front[wire.Headers:], magic<<32|n>>32)
	binary.BigEndian.PutUint64(front[wire.Headers+8:], n<<32|from12)
	binary.BigEndian.PutUint16(front[wire.Headers+16:], from16)
	sum = magic + words(n) + from12 + from16
	w, i := uint64(from18), len(front)
	for ; i+8 <= len(frame); i += 8 {
		binary.BigEndian.PutUint64(frame[i:i+8:i+8], w)
		sum += words(w)
		// Each byte goes up by 8; the highest bits apart, so that none carries
		// into its neighbour.
		const high = 0x8080_8080_8080_8080
		w = (w&^high + 0x0808_0808_0808_0808) ^ w&high
	}
	// What is left is the front of a word.
	for shift := 56; i < len(frame); shift -= 8 {
		c := w >> shift & 0xff
		frame[i] = byte(c)
		sum += c << (shift & 8)
		i++
	}
	return sum
}

// setNumber numbers a frame of ours and brings the checksum up to date without
// looking at the rest: what leaves the sum is subtracted, that is, its complement
// added (RFC 1624).
func setNumber(frame []byte, n uint64) {
	field, sum := frame[offNumber:offNumber+8], frame[wire.OffUDPSum:wire.OffUDPSum+2]
	old := binary.BigEndian.Uint64(field)
	c := ^netbuf.Fold(uint64(^binary.BigEndian.Uint16(sum)) + words(^old) + words(n))
	if c == 0 {
		c = 0xffff // 0 would mean that there is none
	}
	binary.BigEndian.PutUint64(field, n)
	binary.BigEndian.PutUint16(sum, c)
}

// words adds up the two halves of a number, as netbuf.Sum does.
func words(n uint64) uint64 { return n>>32 + n&0xffff_ffff }

// number returns the number in a payload, and false if it is none of ours.
func number(payload []byte) (uint64, bool) {
	if len(payload) < numbered || binary.BigEndian.Uint32(payload) != magic {
		return 0, false
	}
	return binary.BigEndian.Uint64(payload[4:]), true
}
