package socket

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/kernel/posix/file"
)

// procARP lists the neighbours of IPv4.
func (s *Stack) procARP() string {
	const complete, permanent = 2, 4
	var b strings.Builder
	b.WriteString("IP address       HW type     Flags       HW address            Mask     Device\n")
	for _, l := range s.Links() {
		all, err := s.net.Neighbors(tcpip.NICID(l.Index), ipv4.ProtocolNumber)
		if err != nil {
			continue // an interface without, such as lo
		}
		for _, n := range all {
			flags, hardware := complete, net.HardwareAddr(n.LinkAddr)
			switch {
			case n.State == stack.Static:
				flags |= permanent
			case n.State == stack.Incomplete || n.State == stack.Unreachable || len(hardware) == 0:
				flags, hardware = 0, make(net.HardwareAddr, 6)
			}
			fmt.Fprintf(&b, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n", n.Addr, l.Type, flags, hardware, l.Name)
		}
	}
	return b.String()
}

// procRoute6 has destination, source and next hop, metric, uses and flags.
func (s *Stack) procRoute6() string {
	const up, gateway = 1, 2
	names := map[int]string{}
	for _, l := range s.Links() {
		names[l.Index] = l.Name
	}
	var b strings.Builder
	for _, r := range s.Routes() {
		if !r.Dst.Addr().Is6() {
			continue
		}
		flags, hop := up, netip.IPv6Unspecified()
		if r.Gateway.Is6() && !r.Gateway.IsUnspecified() {
			flags, hop = up|gateway, r.Gateway
		}
		fmt.Fprintf(&b, "%x %02x %032x 00 %x %08x %08x %08x %08x %8s\n", r.Dst.Addr().AsSlice(), r.Dst.Bits(), 0, hop.AsSlice(), 0, 0, 0, flags, names[r.Index])
	}
	return b.String()
}

// procSNMP6 has the counters of RFC 4293 and 4443 that the stack keeps.
func (s *Stack) procSNMP6() string {
	var names []string
	sums := map[string]uint64{}
	for _, i := range s.net.NICInfo() {
		t, ok := i.NetworkStats[ipv6.ProtocolNumber].(*ipv6.Stats)
		if !ok {
			continue
		}
		in, out := &t.ICMP.PacketsReceived.ICMPv6PacketStats, &t.ICMP.PacketsSent.ICMPv6PacketStats
		names = names[:0]
		for _, c := range []struct {
			name string
			of   *tcpip.StatCounter
		}{
			{"Ip6InReceives", t.IP.PacketsReceived}, {"Ip6InHdrErrors", t.IP.MalformedPacketsReceived},
			{"Ip6InAddrErrors", t.IP.InvalidDestinationAddressesReceived}, {"Ip6InDelivers", t.IP.PacketsDelivered}, {"Ip6OutRequests", t.IP.PacketsSent},
			{"Icmp6InErrors", t.ICMP.PacketsReceived.Invalid}, {"Icmp6InDestUnreachs", in.DstUnreachable}, {"Icmp6InPktTooBigs", in.PacketTooBig},
			{"Icmp6InTimeExcds", in.TimeExceeded}, {"Icmp6InParmProblems", in.ParamProblem}, {"Icmp6InEchos", in.EchoRequest},
			{"Icmp6InEchoReplies", in.EchoReply}, {"Icmp6InRouterAdvertisements", in.RouterAdvert},
			{"Icmp6InNeighborSolicits", in.NeighborSolicit}, {"Icmp6InNeighborAdvertisements", in.NeighborAdvert},
			{"Icmp6OutDestUnreachs", out.DstUnreachable}, {"Icmp6OutPktTooBigs", out.PacketTooBig}, {"Icmp6OutTimeExcds", out.TimeExceeded},
			{"Icmp6OutEchos", out.EchoRequest}, {"Icmp6OutEchoReplies", out.EchoReply}, {"Icmp6OutRouterSolicits", out.RouterSolicit},
			{"Icmp6OutNeighborSolicits", out.NeighborSolicit}, {"Icmp6OutNeighborAdvertisements", out.NeighborAdvert},
		} {
			names = append(names, c.name)
			sums[c.name] += c.of.Value()
		}
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%-32s\t%d\n", name, sums[name])
	}
	return b.String()
}

// procSockstat6 counts the sockets of IPv6.
func (s *Stack) procSockstat6() string {
	counts := map[int]int{}
	for _, k := range openSockets() {
		if k.family == syscall.AF_INET6 {
			counts[int(k.typ)]++
		}
	}
	return fmt.Sprintf("TCP6: inuse %d\nUDP6: inuse %d\nRAW6: inuse %d\n", counts[syscall.SOCK_STREAM], counts[syscall.SOCK_DGRAM], counts[syscall.SOCK_RAW])
}

// procPacket lists the packet sockets.
func (s *Stack) procPacket() string {
	var b strings.Builder
	b.WriteString("sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n")
	file.Each(func(f file.File) {
		k, ok := f.(*packetSocket)
		if !ok {
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		typ := syscall.SOCK_DGRAM
		if k.raw {
			typ = syscall.SOCK_RAW
		}
		running := 0
		if k.protocol != 0 {
			running = 1
		}
		fmt.Fprintf(&b, "%016x %-6d %-4d %04x   %-5d %1d %-6d %-6d %-6d\n", 0, 2, typ, k.protocol, k.nic, running, k.bytes, 0, k.inode)
	})
	return b.String()
}
