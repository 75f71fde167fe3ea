package netstack

import (
	"bytes"
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// Whoever receives much acknowledges segment by segment, or every other, and what a burst
// brings of that says the last of it alone. The stack needs
// 12 000 instructions for each: the Raspberry Pi sent a frame for 27 200 instructions, and
// for 9 500 since only the last is left of those that a burst has side by side.

// overtaken reports whether the frame behind b makes it needless: both do nothing but
// acknowledge, on the same connection, and the other one more. It is as if b had been
// lost on its way, which TCP reckons with (RFC 5681, section 4.2: an acknowledgement
// stands for all before it). The other's checksum is looked at, so that one of the two
// arrives.
func overtaken(b, behind *netbuf.Buf) bool {
	earlier, ok1 := acknowledges(b)
	later, ok2 := acknowledges(behind)
	return ok1 && ok2 && bytes.Equal(earlier.frame[:header.EthernetMinimumSize], later.frame[:header.EthernetMinimumSize]) &&
		bytes.Equal(earlier.connection(), later.connection()) &&
		bytes.Equal(earlier.tcp[:tcpAck], later.tcp[:tcpAck]) && // ports and sequence number
		int32(earlier.number()-later.number()) < 0 && (behind.Checksum != netbuf.ChecksumUnknown || later.sound())
}

// acknowledgement is a segment without data that only acknowledges.
type acknowledgement struct {
	frame []byte // with Ethernet and IP header
	tcp   []byte
	v6    bool
}

const (
	ip4End = header.EthernetMinimumSize + header.IPv4MinimumSize
	ip6End = header.EthernetMinimumSize + header.IPv6MinimumSize

	tcpAck   = 8 // the acknowledgement number
	tcpFlags = 13
)

// stamps is how a timestamp begins, which is the one option that is not looked at (RFC
// 7323, appendix A).
const stamps = "\x01\x01\x08\x0a"

// acknowledges finds the acknowledgement in a frame. Headers that are unusual are none.
func acknowledges(b *netbuf.Buf) (a acknowledgement, ok bool) {
	f := b.Bytes()
	if b.Next() != nil || len(f) < ip4End+header.TCPMinimumSize || len(f) > maxAnswered {
		return a, false
	}
	end, at := 0, ip4End
	switch ip := f[header.EthernetMinimumSize:]; binary.BigEndian.Uint16(f[12:]) {
	case uint16(header.IPv4ProtocolNumber):
		const fragment = 0x3fff // more of them, or an offset
		end = header.EthernetMinimumSize + int(binary.BigEndian.Uint16(ip[2:]))
		ok = ip[0] == 0x45 && binary.BigEndian.Uint16(ip[6:])&fragment == 0 && ip[9] == uint8(header.TCPProtocolNumber)
	case uint16(header.IPv6ProtocolNumber):
		at, a.v6 = ip6End, true
		end = ip6End + int(binary.BigEndian.Uint16(ip[4:]))
		ok = ip[0]>>4 == 6 && ip[6] == uint8(header.TCPProtocolNumber)
	}
	if !ok || end > len(f) || end < at+header.TCPMinimumSize {
		return a, false
	}
	a.frame, a.tcp = f[:end], f[at:end] // what follows is padding
	size := int(a.tcp[12]>>4) * 4
	switch ok = size == len(a.tcp) && a.tcp[tcpFlags] == uint8(header.TCPFlagAck); size {
	case header.TCPMinimumSize:
	case header.TCPMinimumSize + 12:
		ok = ok && string(a.tcp[header.TCPMinimumSize:][:len(stamps)]) == stamps
	default:
		ok = false
	}
	return a, ok
}

// connection is the two stations' addresses.
func (a *acknowledgement) connection() []byte {
	if a.v6 {
		return a.frame[ip6End-2*header.IPv6AddressSize : ip6End]
	}
	return a.frame[ip4End-2*header.IPv4AddressSize : ip4End]
}

// number is up to where everything has arrived.
func (a *acknowledgement) number() uint32 { return binary.BigEndian.Uint32(a.tcp[tcpAck:]) }

// sound reports whether the checksums are right.
func (a *acknowledgement) sound() bool {
	pseudo := netbuf.Sum(uint64(header.TCPProtocolNumber)+uint64(len(a.tcp)), a.connection())
	const right = 0xffff
	return netbuf.Fold(netbuf.Sum(pseudo, a.tcp)) == right &&
		(a.v6 || netbuf.Fold(netbuf.Sum(0, a.frame[header.EthernetMinimumSize:ip4End])) == right)
}
