package netstack

import (
	"bytes"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// Whoever receives much acknowledges segment by segment, or every other, and what a burst
// brings of that says the last of it alone. The stack needs 12 000 instructions for each:
// the Raspberry Pi sent a frame for 27 200 instructions, and for 9 500 since only the last
// is left of those that a burst has side by side.

// overtaken reports whether the frame behind b makes it needless: both do nothing but
// acknowledge, on the same connection, and the other one more. It is as if b had been
// lost on its way, which TCP reckons with (RFC 5681, section 4.2: an acknowledgement
// stands for all before it). The other's checksum is looked at, so that one of the two
// arrives.
func overtaken(b, behind *netbuf.Buf) bool {
	earlier, ok := parse(b)
	if !ok || !earlier.acknowledges() {
		return false
	}
	later, ok := parse(behind)
	return ok && later.acknowledges() &&
		bytes.Equal(earlier.whole[:header.EthernetMinimumSize], later.whole[:header.EthernetMinimumSize]) &&
		bytes.Equal(earlier.addresses(), later.addresses()) &&
		bytes.Equal(earlier.head()[:tcpAck], later.head()[:tcpAck]) && // ports and sequence number
		int32(earlier.number()-later.number()) < 0 && later.sound(behind.Checksum != netbuf.ChecksumUnknown)
}

// stamps is how a timestamp begins, which is the one option that is not looked at (RFC
// 7323, appendix A).
const stamps = "\x01\x01\x08\x0a"

// acknowledges reports whether the segment does nothing else.
func (s *tcpFrame) acknowledges() bool {
	head := s.head()
	if s.data != len(s.whole) || head[tcpFlags] != uint8(header.TCPFlagAck) {
		return false
	}
	options := head[header.TCPMinimumSize:]
	return len(options) == 0 || len(options) == 12 && string(options[:len(stamps)]) == stamps
}
