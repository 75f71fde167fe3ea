package socket

import (
	"fmt"
	"runtime"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

// count is how often something happened, as the counters say that are for it.
type count []*tcpip.StatCounter

func (c count) String() string {
	n := uint64(0)
	for _, one := range c {
		n += one.Value()
	}
	return fmt.Sprint(n)
}

// statLines appends a line of names and one of values, which are given in turn.
func statLines(b *strings.Builder, name string, fields ...any) {
	head, values := name+":", name+":"
	for i := 0; i < len(fields); i += 2 {
		value := fields[i+1]
		if c, ok := value.(*tcpip.StatCounter); ok {
			value = count{c}
		}
		head, values = head+" "+fields[i].(string), values+fmt.Sprint(" ", value)
	}
	b.WriteString(head + "\n" + values + "\n")
}

// ipv4Stats are the interfaces' counters.
type ipv4Stats []*ipv4.Stats

func (s *Stack) ipv4Stats() (all ipv4Stats) {
	for _, i := range s.net.NICInfo() {
		if t, ok := i.NetworkStats[ipv4.ProtocolNumber].(*ipv4.Stats); ok {
			all = append(all, t)
		}
	}
	return all
}

func (all ipv4Stats) of(counters ...func(*ipv4.Stats) *tcpip.StatCounter) (c count) {
	for _, one := range all {
		for _, of := range counters {
			c = append(c, of(one))
		}
	}
	return c
}

// procSNMP has the counters of RFC 4293, 4022, 4113 and, for ICMP, 2011 that the stack
// keeps, 0 for the rest. UDP's and TCP's are those of IPv6 as well.
func (s *Stack) procSNMP() string {
	t, all := s.net.Stats(), s.ipv4Stats()
	var b strings.Builder
	ip := func(of func(*tcpip.IPStats) *tcpip.StatCounter) count {
		return all.of(func(s *ipv4.Stats) *tcpip.StatCounter { return of(&s.IP) })
	}
	statLines(&b, "Ip", "Forwarding", 2, "DefaultTTL", 64,
		"InReceives", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.PacketsReceived }),
		"InHdrErrors", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.MalformedPacketsReceived }),
		"InAddrErrors", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.InvalidDestinationAddressesReceived }),
		"ForwDatagrams", 0, "InUnknownProtos", 0, "InDiscards", 0,
		"InDelivers", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.PacketsDelivered }),
		"OutRequests", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.PacketsSent }), "OutDiscards", 0,
		"OutNoRoutes", ip(func(s *tcpip.IPStats) *tcpip.StatCounter { return s.OutgoingPacketErrors }),
		"ReasmTimeout", 0, "ReasmReqds", 0, "ReasmOKs", 0, "ReasmFails", 0, "FragOKs", 0, "FragFails", 0, "FragCreates", 0)
	icmpLines(&b, all)
	statLines(&b, "Tcp", "RtoAlgorithm", 1, "RtoMin", 200, "RtoMax", 120000, "MaxConn", -1, "ActiveOpens", t.TCP.ActiveConnectionOpenings,
		"PassiveOpens", t.TCP.PassiveConnectionOpenings, "AttemptFails", t.TCP.FailedConnectionAttempts, "EstabResets", t.TCP.EstablishedResets,
		"CurrEstab", t.TCP.CurrentEstablished, "InSegs", t.TCP.ValidSegmentsReceived, "OutSegs", t.TCP.SegmentsSent,
		"RetransSegs", t.TCP.Retransmits, "InErrs", t.TCP.InvalidSegmentsReceived, "OutRsts", t.TCP.ResetsSent, "InCsumErrors", t.TCP.ChecksumErrors)
	statLines(&b, "Udp", "InDatagrams", t.UDP.PacketsReceived, "NoPorts", t.UDP.UnknownPortErrors, "InErrors", t.UDP.MalformedPacketsReceived,
		"OutDatagrams", t.UDP.PacketsSent, "RcvbufErrors", t.UDP.ReceiveBufferErrors, "SndbufErrors", t.UDP.PacketSendErrors,
		"InCsumErrors", t.UDP.ChecksumErrors, "IgnoredMulti", 0)
	return b.String()
}

// icmpKinds are the messages of ICMP, by what their columns' names end with.
var icmpKinds = [...]struct {
	name string
	of   func(*tcpip.ICMPv4PacketStats) *tcpip.StatCounter
}{
	{"DestUnreachs", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.DstUnreachable }},
	{"TimeExcds", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.TimeExceeded }},
	{"ParmProbs", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.ParamProblem }},
	{"SrcQuenchs", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.SrcQuench }},
	{"Redirects", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.Redirect }},
	{"Echos", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.EchoRequest }},
	{"EchoReps", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.EchoReply }},
	{"Timestamps", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.Timestamp }},
	{"TimestampReps", func(s *tcpip.ICMPv4PacketStats) *tcpip.StatCounter { return s.TimestampReply }},
}

// icmpLines appends the messages that came and were sent, all and of each kind.
func icmpLines(b *strings.Builder, all ipv4Stats) {
	invalid := all.of(func(s *ipv4.Stats) *tcpip.StatCounter { return s.ICMP.PacketsReceived.Invalid })
	dropped := all.of(func(s *ipv4.Stats) *tcpip.StatCounter { return s.ICMP.PacketsSent.Dropped })
	var came, sent count
	var in, out []any
	for _, k := range icmpKinds {
		i := all.of(func(s *ipv4.Stats) *tcpip.StatCounter { return k.of(&s.ICMP.PacketsReceived.ICMPv4PacketStats) })
		o := all.of(func(s *ipv4.Stats) *tcpip.StatCounter { return k.of(&s.ICMP.PacketsSent.ICMPv4PacketStats) })
		came, in = append(came, i...), append(in, "In"+k.name, i)
		sent, out = append(sent, o...), append(out, "Out"+k.name, o)
	}
	fields := append([]any{"InMsgs", append(came, invalid...), "InErrors", invalid}, in...)
	fields = append(fields, "OutMsgs", sent, "OutErrors", dropped)
	statLines(b, "Icmp", append(fields, out...)...)
}

// procNetstat has what the stack counts of Linux's further counters, and not those that it
// does not count: readers go by the names (Linux, Documentation/networking/snmp_counter.rst).
func (s *Stack) procNetstat() string {
	t := s.net.Stats().TCP
	overflows := count{t.ListenOverflowSynDrop, t.ListenOverflowAckDrop}
	var b strings.Builder
	statLines(&b, "TcpExt", "SyncookiesSent", t.ListenOverflowSynCookieSent, "SyncookiesRecv", t.ListenOverflowSynCookieRcvd,
		"SyncookiesFailed", t.ListenOverflowInvalidSynCookieRcvd, "ListenOverflows", overflows, "ListenDrops", overflows,
		"TCPRenoRecovery", t.FastRecovery, "TCPSackRecovery", t.SACKRecovery, "TCPFastRetrans", t.FastRetransmit,
		"TCPSlowStartRetrans", t.SlowStartRetransmits, "TCPTimeouts", t.Timeouts, "TCPLossProbeRecovery", t.TLPRecovery,
		"TCPSpuriousRTOs", t.SpuriousRTORecovery, "TCPDSACKRecvSegs", t.SegmentsAckedWithDSACK)
	return b.String()
}

// A Receiver is a link endpoint that takes packets from queues, each of which interrupts
// the processor with its number: netstack's.
type Receiver interface {
	// Received returns how many packets came by a queue, and how often more were there than
	// are taken at once; 0 for a queue that there is not.
	Received(queue int) (packets, squeezed uint64)
}

// procSoftnet has what came by each processor's queues of all cards. There is no backlog
// between a queue and the stack, which could overflow, and no packet goes to another processor.
func (s *Stack) procSoftnet() string {
	s.taps.mu.Lock()
	links := s.taps.links
	s.taps.mu.Unlock()
	var b strings.Builder
	for cpu := range runtime.NumCPU() {
		var packets, squeezed uint64
		for _, l := range links {
			if r, ok := l.ep.(Receiver); ok {
				p, q := r.Received(cpu)
				packets, squeezed = packets+p, squeezed+q
			}
		}
		fmt.Fprintf(&b, "%08x %08x %08x", uint32(packets), 0, uint32(squeezed))
		for range 9 { // not in use since 2.6, and of the backlog
			b.WriteString(" 00000000")
		}
		fmt.Fprintf(&b, " %08x\n", cpu)
	}
	return b.String()
}
