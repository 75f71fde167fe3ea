package socket

import (
	"fmt"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/netmem"
)

// InterfaceStats is a snapshot of an interface's counters.
type InterfaceStats struct {
	Name                               string
	RxPackets, RxBytes, RxErrors, Drop uint64
	TxPackets, TxBytes, TxErrors       uint64
}

// TransportStats is a snapshot of the counters of TCP and UDP.
type TransportStats struct {
	TCPEstablished, TCPOpened, TCPAccepted    uint64 // now, and in total
	TCPRetransmits, TCPResets, TCPFailed      uint64
	UDPReceived, UDPSent, UDPDropped, NoRoute uint64
}

// InterfaceStats returns the counters of all interfaces by number.
func (s *Stack) InterfaceStats() []InterfaceStats {
	var all []InterfaceStats
	for _, l := range s.Links() {
		i, ok := s.net.SingleNICInfo(tcpip.NICID(l.Index))
		if !ok {
			continue
		}
		t := &i.Stats
		all = append(all, InterfaceStats{
			Name:      l.Name,
			RxPackets: t.Rx.Packets.Value(),
			RxBytes:   t.Rx.Bytes.Value(),
			RxErrors:  t.MalformedL4RcvdPackets.Value(),
			Drop:      t.DisabledRx.Packets.Value(),
			TxPackets: t.Tx.Packets.Value(),
			TxBytes:   t.Tx.Bytes.Value(),
			TxErrors:  t.TxPacketsDroppedNoBufferSpace.Value(),
		})
	}
	return all
}

// TransportStats returns the counters of TCP and UDP.
func (s *Stack) TransportStats() TransportStats {
	t := s.net.Stats()
	return TransportStats{
		TCPEstablished: t.TCP.CurrentEstablished.Value(),
		TCPOpened:      t.TCP.ActiveConnectionOpenings.Value(),
		TCPAccepted:    t.TCP.PassiveConnectionOpenings.Value(),
		TCPRetransmits: t.TCP.Retransmits.Value(),
		TCPResets:      t.TCP.ResetsReceived.Value(),
		TCPFailed:      t.TCP.FailedConnectionAttempts.Value(),
		UDPReceived:    t.UDP.PacketsReceived.Value(),
		UDPSent:        t.UDP.PacketsSent.Value(),
		UDPDropped:     t.UDP.ReceiveBufferErrors.Value(),
		NoRoute:        t.IP.OutgoingPacketErrors.Value(),
	}
}

// Dev is the content of /proc/net/dev.
func (s *Stack) Dev() string {
	var b strings.Builder
	b.WriteString("Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n")
	for _, i := range s.InterfaceStats() {
		fmt.Fprintf(&b, "%6s: %7d %7d %4d %4d    0     0          0         0 %8d %7d %4d    0    0     0       0          0\n",
			i.Name, i.RxBytes, i.RxPackets, i.RxErrors, i.Drop, i.TxBytes, i.TxPackets, i.TxErrors)
	}
	return b.String()
}

// Sockstat is the content of /proc/net/sockstat, with the budget (tcp_mem) in its
// last line; memory is in pages, as in Linux.
func (s *Stack) Sockstat() string {
	inuse, orphans, timeWait := 0, 0, 0
	for _, e := range s.net.RegisteredEndpoints() {
		ep, ok := e.(*tcp.Endpoint)
		if !ok {
			continue
		}
		inuse++
		switch ep.EndpointState() {
		case tcp.StateTimeWait:
			timeWait++
		case tcp.StateFinWait1, tcp.StateFinWait2, tcp.StateClosing, tcp.StateLastAck:
			orphans++
		}
	}
	const page = 4096
	m := netmem.Snapshot()
	return fmt.Sprintf("TCP: inuse %d orphan %d tw %d alloc %d mem %d\n"+
		"MEM: budget %d limit %d refused %d dropped %d ended %d\n",
		inuse, orphans, timeWait, inuse, m.Used/page, m.Budget/page, m.Limit/page, m.Refused, m.Dropped, s.reaper.ended.Load())
}

// plantProc makes the files of /proc/net that programs read: package net lists
// multicast groups from igmp and igmp6.
func (s *Stack) plantProc() {
	file.Generate("proc/net/dev", func() []byte { return []byte(s.Dev()) })
	file.Generate("proc/net/sockstat", func() []byte { return []byte(s.Sockstat()) })
	file.Generate("proc/net/igmp", func() []byte { return []byte(s.IGMP()) })
	file.Generate("proc/net/igmp6", func() []byte { return []byte(s.IGMP6()) })
}
