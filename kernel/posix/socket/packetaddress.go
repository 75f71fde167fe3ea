package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// linuxKind is PACKET_HOST, PACKET_BROADCAST, ...
func linuxKind(kind tcpip.PacketType) byte {
	switch kind {
	case tcpip.PacketBroadcast:
		return 1
	case tcpip.PacketMulticast:
		return 2
	case tcpip.PacketOtherHost:
		return 3
	case tcpip.PacketOutgoing:
		return 4
	}
	return 0
}

// hardware is an interface's ARPHRD_.
func (s *Stack) hardware(nic tcpip.NICID) uint16 {
	if nic == loID {
		return syscall.ARPHRD_LOOPBACK
	}
	return syscall.ARPHRD_ETHER
}

// A linkAddress is what of a struct sockaddr_ll counts when it is given.
type linkAddress struct {
	nic      tcpip.NICID
	protocol uint16
	station  []byte
}

// sizeofLink is that of struct sockaddr_ll: family:2 protocol:2(be) ifindex:4 hatype:2
// pkttype:1 halen:1 addr:8. An address may end with its station's.
const (
	sizeofLink = 20
	linkAddr   = 12
)

func parseLink(b []byte) (a linkAddress, e syscall.Errno) {
	switch {
	case len(b) < sizeofLink:
		return a, syscall.EINVAL
	case binary.NativeEndian.Uint16(b) != syscall.AF_PACKET:
		return a, syscall.EINVAL
	}
	a.protocol, a.nic = binary.BigEndian.Uint16(b[2:]), tcpip.NICID(binary.NativeEndian.Uint32(b[4:]))
	a.station = b[linkAddr : linkAddr+header.EthernetAddressSize]
	return a, 0
}

// putLink writes a struct sockaddr_ll.
func (k *packetSocket) putLink(nic tcpip.NICID, protocol uint16, kind byte, station []byte) (b [sizeofLink]byte) {
	binary.NativeEndian.PutUint16(b[:], syscall.AF_PACKET)
	binary.BigEndian.PutUint16(b[2:], protocol)
	binary.NativeEndian.PutUint32(b[4:], uint32(nic))
	if nic != 0 {
		binary.NativeEndian.PutUint16(b[8:], k.stack.hardware(nic))
		b[11] = byte(copy(b[linkAddr:], station))
	}
	b[10] = kind
	return b
}

// bind takes an interface, 0 for all, and a protocol, 0 for the one that it has.
func (k *packetSocket) bind(b []byte) syscall.Errno {
	a, e := parseLink(b)
	switch {
	case e != 0:
		return e
	case a.nic != 0 && !k.stack.net.HasNIC(a.nic):
		return syscall.ENODEV
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.nic = a.nic
	if a.protocol != 0 {
		k.protocol = a.protocol
	}
	return 0
}
