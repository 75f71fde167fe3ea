package socket

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/netlink"
)

// Requests about interfaces, netdevice(7). Each has a struct ifreq: a name of 16 bytes and a
// union of 24.
const (
	siocgifname    = 0x8910
	siocgifconf    = 0x8912
	siocgifflags   = 0x8913
	siocgifaddr    = 0x8915
	siocgifdstaddr = 0x8917
	siocgifbrdaddr = 0x8919
	siocgifnetmask = 0x891b
	siocgifmetric  = 0x891d
	siocgifmtu     = 0x8921
	siocgifhwaddr  = 0x8927
	siocgifindex   = 0x8933
	siocgiftxqlen  = 0x8942

	ifreqSize = 40
	ifName    = 16
)

type ioctls = func(s *Stack, request uintptr, arg unsafe.Pointer) syscall.Errno

// requests serves them. Use of unsafe: the argument is the caller's and not kept.
var requests ioctls = func(s *Stack, request uintptr, arg unsafe.Pointer) syscall.Errno {
	if request>>8 != siocgifname>>8 {
		return syscall.ENOTTY
	}
	if arg == nil {
		return syscall.EFAULT
	}
	s.interfaces.wait()
	if request == siocgifconf {
		return s.ifconf((*ifconf)(arg))
	}
	return s.ifreq(request, file.Bytes(arg, ifreqSize))
}

// ifreq answers a request for one interface, by name but for SIOCGIFNAME.
func (s *Stack) ifreq(request uintptr, r []byte) syscall.Errno {
	name, union := string(bytes.TrimRight(r[:ifName], "\x00")), r[ifName:]
	if request == siocgifname {
		name = ""
	}
	for _, l := range s.Links() {
		if l.Name == name || request == siocgifname && l.Index == int(int32(binary.NativeEndian.Uint32(union))) {
			return s.answer(request, r, &l)
		}
	}
	return syscall.ENODEV
}

func (s *Stack) answer(request uintptr, r []byte, l *netlink.Link) syscall.Errno {
	if e, ok := s.setInterface(request, r, tcpip.NICID(l.Index)); ok {
		return e
	}
	union := r[ifName:]
	number := func(n int) syscall.Errno {
		binary.NativeEndian.PutUint32(union, uint32(n))
		return 0
	}
	switch request {
	case siocgifname:
		clear(r[copy(r[:ifName-1], l.Name):ifName])
	case siocgifflags:
		binary.NativeEndian.PutUint16(union, uint16(l.Flags))
	case siocgifindex:
		return number(l.Index)
	case siocgifmtu:
		return number(int(l.MTU))
	case siocgifmetric:
		return number(0)
	case siocgiftxqlen:
		return number(1000)
	case siocgifhwaddr:
		clear(union)
		binary.NativeEndian.PutUint16(union, l.Type)
		copy(union[2:], l.Hardware)
	case siocgifaddr, siocgifdstaddr, siocgifbrdaddr, siocgifnetmask:
		for _, a := range s.Addrs() {
			if a.Index == l.Index && a.Prefix.Addr().Is4() {
				putIn(union, addressFor(request, &a))
				return 0
			}
		}
		return syscall.EADDRNOTAVAIL
	default:
		return syscall.EOPNOTSUPP
	}
	return 0
}

// addressFor is the address, its mask, or that of all in its network.
func addressFor(request uintptr, a *netlink.Addr) [4]byte {
	ip := a.Prefix.Addr().As4()
	mask := ^uint32(0) << (32 - a.Prefix.Bits())
	if a.Prefix.Bits() == 0 {
		mask = 0
	}
	switch n := binary.BigEndian.Uint32(ip[:]); request {
	case siocgifnetmask:
		binary.BigEndian.PutUint32(ip[:], mask)
	case siocgifbrdaddr:
		binary.BigEndian.PutUint32(ip[:], n|^mask)
	}
	return ip
}

// putIn writes a sockaddr_in.
func putIn(b []byte, ip [4]byte) {
	clear(b[:sizeofIn])
	binary.NativeEndian.PutUint16(b, syscall.AF_INET)
	copy(b[4:], ip[:])
}

// ifconf is struct ifconf.
type ifconf struct {
	length int32
	buffer unsafe.Pointer
}

// ifconf lists the addresses of IPv4, an ifreq each; without a buffer how long that is.
func (s *Stack) ifconf(c *ifconf) syscall.Errno {
	var list []byte
	for _, a := range s.Addrs() {
		if !a.Prefix.Addr().Is4() {
			continue
		}
		var r [ifreqSize]byte
		copy(r[:ifName-1], a.Name)
		putIn(r[ifName:], a.Prefix.Addr().As4())
		list = append(list, r[:]...)
	}
	switch {
	case c.buffer == nil:
		c.length = int32(len(list))
	case c.length < 0:
		return syscall.EINVAL
	default:
		room := int(c.length) / ifreqSize * ifreqSize
		c.length = int32(copy(file.Bytes(c.buffer, uintptr(room)), list))
	}
	return 0
}
