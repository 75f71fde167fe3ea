package wire

import (
	"encoding/binary"

	"yolk/netdev"
)

// An ARP packet for Ethernet and IPv4 (RFC 826):
//
//	14 hardware, protocol   18 address lengths   20 operation
//	22 sender MAC, IP       32 target MAC, IP    42 end
const (
	arpEnd     = 42
	arpRequest = 1
	arpReply   = 2
)

// arpFixed is hardware Ethernet, protocol IPv4, addresses of 6 and 4 bytes.
const arpFixed = 0x0001_0800_06_04

// AnswerARP turns a frame that asks who has addr into the answer, mac, and
// reports whether it was such a question; other frames stay as they are.
func AnswerARP(frame []byte, mac netdev.HardwareAddr, addr IPv4) bool {
	if len(frame) < arpEnd || binary.BigEndian.Uint16(frame[12:]) != typeARP ||
		binary.BigEndian.Uint64(frame[14:])>>16 != arpFixed ||
		binary.BigEndian.Uint16(frame[20:]) != arpRequest ||
		IPv4(binary.BigEndian.Uint32(frame[38:])) != addr {
		return false
	}
	copy(frame[0:6], frame[22:28]) // back to who asked
	copy(frame[6:12], mac[:])
	binary.BigEndian.PutUint16(frame[20:], arpReply)
	copy(frame[32:42], frame[22:32]) // the sender becomes the target
	copy(frame[22:28], mac[:])
	binary.BigEndian.PutUint32(frame[28:], uint32(addr))
	return true
}
