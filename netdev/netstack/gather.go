package netstack

import (
	"bytes"
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// Segments of one connection that a burst has side by side, in order and with the same
// header, are one segment to the stack, whatever it does for each costing much more than
// its bytes do. Cards that do so themselves call it receive segment coalescing, Linux
// GRO, whose conditions these are. On the Raspberry Pi a received frame costs 8 000
// instructions, and cost 23 000 without.

// maxGathered is the length of the longest such segment's frame.
const maxGathered = 60 << 10

// gather returns how many frames, the first one among them, are such segments, and the
// length of the frame that they are together. One is gathered with none, whatever it is.
func gather(bufs []*netbuf.Buf) (n, length int) {
	if len(bufs) == 1 {
		return 1, 0
	}
	first, ok := parse(bufs[0])
	if !ok || !first.carries() {
		return 1, 0
	}
	length = len(first.whole)
	next := first.sequence() + uint32(len(first.whole)-first.data)
	for n = 1; n < len(bufs); n++ {
		s, ok := parse(bufs[n])
		if !ok || !s.carries() || s.sequence() != next || !first.like(&s) || length+len(s.whole)-s.data > maxGathered || pushed(bufs[n-1], first.at) {
			break
		}
		if n == 1 && !first.sound(bufs[0].Checksum != netbuf.ChecksumUnknown) || !s.sound(bufs[n].Checksum != netbuf.ChecksumUnknown) {
			break
		}
		length += len(s.whole) - s.data
		next += uint32(len(s.whole) - s.data)
	}
	return n, length
}

// carries reports whether the segment has data, and nothing to say that its data's end
// would not: PSH is what the last of several may have.
func (s *tcpFrame) carries() bool {
	return s.data < len(s.whole) && s.head()[tcpFlags]&^uint8(header.TCPFlagPsh) == uint8(header.TCPFlagAck)
}

// pushed reports whether the segment of a buffer, whose TCP header is known to be at
// some place, is the last of what its sender had.
func pushed(b *netbuf.Buf, at int) bool {
	return b.Bytes()[at+tcpFlags]&uint8(header.TCPFlagPsh) != 0
}

// like reports whether the headers are the same but for what differs from segment to
// segment: lengths, IPv4's number, sequence numbers, PSH and checksums.
func (s *tcpFrame) like(o *tcpFrame) bool {
	a, b := s.whole, o.whole
	if s.at != o.at || s.data != o.data || !bytes.Equal(a[:header.EthernetMinimumSize+2], b[:header.EthernetMinimumSize+2]) {
		return false
	}
	const ip = header.EthernetMinimumSize
	if s.v6() {
		if !bytes.Equal(a[ip:ip+4], b[ip:ip+4]) || !bytes.Equal(a[ip+6:ip6End], b[ip+6:ip6End]) {
			return false
		}
	} else if !bytes.Equal(a[ip+6:ip+10], b[ip+6:ip+10]) || !bytes.Equal(a[ip+12:ip4End], b[ip+12:ip4End]) {
		return false
	}
	h, k := s.head(), o.head()
	return bytes.Equal(h[:tcpSeq], k[:tcpSeq]) && bytes.Equal(h[tcpAck:tcpFlags], k[tcpAck:tcpFlags]) &&
		bytes.Equal(h[tcpFlags+1:tcpSum], k[tcpFlags+1:tcpSum]) && bytes.Equal(h[tcpSum+2:], k[tcpSum+2:])
}

// joined copies gathered frames into one of that length. Its TCP checksum is not set:
// those of the segments have been looked at.
func joined(bufs []*netbuf.Buf, length int) *buffer.View {
	v := buffer.NewView(length)
	for i, b := range bufs {
		s, ok := parse(b)
		switch {
		case !ok: // its device has written to it since
		case i == 0:
			v.Write(s.whole)
		default:
			v.Write(s.whole[s.data:])
		}
	}
	if f := v.AsSlice(); len(f) >= ip4End+header.TCPMinimumSize {
		setLength(f)
		at := ip4End
		if binary.BigEndian.Uint16(f[12:]) == uint16(header.IPv6ProtocolNumber) {
			at = ip6End
		}
		if last := bufs[len(bufs)-1]; len(f) >= at+header.TCPMinimumSize && last.Len() >= at+header.TCPMinimumSize && pushed(last, at) {
			f[at+tcpFlags] |= uint8(header.TCPFlagPsh)
		}
	}
	return v
}

// setLength makes a frame's IP header say how long it is.
func setLength(f []byte) {
	ip := f[header.EthernetMinimumSize:]
	if binary.BigEndian.Uint16(f[12:]) == uint16(header.IPv6ProtocolNumber) {
		header.IPv6(ip).SetPayloadLength(uint16(len(ip) - header.IPv6MinimumSize))
		return
	}
	h := header.IPv4(ip)
	h.SetTotalLength(uint16(len(ip)))
	h.SetChecksum(0)
	binary.BigEndian.PutUint16(ip[10:], ^netbuf.Fold(netbuf.Sum(0, ip[:header.IPv4MinimumSize])))
}
