package socket

import (
	"encoding/binary"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// control is the buffer for control messages of a recvmsg. Each message is a
// cmsghdr {len uint64, level, type int32} and its data, padded to 8 bytes
// (cmsg(3), 64-bit).
type control struct {
	b   []byte
	n   int  // bytes used
	cut bool // a message did not fit
}

const cmsgHeader = 16

func cmsgAlign(n int) int { return (n + 7) &^ 7 }

// add appends a message with room for size bytes and returns that room, nil
// when it does not fit.
func (c *control) add(level, typ, size int) []byte {
	if len(c.b)-c.n < cmsgHeader+size {
		c.cut = true
		return nil
	}
	h := c.b[c.n:]
	binary.NativeEndian.PutUint64(h, uint64(cmsgHeader+size))
	binary.NativeEndian.PutUint32(h[8:], uint32(level))
	binary.NativeEndian.PutUint32(h[12:], uint32(typ))
	c.n = min(c.n+cmsgAlign(cmsgHeader+size), len(c.b))
	return h[cmsgHeader : cmsgHeader+size]
}

// addInt appends a message of one int, as TTL, TOS and hop limit have it.
func (c *control) addInt(level, typ int, v uint32) {
	if d := c.add(level, typ, 4); d != nil {
		binary.NativeEndian.PutUint32(d, v)
	}
}

// putControl appends what the socket's options asked for. An IPv4 packet on
// an IPv6 socket shows its destination as IPV6_PKTINFO, v4-mapped.
func (k *Socket) putControl(c *control, a *arrival) {
	m := &a.ControlMessages
	if a.segment != 0 {
		c.addInt(solUDP, udpGRO, uint32(a.segment))
	}
	if k.opts.timestamp.Load() && m.HasTimestamp {
		if d := c.add(syscall.SOL_SOCKET, syscall.SO_TIMESTAMP, 16); d != nil {
			binary.NativeEndian.PutUint64(d, uint64(m.Timestamp.Unix()))
			binary.NativeEndian.PutUint64(d[8:], uint64(m.Timestamp.Nanosecond()/1000))
		}
	}
	if m.HasTOS {
		if d := c.add(syscall.IPPROTO_IP, syscall.IP_TOS, 1); d != nil {
			d[0] = m.TOS
		}
	}
	if m.HasTTL {
		c.addInt(syscall.IPPROTO_IP, syscall.IP_TTL, uint32(m.TTL))
	}
	if m.HasIPPacketInfo {
		k.putPktinfo(c, &m.PacketInfo)
	}
	if m.HasOriginalDstAddress {
		k.addOriginal(c, m.OriginalDstAddress)
	}
	if m.HasTClass {
		c.addInt(syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, m.TClass)
	}
	if m.HasHopLimit {
		c.addInt(syscall.IPPROTO_IPV6, syscall.IPV6_HOPLIMIT, uint32(m.HopLimit))
	}
	if m.HasIPv6PacketInfo {
		c.addPktinfo6(m.IPv6PacketInfo.Addr, m.IPv6PacketInfo.NIC)
	}
}

// addOriginal appends the address that a packet was sent to.
func (k *Socket) addOriginal(c *control, a tcpip.FullAddress) {
	level, typ, size := solIP, ipRecvOrigDst, sizeofIn
	if k.family == syscall.AF_INET6 {
		level, typ, size = solIPv6, ipv6RecvOrigDst, sizeofIn6
	}
	var b [sizeofIn6]byte
	putAddr(b[:], a, k.family)
	copy(c.add(level, typ, size), b[:])
}

// addPktinfo6 appends an in6_pktinfo {addr, ifindex}.
func (c *control) addPktinfo6(a tcpip.Address, nic tcpip.NICID) {
	if d := c.add(syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, 20); d != nil {
		ip := as16(a)
		copy(d, ip[:])
		binary.NativeEndian.PutUint32(d[16:], uint32(nic))
	}
}

// putPktinfo appends, for an IPv4 packet, an in_pktinfo {ifindex, spec_dst,
// addr}: the interface, the local address, and the address in the packet. An
// IPv6 socket that asked for IPV6_PKTINFO gets that, with the address v4-mapped.
func (k *Socket) putPktinfo(c *control, i *tcpip.IPPacketInfo) {
	if k.opts.pktinfo6.Load() {
		c.addPktinfo6(i.DestinationAddr, i.NIC)
	}
	if !k.opts.pktinfo4.Load() {
		return
	}
	if d := c.add(syscall.IPPROTO_IP, syscall.IP_PKTINFO, 12); d != nil {
		clear(d)
		binary.NativeEndian.PutUint32(d, uint32(i.NIC))
		copy(d[4:8], i.LocalAddr.AsSlice())
		copy(d[8:12], i.DestinationAddr.AsSlice())
	}
}

// outgoing is how a message is sent: as the stack takes it, and in which class.
type outgoing struct {
	tcpip.WriteOptions
	class   class
	segment int // divide into datagrams of that length, 0: do not
}

// outgoing is how the socket's options have messages sent.
func (k *Socket) outgoing() outgoing { return outgoing{segment: int(k.opts.segment.Load())} }

// A class is the traffic class (TOS) of a packet as IPv4 and as IPv6, each 1 more than
// its value; 0 is the socket's.
type class struct{ v4, v6 uint16 }

// setClass makes c the socket's and returns what it was, as far as c has it. The stack
// has no class by the packet: one that has its own is sent between two calls of this,
// with k.writeMu held.
func (k *Socket) setClass(c class) (old class) {
	return class{k.swapClass(tcpip.IPv4TOSOption, c.v4), k.swapClass(tcpip.IPv6TrafficClassOption, c.v6)}
}

func (k *Socket) swapClass(o tcpip.SockOptInt, c uint16) uint16 {
	if c == 0 {
		return 0
	}
	old, err := k.ep.GetSockOptInt(o)
	if err != nil || old == int(c)-1 || k.ep.SetSockOptInt(o, int(c)-1) != nil {
		return 0
	}
	return uint16(old) + 1
}

// parseControl reads the control messages of a sendmsg into o. Messages of
// other levels and unknown types are refused, as Linux does.
func (k *Socket) parseControl(b []byte, o *outgoing) syscall.Errno {
	for len(b) >= cmsgHeader {
		n := binary.NativeEndian.Uint64(b)
		if n < cmsgHeader || n > uint64(len(b)) {
			return syscall.EINVAL
		}
		level, typ := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[12:])
		if e := k.controlMessage(level, typ, b[cmsgHeader:n], o); e != 0 {
			return e
		}
		b = b[min(cmsgAlign(int(n)), len(b)):]
	}
	return 0
}

func (k *Socket) controlMessage(level, typ uint32, d []byte, o *outgoing) syscall.Errno {
	m := &o.ControlMessages
	switch {
	case level == syscall.SOL_SOCKET && typ != syscall.SCM_RIGHTS:
		return 0 // credentials and marks mean nothing here
	case level == syscall.IPPROTO_IP && typ == syscall.IP_TTL && len(d) >= 4:
		m.HasTTL, m.TTL = true, uint8(binary.NativeEndian.Uint32(d))
	case level == syscall.IPPROTO_IP && typ == syscall.IP_TOS && len(d) >= 1:
		v := uint32(d[0]) // a byte or an int (ip_cmsg_send of Linux)
		if len(d) >= 4 {
			v = binary.NativeEndian.Uint32(d)
		}
		if v > 255 {
			return syscall.EINVAL
		}
		o.class.v4 = uint16(v) + 1
	case level == syscall.IPPROTO_IP && typ == syscall.IP_PKTINFO && len(d) >= 12:
		setSource(m, binary.NativeEndian.Uint32(d), d[4:8])
	case level == syscall.IPPROTO_IPV6 && typ == syscall.IPV6_HOPLIMIT && len(d) >= 4:
		m.HasHopLimit, m.HopLimit = true, uint8(binary.NativeEndian.Uint32(d))
	case level == syscall.IPPROTO_IPV6 && typ == syscall.IPV6_TCLASS && len(d) >= 4:
		v := int32(binary.NativeEndian.Uint32(d))
		if v < -1 || v > 255 {
			return syscall.EINVAL
		}
		o.class.v6 = uint16(v + 1) // -1 is the socket's
	case level == syscall.IPPROTO_IPV6 && typ == syscall.IPV6_PKTINFO && len(d) >= 20:
		ip := d[:16]
		if [12]byte(ip) == [12]byte{10: 0xff, 11: 0xff} {
			ip = ip[12:]
		}
		setSource(m, binary.NativeEndian.Uint32(d[16:]), ip)
	case level == syscall.IPPROTO_UDP && further.control != nil:
		segment, e := further.control(k, typ, d)
		o.segment = segment
		return e
	default:
		return syscall.EINVAL
	}
	return 0
}

// setSource has a packet leave by an interface, 0 for any, from an address, zeros for any.
// The stack has one place for both, by the name of IPv6's, and is mended to take IPv4's
// (boot/overlay/gvisorfixes.go).
func setSource(m *tcpip.SendableControlMessages, nic uint32, ip []byte) {
	given := !allZero(ip)
	if nic == 0 && !given {
		return
	}
	m.HasIPv6PacketInfo, m.IPv6PacketInfo.NIC = true, tcpip.NICID(nic)
	if given {
		m.IPv6PacketInfo.Addr = tcpip.AddrFromSlice(ip)
	}
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
