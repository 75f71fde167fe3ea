package wire

import (
	"encoding/binary"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

const (
	protoICMP   = 1
	icmpLen     = 8 // of an echo's header (RFC 792)
	echoReply   = 0
	echoRequest = 8
	timeToLive  = 64 // of an answer: the recommended default (RFC 1700)
)

// AnswerEcho turns an ICMP echo request to mac and addr into the reply (RFC 792), and
// reports whether it was such a request, whole and with its checksums right; other
// frames stay as they are. What follows the packet is padding and stays.
func AnswerEcho(frame []byte, mac netdev.HardwareAddr, addr IPv4) bool {
	packet, head, fault := parseIPv4(frame, protoICMP, icmpLen)
	if fault != Fine || netdev.HardwareAddr(frame[:6]) != mac || IPv4(binary.BigEndian.Uint32(packet[16:])) != addr {
		return false
	}
	message := packet[head:]
	if message[0] != echoRequest || message[1] != 0 || netbuf.Fold(netbuf.Sum(0, message)) != 0xffff {
		return false
	}
	SwapMAC(frame)
	source := binary.BigEndian.Uint32(packet[12:])
	binary.BigEndian.PutUint32(packet[12:], uint32(addr))
	binary.BigEndian.PutUint32(packet[16:], source)
	packet[8] = timeToLive
	putSum(packet[:head], 10)
	message[0] = echoReply
	putSum(message, 2)
	return true
}

// putSum writes the checksum of b (RFC 1071), which has its place at off.
func putSum(b []byte, off int) {
	binary.BigEndian.PutUint16(b[off:], 0)
	binary.BigEndian.PutUint16(b[off:], ^netbuf.Fold(netbuf.Sum(0, b)))
}
