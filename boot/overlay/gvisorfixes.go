package overlay

import _ "embed"

// gvisorFixes mend what a server cannot live with; boot/overlay/testdata has a
// program for each defect of TCP that fails without it.
var gvisorFixes = []edit{
	// A buffer of random bytes, of which two machines that go on from one snapshot would
	// both use the rest.
	{"pkg/rand/rand_linux.go", "var Reader io.Reader = &bufferedReader{r: bufio.NewReader(&reader{})}\n", "var Reader io.Reader = &reader{}\n", 1},

	// The window field of TCP counts in units of 128 bytes, so that a window of 40
	// bytes, part of a larger one before, is offered as none. The peer may have sent
	// those 40 bytes already, and its acknowledgements come from behind them; gVisor
	// does not accept either, for its window is closed. If its own program waits for
	// these acknowledgements before it reads on, as an echo server does, both sides
	// wait for ever. The test of what is acceptable now counts the units up.
	{receiverFile, "\tscaledWindowSize := r.rcvWnd >> r.RcvWndScale\n", "\tscaledWindowSize := (r.rcvWnd + 1<<r.RcvWndScale - 1) >> r.RcvWndScale\n", 1},

	// A processor that finds a connection locked, by a timer for example, puts it
	// back into its queue and takes it out again at once, and on a single processor
	// the holder of the lock never gets to run.
	{processorFile, "\t\t\t\t\tp.epQ.enqueue(ep)\n", "\t\t\t\t\tp.epQ.enqueue(ep)\n\t\t\t\t\truntime.Gosched()\n", 1},
	{processorFile, "\t\"math/rand\"\n\t\"time\"\n", "\t\"math/rand\"\n\t\"runtime\"\n\t\"time\"\n", 1},

	// Each request was acknowledged before the program had read it, and again by its
	// answer: a packet, and under a hypervisor an exit, for nothing.
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\tdelayed           delayedAck\n", 1},
	{protocolFile, "\tdispatcher dispatcher\n", "\tdispatcher dispatcher\n\tacks       acknowledger\n", 1},
	{connectFile, "\tif e.rcv.RcvNxt != e.snd.MaxSentAck {\n", "\tif e.rcv.RcvNxt != e.snd.MaxSentAck && !e.postpone() {\n", 1},

	// A connection sends what its window allows, whether the link keeps up or not,
	// and ten of them fill any queue. Where the link says that it does not, each has
	// one segment under way; the next acknowledgement has it look again.
	{senderFile, "\tfor seg := s.writeNext; seg != nil && s.Outstanding < s.SndCwnd; seg = seg.Next() {\n",
		"\tfor seg := s.writeNext; seg != nil && s.Outstanding < s.SndCwnd; seg = seg.Next() {\n" +
			"\t\tif s.Outstanding > 0 && s.ep.route.Congested() {\n\t\t\tbreak\n\t\t}\n", 1},
	// Nor is what waits in such a link's queue lost: a timer that expires meanwhile
	// is set once more. To send again all that waits made the queue longer yet.
	{senderFile, resendExpired, resendExpired + "\tif s.ep.route.Congested() {\n\t\ts.resendTimer.enable(s.RTO)\n\t\treturn nil\n\t}\n\n", 1},
	{lossFile, probeExpired, probeExpired + "\tif s.ep.route.Congested() {\n\t\ts.resendTimer.enable(s.RTO)\n\t\treturn nil\n\t}\n\n", 1},

	// Each acknowledgement released a segment as long as what it acknowledged, two
	// packets where 45 fit into one for the card to divide.
	{senderFile, "\t\t\tlimit = int(cwndLimit)\n\t\t}\n", "\t\t\tlimit = int(cwndLimit)\n\t\t}\n\t\tif s.awaitsRoom(seg, limit, end) {\n\t\t\tbreak\n\t\t}\n", 1},

	// A tail loss probe was due two round trips, of a millisecond, after what it repeats,
	// and was sent whenever a processor on the way was busy for so long. Linux adds two
	// ticks of its clock (TCP_TIMEOUT_MIN), and so is that counted here.
	{lossFile, "\t\t\tpto += wcDelayedACKTimeout\n\t\t}\n", "\t\t\tpto += wcDelayedACKTimeout\n\t\t} else {\n\t\t\tpto += 8 * time.Millisecond\n\t\t}\n", 1},

	// The source of a datagram can be given with it (IP_PKTINFO), but that of IPv4 was not
	// looked at: a server on several addresses answered from another than was asked.
	{datagramFile, "ipv6PktInfoValid := e.effectiveNetProto == header.IPv6ProtocolNumber && opts.", "ipv6PktInfoValid := opts.", 1},
	{datagramFile, "CheckLocalAddress(pktInfoNICID, header.IPv6ProtocolNumber, info", "CheckLocalAddress(pktInfoNICID, protocolOf(info.ID.LocalAddress), info", 1},
	{datagramFile, "CheckLocalAddress(nicID, header.IPv6ProtocolNumber, pktInfoAddr)", "CheckLocalAddress(nicID, protocolOf(pktInfoAddr), pktInfoAddr)", 1},
	{datagramFile, "// WritePacketInfo is the properties of a packet that may be written.\n", `func protocolOf(a tcpip.Address) tcpip.NetworkProtocolNumber {
	if a.BitLen() == header.IPv4AddressSizeBits {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// WritePacketInfo is the properties of a packet that may be written.
`, 1},

	{routeFile, "// MTU returns the MTU of the route if present,", `// Congested reports whether the link of this route says that it is.
func (r *Route) Congested() bool {
	if r.outgoingNIC == nil {
		return false
	}
	ep, ok := r.outgoingNIC.NetworkLinkEndpoint.(interface{ Congested() bool })
	return ok && ep.Congested()
}

// MTU returns the MTU of the route if present,`, 1},
}

const (
	receiverFile  = "pkg/tcpip/transport/tcp/rcv.go"
	senderFile    = "pkg/tcpip/transport/tcp/snd.go"
	lossFile      = "pkg/tcpip/transport/tcp/rack.go"
	processorFile = "pkg/tcpip/transport/tcp/dispatcher.go"
	protocolFile  = "pkg/tcpip/transport/tcp/protocol.go"
	routeFile     = "pkg/tcpip/stack/route.go"
	datagramFile  = "pkg/tcpip/transport/internal/network/endpoint.go"
)

//go:embed files/acknowledge_gvisor.go.txt
var acknowledgeText string

const (
	resendExpired = "\tif s.resendTimer.isUninitialized() || !s.resendTimer.checkExpiration() {\n\t\treturn nil\n\t}\n\n"
	probeExpired  = "\tif s.probeTimer.isUninitialized() || !s.probeTimer.checkExpiration() {\n\t\treturn nil\n\t}\n\n"
)

//go:embed files/deferral_gvisor.go.txt
var deferralText string
