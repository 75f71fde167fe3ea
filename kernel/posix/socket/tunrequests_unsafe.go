package socket

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/kernel/posix/file"
)

// Requests about tunnels (include/uapi/linux/if_tun.h), and those that set what an interface
// has, which only a tunnel's lets.
const (
	tunSetIff      = 0x400454ca
	tunSetPersist  = 0x400454cb
	tunGetFeatures = 0x800454cf
	tunGetIff      = 0x800454d2

	iffTun  = 0x0001
	iffTap  = 0x0002
	iffNoPI = 0x1000 // nothing stands before a packet

	siocsifflags   = 0x8914
	siocsifaddr    = 0x8916
	siocsifnetmask = 0x891c
	siocsifmtu     = 0x8922
)

// Ioctl answers TUNSETIFF and what belongs to it. Use of unsafe: the argument is the
// caller's and not kept.
func (f *tunnel) Ioctl(request uintptr, arg unsafe.Pointer) (uintptr, syscall.Errno) {
	l := f.link.Load()
	switch {
	case request == tunSetPersist: // its argument is a number; the interface goes all the same
		return 0, 0
	case arg == nil:
		return 0, syscall.EFAULT
	case request == tunGetFeatures:
		*(*uint32)(arg) = iffTun | iffTap | iffNoPI
		return 0, 0
	case request == tunSetIff:
		return 0, f.attach(file.Bytes(arg, ifreqSize))
	case request == tunGetIff && l == nil:
		return 0, syscall.EBADFD
	case request == tunGetIff:
		r := file.Bytes(arg, ifreqSize)
		clear(r[copy(r[:ifName], l.name):])
		binary.NativeEndian.PutUint16(r[ifName:], l.flags())
		return 0, 0
	}
	return 0, syscall.ENOTTY
}

// flags are those of TUNSETIFF that hold.
func (l *tunLink) flags() uint16 {
	if l.frame != 0 {
		return iffTap | iffNoPI
	}
	return iffTun | iffNoPI
}

// attach serves TUNSETIFF, and tells the name. Of the other flags none is in use, as
// TUNGETIFF says; a program that does not set IFF_NO_PI cannot do without.
func (f *tunnel) attach(r []byte) syscall.Errno {
	flags := binary.NativeEndian.Uint16(r[ifName:])
	kind := flags & (iffTun | iffTap)
	if kind != iffTun && kind != iffTap || flags&iffNoPI == 0 {
		return syscall.EINVAL
	}
	v := serving.Load()
	if v == nil {
		return syscall.ENODEV
	}
	s, e := v.wait()
	if e != 0 {
		return e
	}
	s.interfaces.wait()
	name := string(bytes.TrimRight(r[:ifName], "\x00"))
	if e := f.begin(s, name, kind == iffTap); e != 0 {
		return e
	}
	clear(r[copy(r[:ifName], f.link.Load().name):ifName])
	return 0
}

// setInterface serves the requests that change an interface; ok is false for others.
func (s *Stack) setInterface(request uintptr, r []byte, id tcpip.NICID) (e syscall.Errno, ok bool) {
	switch request {
	case siocsifflags, siocsifaddr, siocsifnetmask, siocsifmtu:
	default:
		return 0, false
	}
	l := s.tunLinkOf(id)
	if l == nil {
		return syscall.EPERM, true
	}
	union := r[ifName:]
	switch request {
	case siocsifflags:
		return l.raise(binary.NativeEndian.Uint16(union)&syscall.IFF_UP != 0), true
	case siocsifmtu:
		n := binary.NativeEndian.Uint32(union)
		if n < header.IPv4MinimumMTU || n > maxTunMTU {
			return syscall.EINVAL, true
		}
		l.ep.SetMTU(n + l.frame)
		return 0, true
	}
	if binary.NativeEndian.Uint16(union) != syscall.AF_INET {
		return syscall.EINVAL, true
	}
	ip := [4]byte(union[4:])
	if request == siocsifaddr {
		return l.setAddress(netip.PrefixFrom(netip.AddrFrom4(ip), 32)), true
	}
	mask := tcpip.MaskFromBytes(ip[:])
	had := l.address()
	if !had.IsValid() {
		return syscall.EADDRNOTAVAIL, true
	}
	return l.setAddress(netip.PrefixFrom(had.Addr(), mask.Prefix())), true
}

// raise brings the interface up, or down.
func (l *tunLink) raise(up bool) syscall.Errno {
	change := l.s.net.DisableNIC
	if up {
		change = l.s.net.EnableNIC
	}
	if err := change(l.id); err != nil {
		return syscall.ENODEV
	}
	return 0
}

// address is the interface's of IPv4, not valid if it has none.
func (l *tunLink) address() netip.Prefix {
	for _, a := range l.s.Addrs() {
		if a.Index == int(l.id) && a.Prefix.Addr().Is4() {
			return a.Prefix
		}
	}
	return netip.Prefix{}
}

// setAddress gives the interface its only address of IPv4, and the route to its network.
func (l *tunLink) setAddress(p netip.Prefix) syscall.Errno {
	if had := l.address(); had.IsValid() {
		l.s.unassign(l.id, had)
	}
	if p.Addr().IsUnspecified() {
		return 0
	}
	a := address(p.Addr())
	if err := l.s.addAddress(l.id, a, p.Bits()); err != nil {
		return syscall.EINVAL
	}
	l.s.setRoutes(l.id, subnet(a, p.Bits()))
	return 0
}
