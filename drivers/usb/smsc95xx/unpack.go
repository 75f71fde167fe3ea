package smsc95xx

import (
	"encoding/binary"

	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// A received frame in a burst (5.4.1), and the next at a multiple of four bytes:
//
//	0  status word    length of what follows in bits 29:16, without padding
//	4  frame          from the Ethernet header on
//	   4 bytes        its check sequence
//	   2 bytes        with COE_CR.RX: the sum of all from byte 14 on, big-endian
const (
	statusBytes = 4
	fcsBytes    = 4
	sumBytes    = 2
	minFrame    = 14 // and no more: what is padded is padded before it is sent

	// What makes a frame a bad one: filter failed (it came all the same), error
	// summary, length, runt, too long, collision, watchdog, MII, CRC.
	rxBad = 1<<30 | 1<<15 | 1<<12 | 1<<11 | 1<<7 | 1<<6 | 1<<4 | 1<<3 | 1<<1
)

// Unpack implements usbnet.Chip. Where a length makes no sense the rest of the burst
// has no frames: nobody knows where the next would begin.
func (c *chip) Unpack(s *usbnet.Settings, burst []byte, bufs []*netbuf.Buf, t *usbnet.Tally) ([]byte, int) {
	tail := fcsBytes
	summed := s.Offloads&netdev.RxChecksum != 0
	if summed {
		tail += sumBytes
	}
	n := 0
	for n < len(bufs) && len(burst) >= statusBytes {
		status := binary.LittleEndian.Uint32(burst)
		length := int(status >> 16 & 0x3fff)
		if length > len(burst)-statusBytes || length < minFrame+tail {
			t.Bad++
			return nil, n
		}
		frame := burst[statusBytes : statusBytes+length]
		burst = burst[min(len(burst), (statusBytes+length+3)&^3):]
		sum := frame[length-sumBytes:]
		frame = frame[:length-tail]
		b := bufs[n]
		if status&rxBad != 0 || len(frame) > b.Tailroom() {
			t.Bad++
			continue
		}
		copy(b.Append(len(frame)), frame)
		if summed && valid(frame, binary.BigEndian.Uint16(sum)) {
			b.Checksum = netbuf.ChecksumValid
		}
		t.Packets++
		t.Bytes += len(frame)
		n++
	}
	if len(burst) < statusBytes {
		burst = nil
	}
	return burst, n
}

// IP, as far as it matters here.
const (
	etherIPv4  = 0x0800
	etherIPv6  = 0x86dd
	protoTCP   = 6
	protoUDP   = 17
	ipv4Bytes  = 20
	ipv6Bytes  = 40
	allOnes    = 0xffff // a sum that verifies
	moreOffset = 0x3fff // of a fragment: more follow, or the offset is not 0
)

// valid reports whether the TCP or UDP checksum of a frame is right, given the sum of
// everything behind its Ethernet header: an IPv4 header that is right sums to nothing,
// and an IPv6 header is taken off again. Of padded frames, fragments and what else is
// seldom nothing is said.
func valid(frame []byte, sum uint16) bool {
	p := frame[14:]
	var pseudo uint64
	switch binary.BigEndian.Uint16(frame[12:]) {
	case etherIPv4:
		if len(p) < ipv4Bytes || p[0]>>4 != 4 || int(binary.BigEndian.Uint16(p[2:])) != len(p) || binary.BigEndian.Uint16(p[6:])&moreOffset != 0 {
			return false
		}
		header := int(p[0]&15) * 4
		if header < ipv4Bytes || header > len(p) || !transport(p[9], p[header:]) || netbuf.Fold(netbuf.Sum(0, p[:header])) != allOnes {
			return false
		}
		pseudo = netbuf.Sum(uint64(p[9])+uint64(len(p)-header), p[12:20])
	case etherIPv6:
		if len(p) < ipv6Bytes || p[0]>>4 != 6 || int(binary.BigEndian.Uint16(p[4:])) != len(p)-ipv6Bytes || !transport(p[6], p[ipv6Bytes:]) {
			return false
		}
		// The addresses are in the sum already, as in the pseudo header; the rest of
		// the header is not in that.
		pseudo = uint64(p[6]) + uint64(len(p)-ipv6Bytes) + uint64(^netbuf.Fold(netbuf.Sum(0, p[:8])))
	default:
		return false
	}
	return netbuf.Fold(pseudo+uint64(sum)) == allOnes
}

// transport reports whether a segment of a protocol has a checksum.
func transport(proto byte, p []byte) bool {
	switch proto {
	case protoTCP:
		return len(p) >= 20
	case protoUDP:
		return len(p) >= 8 && p[6]|p[7] != 0 // 0 is none (RFC 768)
	}
	return false
}
