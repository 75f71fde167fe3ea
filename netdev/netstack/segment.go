package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/netdev/netbuf"
)

// tcpFrame is a frame with a TCP segment, as it lies in a buffer to which its device may
// still write: what it says may change, where its parts are may not.
type tcpFrame struct {
	whole []byte // from the Ethernet header to the end of the data, without padding
	at    int    // of the TCP header
	data  int    // of what follows that
}

// Offsets in headers.
const (
	ip4End = header.EthernetMinimumSize + header.IPv4MinimumSize
	ip6End = header.EthernetMinimumSize + header.IPv6MinimumSize

	tcpSeq   = 4
	tcpAck   = 8
	tcpSize  = 12
	tcpFlags = 13
	tcpSum   = 16
)

// parse finds a TCP segment in a frame. Headers that are unusual, such as IP options,
// are taken for none.
func parse(b *netbuf.Buf) (s tcpFrame, ok bool) {
	f := b.Bytes()
	if b.Next() != nil || len(f) < ip4End+header.TCPMinimumSize {
		return s, false
	}
	end := 0
	switch ip := f[header.EthernetMinimumSize:]; binary.BigEndian.Uint16(f[12:]) {
	case uint16(header.IPv4ProtocolNumber):
		const fragment = 0x3fff // more of them, or an offset
		end, s.at = header.EthernetMinimumSize+int(binary.BigEndian.Uint16(ip[2:])), ip4End
		ok = ip[0] == 0x45 && binary.BigEndian.Uint16(ip[6:])&fragment == 0 && ip[9] == uint8(header.TCPProtocolNumber)
	case uint16(header.IPv6ProtocolNumber):
		end, s.at = ip6End+int(binary.BigEndian.Uint16(ip[4:])), ip6End
		ok = ip[0]>>4 == 6 && ip[6] == uint8(header.TCPProtocolNumber)
	}
	if !ok || end > len(f) || end < s.at+header.TCPMinimumSize {
		return s, false
	}
	size := int(f[s.at+tcpSize]>>4) * 4
	s.whole, s.data = f[:end], s.at+size
	return s, size >= header.TCPMinimumSize && s.data <= end
}

func (s *tcpFrame) v6() bool { return s.at == ip6End }

// addresses are those of the two stations.
func (s *tcpFrame) addresses() []byte {
	if s.v6() {
		return s.whole[ip6End-2*header.IPv6AddressSize : ip6End]
	}
	return s.whole[ip4End-2*header.IPv4AddressSize : ip4End]
}

// head is the TCP header with its options.
func (s *tcpFrame) head() []byte { return s.whole[s.at:s.data] }

// sequence and number are where the data begins, and up to where everything has arrived
// that went the other way.
func (s *tcpFrame) sequence() uint32 { return binary.BigEndian.Uint32(s.whole[s.at+tcpSeq:]) }
func (s *tcpFrame) number() uint32   { return binary.BigEndian.Uint32(s.whole[s.at+tcpAck:]) }

// sound reports whether the checksums are right; vouched is that a device says so of
// TCP's.
func (s *tcpFrame) sound(vouched bool) bool {
	const right = 0xffff
	if !s.v6() && netbuf.Fold(netbuf.Sum(0, s.whole[header.EthernetMinimumSize:ip4End])) != right {
		return false
	}
	segment := s.whole[s.at:]
	return vouched || netbuf.Fold(netbuf.Sum(netbuf.Sum(uint64(header.TCPProtocolNumber)+uint64(len(segment)), s.addresses()), segment)) == right
}
