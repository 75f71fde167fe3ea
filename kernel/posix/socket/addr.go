package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Sizes of the two socket addresses (ip(7), ipv6(7)):
//
//	sockaddr_in   family:2 port:2(be) addr:4 zero:8
//	sockaddr_in6  family:2 port:2(be) flowinfo:4 addr:16 scope_id:4
const (
	sizeofIn  = 16
	sizeofIn6 = 28
	// minIn6 is the RFC 2133 form without scope_id, which Linux still takes.
	minIn6 = 24
)

// parseAddr decodes a socket address for a socket of family. An IPv4 address
// is accepted by an IPv6 socket where Linux does, in its v4-mapped form only.
// The unspecified IPv4 address becomes the stack's "any", the empty address.
func parseAddr(b []byte, family uint16) (tcpip.FullAddress, syscall.Errno) {
	if len(b) < 2 {
		return tcpip.FullAddress{}, syscall.EINVAL
	}
	if binary.NativeEndian.Uint16(b) != family {
		return tcpip.FullAddress{}, syscall.EAFNOSUPPORT
	}
	if family == syscall.AF_INET {
		return parseIn(b)
	}
	return parseIn6(b)
}

func parseIn(b []byte) (tcpip.FullAddress, syscall.Errno) {
	if len(b) < sizeofIn {
		return tcpip.FullAddress{}, syscall.EINVAL
	}
	a := tcpip.FullAddress{Port: binary.BigEndian.Uint16(b[2:])}
	if ip := [4]byte(b[4:8]); ip != [4]byte{} {
		a.Addr = tcpip.AddrFrom4(ip)
	}
	return a, 0
}

func parseIn6(b []byte) (tcpip.FullAddress, syscall.Errno) {
	if len(b) < minIn6 {
		return tcpip.FullAddress{}, syscall.EINVAL
	}
	a := tcpip.FullAddress{Port: binary.BigEndian.Uint16(b[2:])}
	ip := [16]byte(b[8:24])
	if ip != [16]byte{} {
		a.Addr = tcpip.AddrFrom16(ip)
	}
	if len(b) >= sizeofIn6 && scoped(&ip) {
		a.NIC = tcpip.NICID(binary.NativeEndian.Uint32(b[24:]))
	}
	return a, 0
}

// scoped says whether an address means something only on one link: fe80::/10
// or a link-local or interface-local multicast group.
func scoped(ip *[16]byte) bool {
	return ip[0] == 0xfe && ip[1]&0xc0 == 0x80 || ip[0] == 0xff && (ip[1]&0xf == 1 || ip[1]&0xf == 2)
}

// putAddr encodes a for a socket of family into b, which must have room for
// sizeofIn6 bytes, and returns the encoded length. An IPv4 address on an IPv6
// socket is written v4-mapped.
func putAddr(b []byte, a tcpip.FullAddress, family uint16) int {
	clear(b[:sizeofIn6])
	binary.NativeEndian.PutUint16(b, family)
	binary.BigEndian.PutUint16(b[2:], a.Port)
	if family == syscall.AF_INET {
		if a.Addr.Len() == 4 {
			v := a.Addr.As4()
			copy(b[4:], v[:])
		}
		return sizeofIn
	}
	ip := as16(a.Addr)
	copy(b[8:], ip[:])
	if scoped(&ip) {
		binary.NativeEndian.PutUint32(b[24:], uint32(a.NIC))
	}
	return sizeofIn6
}

// as16 gives an address as 16 bytes: v4-mapped for IPv4, :: for none.
func as16(a tcpip.Address) (ip [16]byte) {
	switch a.Len() {
	case 4:
		v := a.As4()
		ip[10], ip[11] = 0xff, 0xff
		copy(ip[12:], v[:])
	case 16:
		ip = a.As16()
	}
	return ip
}
