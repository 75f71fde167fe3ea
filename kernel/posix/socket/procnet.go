package socket

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/kernel/posix/file"
)

// eachTable calls see with the files of /proc/net that Linux has as well (proc(5)).
func eachTable(see func(name string, text func(*Stack) string)) {
	see("tcp", func(s *Stack) string { return s.tcpTable(false) })
	see("tcp6", func(s *Stack) string { return s.tcpTable(true) })
	see("udp", func(s *Stack) string { return s.udpTable(false) })
	see("udp6", func(s *Stack) string { return s.udpTable(true) })
	see("route", (*Stack).procRoute)
	see("if_inet6", (*Stack).procInet6)
	see("ipv6_route", (*Stack).procRoute6)
	see("arp", (*Stack).procARP)
	see("snmp", (*Stack).procSNMP)
	see("netstat", (*Stack).procNetstat)
	see("softnet_stat", (*Stack).procSoftnet)
	see("snmp6", (*Stack).procSNMP6)
	see("sockstat6", (*Stack).procSockstat6)
	see("packet", (*Stack).procPacket)
}

// A socketTable is one such file in the making: what is of IPv6, or speaks both, is in one
// of its own.
type socketTable struct {
	strings.Builder
	six   bool
	lines int
}

func newSocketTable(six bool, more string) *socketTable {
	b := &socketTable{six: six}
	width := 8
	if six {
		width = 32
	}
	fmt.Fprintf(b, "  sl  %-*s %-*s st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode%s\n", width+5, "local_address", width+5, "rem_address", more)
	return b
}

// add adds a line for an endpoint. more is what the protocol has at its end.
func (b *socketTable) add(ep tcpip.Endpoint, state byte, inode uint64, more string) {
	id := ep.Info().(*stack.TransportEndpointInfo).ID
	// -1 where the stack does not count it.
	out, _ := ep.GetSockOptInt(tcpip.SendQueueSizeOption)
	in, _ := ep.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	fmt.Fprintf(b, "%4d: %s %s %02X %08X:%08X 00:00000000 00000000     0        0 %d %s\n", b.lines,
		hexAddr(id.LocalAddress, id.LocalPort, b.six), hexAddr(id.RemoteAddress, id.RemotePort, b.six), state, max(out, 0), max(in, 0), inode, more)
	b.lines++
}

// openSockets are those that have a descriptor.
func openSockets() (all []*Socket) {
	file.Each(func(f file.File) {
		if k, ok := f.(*Socket); ok {
			all = append(all, k)
		}
	})
	return all
}

func (s *Stack) tcpTable(six bool) string {
	b, owners := newSocketTable(six, ""), map[tcpip.Endpoint]*Socket{}
	for _, k := range openSockets() {
		owners[k.ep] = k
	}
	seen := map[*tcp.Endpoint]bool{}
	for _, e := range s.net.RegisteredEndpoints() {
		ep, ok := e.(*tcp.Endpoint)
		if !ok || seen[ep] { // it is registered once for each version of IP
			continue
		}
		seen[ep] = true
		owner, inode := owners[ep], uint64(0)
		isSix := ep.Info().(*stack.TransportEndpointInfo).NetProto == header.IPv6ProtocolNumber
		if owner != nil {
			isSix, inode = owner.family == syscall.AF_INET6, owner.inode
		}
		if isSix == six {
			b.add(ep, linuxState(ep.EndpointState()), inode, "1 0000000000000000 100 0 0 10 0")
		}
	}
	return b.String()
}

func (s *Stack) udpTable(six bool) string {
	b := newSocketTable(six, " ref pointer drops")
	for _, k := range openSockets() {
		if k.typ != syscall.SOCK_DGRAM || k.proto != syscall.IPPROTO_UDP || (k.family == syscall.AF_INET6) != six {
			continue
		}
		id := k.ep.Info().(*stack.TransportEndpointInfo).ID
		if id.LocalPort == 0 {
			continue
		}
		state := byte(closed) // of datagrams, Linux says so
		if id.RemotePort != 0 {
			state = linuxState(tcp.StateEstablished)
		}
		b.add(k.ep, state, k.inode, "2 0000000000000000 0")
	}
	return b.String()
}

// hexAddr is an address in words of the machine, and a port.
func hexAddr(a tcpip.Address, port uint16, six bool) string {
	ip := make([]byte, 4)
	if six {
		ip = make([]byte, 16)
		if a.Len() != 0 {
			full := as16(a)
			copy(ip, full[:])
		}
	} else {
		copy(ip, a.AsSlice())
	}
	text := ""
	for ; len(ip) > 0; ip = ip[4:] {
		text += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(ip))
	}
	return text + fmt.Sprintf(":%04X", port)
}

func (s *Stack) procRoute() string {
	const up, gateway = 1, 2
	var b strings.Builder
	b.WriteString("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n")
	names := map[int]string{}
	for _, l := range s.Links() {
		names[l.Index] = l.Name
	}
	word := func(ip netip.Addr) uint32 { b := ip.As4(); return binary.NativeEndian.Uint32(b[:]) }
	for _, r := range s.Routes() {
		if !r.Dst.Addr().Is4() {
			continue
		}
		flags, gw := up, uint32(0)
		if r.Gateway.Is4() && !r.Gateway.IsUnspecified() {
			flags, gw = up|gateway, word(r.Gateway)
		}
		var mask [4]byte
		if bits := r.Dst.Bits(); bits > 0 {
			binary.BigEndian.PutUint32(mask[:], ^uint32(0)<<(32-bits))
		}
		fmt.Fprintf(&b, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n", names[r.Index], word(r.Dst.Addr()), gw, flags, binary.NativeEndian.Uint32(mask[:]))
	}
	return b.String()
}

// procInet6 has address, interface, prefix length, scope and flags.
func (s *Stack) procInet6() string {
	const linkScope, hostScope = 0x20, 0x10
	var b strings.Builder
	for _, a := range s.Addrs() {
		ip := a.Prefix.Addr()
		if !ip.Is6() {
			continue
		}
		scope := 0
		switch {
		case ip.IsLoopback():
			scope = hostScope
		case ip.IsLinkLocalUnicast():
			scope = linkScope
		}
		fmt.Fprintf(&b, "%x %02x %02x %02x %02x %8s\n", ip.AsSlice(), a.Index, a.Prefix.Bits(), scope, a.Flags(), a.Name)
	}
	return b.String()
}
