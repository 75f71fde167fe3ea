package overlay

import _ "embed"

// gvisorMemory puts what the stack keeps for its connections on one budget
// (yolk/kernel/posix/netmem). gVisor bounds each queue, but not how many there are.
var gvisorMemory = []edit{
	counted(endpointFile, "\t\"gvisor.dev/gvisor/pkg/waiter\"\n"),
	counted(udpFile, "\t\"gvisor.dev/gvisor/pkg/waiter\"\n"),

	// What a connection costs without data, from its making to its end. It also
	// remembers when it last moved on: the idle ones are ended first. That a new one
	// waited in the listener's queue was not its idleness.
	{endpointFile, "\tterminateAtRestore bool\n}\n", `	terminateAtRestore bool

	// charged and open say, each as 0 or 1, whether the budget is charged with the
	// endpoint, and with what it costs the program.
	charged, open int

	// progress is when the peer last sent or acknowledged something new.
	progress tcpip.MonotonicTime

	// answeredTo is what had been received when the program last sent, if answered.
	answeredTo seqnum.Value
	answered   bool

	// cookies are a listener's, while it keeps nothing of a SYN, and refused are the clients
	// for which it had no room, nil if there were none.
	cookies cookies
	refused *visitors
}
`, 1},
	{endpointFile, "\te.segmentQueue.ep = e\n", "\te.segmentQueue.ep = e\n\te.charge(1, 1)\n", 1},
	{endpointFile, "\t// Mark endpoint as closed.\n\te.closed = true\n", "\te.closed = true\n\te.charge(e.charged, 0)\n", 1},
	{endpointFile, "func (e *Endpoint) cleanupLocked() {\n", "func (e *Endpoint) cleanupLocked() {\n\te.charge(0, 0)\n", 1},
	{acceptFile, "\tn.setEndpointState(StateConnecting)\n", "\tn.setEndpointState(StateConnecting)\n\tn.progress = l.stack.Clock().NowMonotonic()\n", 1},
	{connectFile, "func (h *handshake) transitionToStateEstablishedLocked(s *segment) {\n",
		"func (h *handshake) transitionToStateEstablishedLocked(s *segment) {\n\th.ep.progress = h.ep.stack.Clock().NowMonotonic()\n\th.ep.delayed.quick = quickAcks\n", 1},
	{endpointFile, "\t\te.RcvBufUsed += s.payloadSize()\n", "\t\te.RcvBufUsed += s.payloadSize()\n\t\te.progress = s.rcvdTime\n", 1},
	{senderFile, "\tif (ack - 1).InRange(s.SndUna, s.SndNxt) {\n", "\tif (ack - 1).InRange(s.SndUna, s.SndNxt) {\n\t\ts.ep.progress = rcvdSeg.rcvdTime\n", 1},

	// Received data: the window follows what the queue may hold, and what comes all
	// the same is dropped, to be sent again. Segments without data, a flood of SYNs
	// among them, had no bound at all.
	{endpointFile, "\te.rcvMemUsed.Add(int32(delta))\n", "\te.rcvMemUsed.Add(int32(delta))\n\tnetmem.Charge(delta)\n", 1},
	{endpointFile, "\tmemUsed := e.receiveMemUsed()\n", "\trcvBufSize = netmem.Bound(rcvBufSize)\n\tmemUsed := e.receiveMemUsed()\n", 1},
	{segmentQueueFile, "\tallow := (used <= int(bufSz) || s.payloadSize() == 0) && !q.frozen\n",
		"\tallow := !q.frozen && q.fits(s, used, int(bufSz))\n", 1},

	// A listener passes segments on, those that complete a handshake, and went on
	// paying for them.
	{segmentFile, "\t\tep.updateReceiveMemUsed(s.segMemSize())\n",
		"\t\tif s.ep != nil {\n\t\t\ts.ep.updateReceiveMemUsed(-s.segMemSize())\n\t\t}\n\t\tep.updateReceiveMemUsed(s.segMemSize())\n", 1},

	// Data to send. A segment costs far more than a few bytes in it, so what has not
	// been sent yet is joined, as it would be when it is sent. The writer hears of
	// room however small its buffer had become.
	{endpointFile, "\treturn int(e.ops.GetSendBufferSize())\n", "\treturn netmem.Bound(int(e.ops.GetSendBufferSize()))\n", 1},
	{endpointFile, "\tcurSndBufSz := int64(e.getSendBufferSize())\n", "\tcurSndBufSz := e.ops.GetSendBufferSize()\n", 1},
	{endpointFile, "\te.sndQueueInfo.SndBufUsed += size\n\te.snd.writeList.PushBack(s)\n", `	e.sndQueueInfo.SndBufUsed += size
	netmem.Charge(size)
	e.answered, e.answeredTo = true, e.rcv.RcvNxt
	e.answers()
	if last := e.snd.writeList.Back(); last != nil && !e.snd.isAssignedSequenceNumber(last) &&
		last.payloadSize() > 0 && last.payloadSize()+size <= e.snd.MaxPayloadSize {
		last.merge(s)
		s.DecRef()
		return last, size, nil
	}
	e.snd.writeList.PushBack(s)
`, 1},
	{endpointFile, "\tnotify := e.sndQueueInfo.SndBufUsed >= sendBufferSize>>1\n\te.sndQueueInfo.SndBufUsed -= v\n",
		"\tnotify := e.sndQueueInfo.SndBufUsed >= min(sendBufferSize, netmem.Floor)>>1\n\te.sndQueueInfo.SndBufUsed -= v\n\tnetmem.Charge(-v)\n", 1},
	{endpointFile, "\t\te.sndQueueInfo.SndBufUsed = 0\n\t\te.sndQueueInfo.SndClosed = true\n",
		"\t\tnetmem.Charge(-e.sndQueueInfo.SndBufUsed)\n\t\te.sndQueueInfo.SndBufUsed = 0\n\t\te.sndQueueInfo.SndClosed = true\n", 1},

	// New connections: in cookies when the budget is short, and for a while after, and
	// later when it is spent. A SYN is answered all the same: a client repeats it after a
	// second, and what comes behind it, its request, after a fifth of that, in which room
	// is made, but only after three if the SYN had to be repeated (RFC 6298, 5.7).
	{acceptFile, "\t\t\tif len(e.acceptQueue.pendingEndpoints) == e.acceptQueue.capacity-1 {\n",
		"\t\t\tif e.sendsCookies() {\n", 1},
	{acceptFile, "\t\te.acceptMu.Lock()\n\t\tif e.acceptQueue.isFull() {\n", "\t\te.acceptMu.Lock()\n\t\tif e.acceptQueue.isFull() || !e.admits(s) {\n", 1},

	// Half-open ones were there for 127 seconds. Linux repeats its answer five times
	// (tcp_synack_retries), and gives up after 63.
	{connectFile, "\th = e.newHandshake()\n\th.resetToSynRcvd(", "\th = e.newHandshake()\n\th.retransmitTimer.maxTimeout = 32 * time.Second\n\th.resetToSynRcvd(", 1},

	// Two hashes with SHA-1 were nearly half of what a SYN costs in a flood.
	{acceptFile, "\t\"crypto/sha1\"\n\t\"encoding/binary\"\n", "", 1},
	{acceptFile, "\t\"hash\"\n", "", 1},
	{acceptFile, "\tnonce [2][sha1.BlockSize]byte\n", "\tnonce [2][16]byte\n", 1},
	{acceptFile, hasherFields, "", 1},
	{acceptFile, "\t\thasher:   sha1.New(),\n", "", 1},
	{acceptFile, sha1Cookie, "", 1},

	// And four with SHA-256 were 18 000 instructions of the 430 000 of a connection over
	// loopback.
	{connectFile, "\t\"crypto/sha256\"\n\t\"encoding/binary\"\n", "", 1},
	{connectFile, sha256Sequence, "", 1},
	{protocolFile, "\t\"crypto/sha256\"\n\t\"encoding/binary\"\n", "", 1},
	{protocolFile, "\t\"gvisor.dev/gvisor/pkg/tcpip/internal/tcp\"\n", "", 1},
	{protocolFile, sha256Offset, "", 1},

	// Each connection had room for 32 spare nodes of the tree of what was acknowledged
	// out of turn, which is empty where nothing is lost. They share it.
	{sackFile, "btree.NewG[header.SACKBlock](defaultBtreeDegree, sackBlockLess)", "btree.NewWithFreeListG(defaultBtreeDegree, sackBlockLess, spareSACKNodes)", 2},
	{sackFile, "// NewSACKScoreboard returns", "var spareSACKNodes = btree.NewFreeListG[header.SACKBlock](btree.DefaultFreeListSize)\n\n// NewSACKScoreboard returns", 1},

	// Datagrams, with what each costs besides its bytes.
	{udpFile, "\tif e.frozen || e.rcvBufSize >= int(rcvBufSize) {\n", "\tif e.frozen || !netmem.Fits(e.rcvBufSize, int(rcvBufSize)) {\n", 1},
	{udpFile, "\te.rcvBufSize += pkt.Data().Size()\n", "\tcost := pkt.Data().Size() + netmem.Datagram\n\te.rcvBufSize += cost\n\tnetmem.Charge(cost)\n", 1},
	{udpFile, "\t\te.rcvBufSize -= p.pkt.Data().Size()\n", "\t\tcost := p.pkt.Data().Size() + netmem.Datagram\n\t\te.rcvBufSize -= cost\n\t\tnetmem.Charge(-cost)\n", 1},
	{udpFile, "\te.rcvBufSize = 0\n", "\tnetmem.Charge(-e.rcvBufSize)\n\te.rcvBufSize = 0\n", 1},

	// Fragments of packets that are not complete, and packets that wait for the
	// address of a neighbour, had bounds of 4 MB and 16 384.
	counted("pkg/tcpip/network/ipv4/ipv4.go", "\t\"gvisor.dev/gvisor/pkg/tcpip/stack\"\n"),
	counted("pkg/tcpip/network/ipv6/ipv6.go", "\t\"gvisor.dev/gvisor/pkg/tcpip/stack\"\n"),
	{"pkg/tcpip/network/ipv4/ipv4.go", fragmentLimits, boundLimits, 1},
	{"pkg/tcpip/network/ipv6/ipv6.go", fragmentLimits, boundLimits, 1},
	{pendingFile, "\tmaxPendingResolutions          = 64\n\tmaxPendingPacketsPerResolution = 256\n",
		"\tmaxPendingResolutions          = 64\n\tmaxPendingPacketsPerResolution = 8\n", 1},

	// Tables of connections had for good the room for the most that there had been.
	{portsFile, "\tallocatedPorts map[portDescriptor]addrToDevice\n", "\tallocatedPorts map[portDescriptor]addrToDevice\n\n\tgone int // see tcpip.Shrunk\n", 1},
	{portsFile, "\t\tif len(destToCounter) > 0 {\n\t\t\tcontinue\n", "\t\tif len(destToCounter) > 0 {\n\t\t\tdevToDest[res.BindToDevice] = tcpip.Shrunk(destToCounter, &pm.gone)\n\t\t\tcontinue\n", 1},
	{demuxFile, "\tendpoints map[TransportEndpointID]*endpointsByNIC\n", "\tendpoints map[TransportEndpointID]*endpointsByNIC\n\tgone      int // see tcpip.Shrunk\n", 1},
	{demuxFile, "\tdelete(eps.endpoints, id)\n", "\tdelete(eps.endpoints, id)\n\teps.endpoints = tcpip.Shrunk(eps.endpoints, &eps.gone)\n", 1},
	{tcpipFile, "\tdelete(danglingEndpoints, e)\n", "\tdelete(danglingEndpoints, e)\n\tdanglingEndpoints = Shrunk(danglingEndpoints, &danglingGone)\n", 1},
	{tcpipFile, "\tdanglingEndpoints = make(map[Endpoint]struct{})\n", "\tdanglingEndpoints = make(map[Endpoint]struct{})\n\tdanglingGone      int\n", 1},

	// Who sends frames of all 65 536 types had a counter made for each, of 100 bytes.
	// Those that come when there are as many as an interface can use are counted as one.
	{tcpipFile, "\t\tm.mu.Lock()\n\t\tcounter, ok = m.counterMap[key]\n",
		"\t\tm.mu.Lock()\n\t\tif len(m.counterMap) >= 256 {\n\t\t\tkey = 0\n\t\t}\n\t\tcounter, ok = m.counterMap[key]\n", 1},
}

// counted has a file import the budget, after another import.
func counted(file, after string) edit {
	return edit{file, after, after + "\t\"yolk/kernel/posix/netmem\"\n", 1}
}

const (
	endpointFile     = "pkg/tcpip/transport/tcp/endpoint.go"
	acceptFile       = "pkg/tcpip/transport/tcp/accept.go"
	connectFile      = "pkg/tcpip/transport/tcp/connect.go"
	segmentFile      = "pkg/tcpip/transport/tcp/segment.go"
	segmentQueueFile = "pkg/tcpip/transport/tcp/segment_queue.go"
	sackFile         = "pkg/tcpip/transport/tcp/sack_scoreboard.go"
	udpFile          = "pkg/tcpip/transport/udp/endpoint.go"
	pendingFile      = "pkg/tcpip/stack/pending_packets.go"
	portsFile        = "pkg/tcpip/ports/ports.go"

	fragmentLimits = "fragmentation.HighFragThreshold, fragmentation.LowFragThreshold"
	boundLimits    = "netmem.Bound(fragmentation.HighFragThreshold), netmem.Bound(fragmentation.LowFragThreshold)"
)

const (
	hasherFields = `	hasherMu hasherMutex

	// hasher is the hash function used to generate a SYN cookie.
	//
	// +checklocks:hasherMu
	hasher hash.Hash

`
	sha1Cookie = `func (l *listenContext) cookieHash(id stack.TransportEndpointID, ts uint32, nonceIndex int) uint32 {

	// Initialize block with fixed-size data: local ports and v.
	var payload [8]byte
	binary.BigEndian.PutUint16(payload[0:], id.LocalPort)
	binary.BigEndian.PutUint16(payload[2:], id.RemotePort)
	binary.BigEndian.PutUint32(payload[4:], ts)

	// Feed everything to the hasher.
	l.hasherMu.Lock()
	l.hasher.Reset()

	// Per hash.Hash.Writer:
	//
	// It never returns an error.
	l.hasher.Write(payload[:])
	l.hasher.Write(l.nonce[nonceIndex][:])
	l.hasher.Write(id.LocalAddress.AsSlice())
	l.hasher.Write(id.RemoteAddress.AsSlice())

	// Finalize the calculation of the hash and return the first 4 bytes.
	h := l.hasher.Sum(nil)
	l.hasherMu.Unlock()

	return binary.BigEndian.Uint32(h[:])
}
`
	sha256Sequence = `func generateSecureISN(id stack.TransportEndpointID, clock tcpip.Clock, seed [16]byte) seqnum.Value {
	isnHasher := sha256.New()

	// Per hash.Hash.Writer:
	//
	// It never returns an error.
	_, _ = isnHasher.Write(seed[:])
	_, _ = isnHasher.Write(id.LocalAddress.AsSlice())
	_, _ = isnHasher.Write(id.RemoteAddress.AsSlice())
	portBuf := make([]byte, 2)
	binary.LittleEndian.PutUint16(portBuf, id.LocalPort)
	_, _ = isnHasher.Write(portBuf)
	binary.LittleEndian.PutUint16(portBuf, id.RemotePort)
	_, _ = isnHasher.Write(portBuf)
	// The time period here is 64ns. This is similar to what linux uses
	// generate a sequence number that overlaps less than one
	// time per MSL (2 minutes).
	//
	// A 64ns clock ticks 10^9/64 = 15625000) times in a second.
	// To wrap the whole 32 bit space would require
	// 2^32/1562500 ~ 274 seconds.
	//
	// Which sort of guarantees that we won't reuse the ISN for a new
	// connection for the same tuple for at least 274s.
	hash := binary.LittleEndian.Uint32(isnHasher.Sum(nil)[:4])
	isn := hash + uint32(clock.NowMonotonic().Sub(tcpip.MonotonicTime{}).Nanoseconds()>>6)
	return seqnum.Value(isn)
}
`
	sha256Offset = `func (p *protocol) tsOffset(src, dst tcpip.Address) tcp.TSOffset {
	// Initialize a random tsOffset that will be added to the recentTS
	// everytime the timestamp is sent when the Timestamp option is enabled.
	//
	// See https://tools.ietf.org/html/rfc7323#section-5.4 for details on
	// why this is required.
	h := sha256.New()

	// Per hash.Hash.Writer:
	//
	// It never returns an error.
	_, _ = h.Write(p.tsOffsetSecret[:])
	_, _ = h.Write(src.AsSlice())
	_, _ = h.Write(dst.AsSlice())
	return tcp.NewTSOffset(binary.LittleEndian.Uint32(h.Sum(nil)[:4]))
}
`
)

//go:embed files/siphash_gvisor.go.txt
var cookieText string

//go:embed files/endpoint_gvisor.go.txt
var endpointText string

//go:embed files/again_gvisor.go.txt
var againText string

//go:embed files/shrunk_gvisor.go.txt
var shrunkText string
