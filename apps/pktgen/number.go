package main

import (
	"encoding/binary"

	"yolk/apps/wire"
	"yolk/netdev/netbuf"
)

// offNumber is where a frame of ours has its number, 0 for none. It lies on an
// even offset from where the checksum begins, as setNumber needs.
const offNumber = wire.Headers + 4

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

// words adds up the 16-bit words of a number.
func words(n uint64) uint64 { return n>>48 + n>>32&0xffff + n>>16&0xffff + n&0xffff }

// number returns the number in a payload, and false if it is none of ours.
func number(payload []byte) (uint64, bool) {
	if len(payload) < firstFill || binary.BigEndian.Uint32(payload) != magic {
		return 0, false
	}
	return binary.BigEndian.Uint64(payload[4:]), true
}
