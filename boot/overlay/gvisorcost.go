package overlay

import _ "embed"

// gvisorCost makes a packet cheaper, and changes nothing that can be seen. The
// instructions are those of a request of 64 bytes on a connection of its own, of 50 100
// in all.
var gvisorCost = []edit{
	// Each sum and difference of times went through package time's calendar: 6 000.
	{tcpipFile, "\t\tnanoseconds: time.Unix(0, mt.nanoseconds).Add(d).Sub(time.Unix(0, 0)).Nanoseconds(),\n",
		"\t\tnanoseconds: sum(mt.nanoseconds, int64(d)),\n", 1},
	{tcpipFile, "\treturn time.Unix(0, mt.nanoseconds).Sub(time.Unix(0, u.nanoseconds))\n",
		"\treturn time.Duration(difference(mt.nanoseconds, u.nanoseconds))\n", 1},

	// What an endpoint does with a segment, or a program's data, was done at 14 times, each
	// asked for through package time: 1 600.
	{clockFile, "\tsinceBase := time.Since(s.baseTime)\n", "\tsinceBase := sinceStart()\n", 1},
	{clockFile, "\t\tpanic(fmt.Sprintf(\"got negative duration = %s since base time = %s\", sinceBase, s.baseTime))\n", "\t\tpanic(\"the clock goes backwards\")\n", 1},
	{clockFile, "\t\"fmt\"\n", "", 1},
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\tclock             instant\n", 1},
	{endpointFile, "\te.segmentQueue.ep = e\n", "\te.segmentQueue.ep = e\n\te.clock.Clock = s.Clock()\n", 1},
	{endpointFile, "\te.keepalive.timer.init(e.stack.Clock(), ", "\te.keepalive.timer.init(&e.clock, ", 1},
	{endpointFile, "\te.recentTSTime = e.stack.Clock().NowMonotonic()\n", "\te.recentTSTime = e.clock.NowMonotonic()\n", 1},
	{endpointFile, "\treturn e.tsVal(e.stack.Clock().NowMonotonic())\n", "\treturn e.tsVal(e.clock.NowMonotonic())\n", 1},
	{senderFile, "Timer.init(ep.snd.ep.stack.Clock(), ", "Timer.init(&ep.clock, ", 4},
	{senderFile, "s.ep.stack.Clock().NowMonotonic()", "s.ep.clock.NowMonotonic()", 6},
	{cubicFile, "s.ep.stack.Clock().NowMonotonic()", "s.ep.clock.NowMonotonic()", 6},
	{lossFile, "s.ep.stack.Clock().NowMonotonic()", "s.ep.clock.NowMonotonic()", 1},
	{connectFile, "\t\tcont, err := e.handleSegmentLocked(s)\n", "\t\te.clock.hold()\n\t\tcont, err := e.handleSegmentLocked(s)\n", 1},
	{connectFile, "\tsndUna := e.snd.SndUna\n", "\tdefer e.clock.release()\n\tsndUna := e.snd.SndUna\n", 1},
	{segmentFile, "\ts.id = id\n\ts.rcvdTime = clock.NowMonotonic()\n", "\ts.id = id\n", 1},

	// Each timer that fires has a goroutine, whose stack was copied three times on the way of a
	// probe for an idle connection: 35 000 of a probe's.
	{clockFile, "\t\tt: time.AfterFunc(d, f),\n", "\t\tt: afterFunc(d, f),\n", 1},

	// Whether a segment is in the list of those to be sent was looked for in a map, in
	// which it was the only one, mostly; one that becomes empty takes a random number: 1 100.
	{senderFile, "\t\twriteList: protectedWriteList{\n\t\t\tset: make(map[*segment]struct{}),\n\t\t},\n", "", 1},
	{senderFile, "\tif _, ok := wl.set[seg]; !ok {\n", "\tif !seg.listed {\n", 1},
	{senderFile, "\tif _, ok := wl.set[seg]; ok {\n", "\tif seg.listed {\n", 2},
	{senderFile, "\tif _, ok := s.writeList.set[seg]; !ok {\n", "\tif !seg.listed {\n", 1},
	{senderFile, "\twl.set[seg] = struct{}{}\n", "\tseg.listed = true\n", 2},
	{senderFile, "\tdelete(wl.set, seg)\n", "\tseg.listed = false\n", 1},
	{segmentFile, "\txmitCount uint32\n", "\txmitCount uint32\n\tlisted    bool // in a protectedWriteList, of which there is one for each endpoint\n", 1},

	// Each reference count asked whether leaks are looked for, which a debugger switches on: 300.
	{refsFile, "\tmode := GetLeakMode()\n\treturn mode != NoLeakChecking\n", "\treturn false\n", 1},

	// A header was looked for in the list of views, 25 times, and made a view of.
	{packetFile, "\tview := pk.headerView(typ)\n\treturn view.AsSlice()\n", "\treturn pk.headerSlice(typ)\n", 1},
	{packetFile, "\tview := pk.headerView(typ)\n\treturn view.AsSlice(), true\n", "\treturn pk.headerSlice(typ), true\n", 1},
	{packetFile, "\tview := h.pk.headerView(h.typ)\n\treturn view.AsSlice()\n", "\treturn h.pk.headerSlice(h.typ)\n", 1},
	{packetFile, "\tview, ok := d.pk.buf.PullUp(d.pk.dataOffset(), size)\n\treturn view.AsSlice(), ok\n",
		"\treturn d.pk.buf.Contiguous(d.pk.dataOffset(), size)\n", 1},

	// Memory was cleared and then written over. Only who makes a view longer without
	// writing to it gets zeros.
	{chunkFile, "\t\tc = pool.Get().(*chunk)\n\t\tclear(c.data)\n", "\t\tc = pool.Get().(*chunk)\n", 1},
	{viewFile, "\tv.write += n\n}\n\n// growCap", "\tclear(v.chunk.data[v.write : v.write+n])\n\tv.write += n\n}\n\n// growCap", 1},

	// What is taken from a pool for a packet and given back, nine times, lies at hand: 900.
	{"pkg/sync/aliases.go", "\t// Pool is an alias of sync.Pool.\n\tPool = sync.Pool\n\n", "", 1},
	{chunkFile, "\tpool.Put(c)\n", "\tif len(c.data) > 2048 {\n\t\tpool.PutLarge(c)\n\t\treturn\n\t}\n\tpool.Put(c)\n", 1},

	// What a program writes went through two readers and two copying functions between its
	// memory and the view, and which pool has chunks of a size took 38 instructions: 350.
	{bufferFile, "\t\tlr.R = r\n\t\tlr.N = vsize\n\t\tn, err := io.Copy(v, lr)\n", "\t\tn, err := v.fill(r, vsize)\n", 1},
	{chunkFile, poolOfSize, "\tidx := poolIndex(size)\n", 1},
	{chunkFile, "\t\"gvisor.dev/gvisor/pkg/bits\"\n", "", 1},

	// To lock and to unlock, 25 times, were calls of functions that the compiler would inline
	// if they were a node smaller. What they note is for a checker of locks: 500.
	{mutexFile, "\tnoteLock(unsafe.Pointer(m))\n\tm.m.Lock()\n", "\tm.m.m.Lock()\n", 1},
	{mutexFile, "\tnoteUnlock(unsafe.Pointer(m))\n\tm.m.Unlock()\n", "\tm.m.m.Unlock()\n", 1},

	// Whether a card vouches for a packet was asked of the card, which several receivers
	// cannot answer for each packet at once.
	{nicFile, "\tpkt.RXChecksumValidated = n.NetworkLinkEndpoint", "\tpkt.RXChecksumValidated = pkt.RXChecksumValidated || n.NetworkLinkEndpoint", 1},

	// Each segment woke a processor, a goroutine beside the receiver: 2 500. What comes in
	// a burst is handled by the receiver, at its end.
	{packetFile, "\tonRelease func() `state:\"nosave\"`\n", "\tonRelease func() `state:\"nosave\"`\n\n\tburst *Burst `state:\"nosave\"`\n\tshort bool   // it came to its connection the short way\n", 1},
	{processorFile, "\tif !ep.isOwnedByUser() {\n\t\td.selectProcessor", "\tif !ep.isOwnedByUser() && !ep.inBurst(s, pkt) {\n\t\td.selectProcessor", 1},

	// Who connects over loopback does the handshake's other steps as well. The processor, though it
	// was to run next, runs behind all that is ready once who connects has begun a goroutine, as
	// package net does to heed a time limit: NATS's routes, a second at most, were given up.
	{processorFile, processQueue, "\t\t\tfor ep := p.epQ.dequeue(); ep != nil; ep = p.epQ.dequeue() {\n\t\t\t\tp.process(ep)\n\t\t\t}\n\t\t}\n\t}\n}\n\n" +
		"func (p *processor) process(ep *Endpoint) {\n\t\t\t\tif ep.segmentQueue.empty() {\n\t\t\t\t\treturn\n\t\t\t\t}\n", 1},
	{processorFile, "\t\t\t}\n\t\t}\n\t}\n}\n" + afterProcessor, "}\n" + afterProcessor, 1},
	{endpointFile, beginConnect, "\tdefer e.settle()\n" + beginConnect, 1},

	// And who sends over loopback handles what it sent, where it has no lock: 2 900 for both
	// ends of a connection.
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\tlocal             stack.Burst // of what is sent while writing\n\twriting           bool\n", 1},
	{endpointFile, "\te.LockUser()\n\tdefer e.UnlockUser()\n\n\t// Return if either", "\tvar peer stack.BurstEndpoint\n\tdefer func() {\n\t\tif peer != nil {\n\t\t\tpeer.EndBurst()\n\t\t}\n\t}()\n\te.LockUser()\n\tdefer e.UnlockUser()\n\n\t// Return if either", 1},
	{endpointFile, "\te.sendData(nextSeg)\n\treturn int64(n), nil\n", "\tpeer = e.sendLocally(nextSeg)\n\treturn int64(n), nil\n", 1},
	{connectFile, "\tpkt.ReserveHeaderBytes(hdrSize)\n", "\tpkt.ReserveHeaderBytes(hdrSize)\n\tif e.writing {\n\t\tpkt.JoinBurst(&e.local)\n\t}\n", 1},
	{"pkg/tcpip/link/loopback/loopback.go", "\t\tif d != nil {\n", "\t\tnewPkt.JoinBurst(pkt.Burst())\n\t\tif d != nil {\n", 1},
	{packetFile, "\tnewPk.tuple = pk.tuple\n\treturn newPk\n", "\tnewPk.tuple = pk.tuple\n\tnewPk.burst = pk.burst\n\treturn newPk\n", 1},

	// The packets of a connection all have the same addresses, and each was asked whether
	// they are ours, broadcast, or martian, and looked for in six maps: 6 000. Whether there
	// is a packet filter is known without its lock.
	{stackFile, "\tdemux *transportDemuxer\n", "\tdemux *transportDemuxer\n\n\tflows flowTable\n", 1},
	{demuxFile, "\teps.rawEndpoints = append(eps.rawEndpoints, ep)\n", "\teps.rawEndpoints = append(eps.rawEndpoints, ep)\n\td.stack.flows.raw.Add(1)\n", 1},
	{demuxFile, "\t\t\teps.rawEndpoints = eps.rawEndpoints[:lastIdx]\n", "\t\t\teps.rawEndpoints = eps.rawEndpoints[:lastIdx]\n\t\t\td.stack.flows.raw.Add(-1)\n", 1},
	{nicFile, "\tnetworkEndpoint.HandlePacket(pkt)\n", "\tif f := n.flowsFor(protocol); f != nil && f.DeliverFlow(pkt) {\n\t\treturn\n\t}\n\tnetworkEndpoint.HandlePacket(pkt)\n", 1},
	{ipv4File, "\tpkt.RXChecksumValidated = canSkipRXChecksum\n", "\tpkt.RXChecksumValidated = canSkipRXChecksum\n\tif e.deliverFlow(pkt) {\n\t\treturn\n\t}\n", 1},
	{ipv6File, "\tpkt.RXChecksumValidated = canSkipRXChecksum\n", "\tpkt.RXChecksumValidated = canSkipRXChecksum\n\tif e.deliverFlow(pkt) {\n\t\treturn\n\t}\n", 1},
	{"pkg/tcpip/network/ipv6/ndp.go", "addressEndpoint.SetKind(stack.Permanent)\n", "addressEndpoint.SetKind(stack.Permanent)\n\t\tndp.ep.protocol.stack.ForgetFlows6()\n", 2},
	{ipv4File, "\tep, err := e.addressableEndpointState.AddAndAcquireAddress(addr, properties, stack.Permanent)\n",
		"\tep, err := e.addressableEndpointState.AddAndAcquireAddress(addr, properties, stack.Permanent)\n\te.protocol.stack.ForgetFlows()\n", 1},
	{"pkg/tcpip/stack/iptables_types.go", "\tmodified bool\n}\n", "\tmodified bool\n\n\tmarked filterMark // with modified\n}\n", 1},
	{tablesFile, "\tit.modified = true\n", "\tit.modified = true\n\tit.marked.Store(true)\n", 1},
	{connectFile, established, "\tif h.ep.boundBindToDevice == 0 {\n\t\th.ep.stack.AddFlow(ProtocolNumber, h.ep.TransportEndpointInfo.ID, h.ep, h.ep.route)\n\t}\n\n" + established, 1},
	{endpointFile, "func (e *Endpoint) cleanupLocked() {\n", "func (e *Endpoint) cleanupLocked() {\n\te.stack.RemoveFlow(e.TransportEndpointInfo.ID, e)\n", 1},

	// And what it sends has the same headers but for lengths and numbers. A clone of each
	// packet, to be sent again, got headers one by one, was asked whether it is filtered, to
	// be divided, or ours, and its route looked for: 3 300.
	{senderFile, "\t// We need to clone the packet because sendRaw takes ownership of pkt,\n", "\tif s.ep.sendShort(pkt, flags, seq, rcvNxt, rcvWnd) {\n\t\treturn nil\n\t}\n\n\t// We need to clone the packet because sendRaw takes ownership of pkt,\n", 1},
	{connectFile, sendEmpty, sendEmpty + "\tif e.sendShort(nil, flags, seq, ack, rcvWnd) {\n\t\treturn nil\n\t}\n", 1},
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\tshort             shortHead\n", 1},

	// What acknowledges all that is under way was looked through for losses, and timers were
	// set for what is under way then, and stopped: 600.
	{senderFile, "func (s *sender) handleRcvdSegment(rcvdSeg *segment) {\n", "func (s *sender) handleRcvdSegment(rcvdSeg *segment) {\n\tif s.acknowledgesAll(rcvdSeg) {\n\t\ts.allAcknowledged(rcvdSeg)\n\t\treturn\n\t}\n", 1},

	// The counters of the stack, 250 pointers, were copied for each that was increased: 800.
	{stackFile, "func (s *Stack) Stats() tcpip.Stats {\n\treturn s.stats\n", "func (s *Stack) Stats() *tcpip.Stats {\n\treturn &s.stats\n", 1},
	{routeFile, "func (r *Route) Stats() tcpip.Stats {\n", "func (r *Route) Stats() *tcpip.Stats {\n", 1},

	// The name of the interface, which it knows, was looked for by its number for a packet
	// filter that asks for no name; and its IPv4 endpoint in a map, four times: 450.
	{ipv4File, "\toutNicName := stk.FindNICNameFromID(e.nic.ID())\n\tif", "\toutNicName := e.nic.Name()\n\tif", 2},
	{nicFile, "\treturn n.networkEndpoints[proto]\n", "\tif proto == header.IPv4ProtocolNumber {\n\t\treturn n.ipv4\n\t}\n\treturn n.networkEndpoints[proto]\n", 1},
	{nicFile, "\tnetworkEndpoints          map[tcpip.NetworkProtocolNumber]NetworkEndpoint\n",
		"\tnetworkEndpoints          map[tcpip.NetworkProtocolNumber]NetworkEndpoint\n\tipv4                      NetworkEndpoint\n\tflows, flows6             flowProtocol // the same, and IPv6's, if they are such\n", 1},
	{nicFile, "\t\tnic.networkEndpoints[netNum] = netEP\n", "\t\tnic.networkEndpoints[netNum] = netEP\n\t\tif netNum == header.IPv4ProtocolNumber {\n\t\t\tnic.ipv4 = netEP\n\t\t\tnic.flows, _ = netEP.(flowProtocol)\n\t\t} else if netNum == header.IPv6ProtocolNumber {\n\t\t\tnic.flows6, _ = netEP.(flowProtocol)\n\t\t}\n", 1},

	// Each acknowledgement set the timer of the neighbour's entry anew: 400.
	{connectFile, "\tif sndUna.LessThan(e.snd.SndUna) {\n\t\te.route", "\tif sndUna.LessThan(e.snd.SndUna) && e.confirms() {\n\t\te.route", 1},
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\tconfirmed         tcpip.MonotonicTime // to the neighbour cache\n\toptionSpace       [maxOptionSize]byte\n", 1},

	// The options of a segment are written into memory that is the endpoint's, as is its
	// lock, and copied from there.
	{connectFile, "\toptions := getOptions()\n\toffset := 0\n", "\toptions := e.optionSpace[:]\n\toffset := 0\n", 1},
	{connectFile, "\toptions := e.makeOptions(sackBlocks)\n\tdefer putOptions(options)\n", "\toptions := e.makeOptions(sackBlocks)\n", 1},
	{endpointFile, "\tputOptions(options)\n", "", 1},

	// The options of nearly all segments are a timestamp: 100. What a program has read grows
	// the window now and then, and the connection was locked each time to find out: 130.
	{segmentFile, "\ts.parsedOptions = header.ParseTCPOptions(hdr[header.TCPMinimumSize:])\n", "\ts.parsedOptions = parseOptions(hdr[header.TCPMinimumSize:])\n", 1},
	{endpointFile, moderate, moderate + "\tif e.unmoderated(copied) {\n\t\treturn\n\t}\n", 1},

	// A received segment is a packet that nobody else keeps: it needs no clone of it.
	{segmentFile, "\ts.dataMemSize = pkt.MemSize()\n\ts.pkt = pkt.Clone()\n", "\ts.dataMemSize = pkt.MemSize()\n\ts.pkt = pkt.IncRef()\n", 1},
}

const sendEmpty = "func (e *Endpoint) sendEmptyRaw(flags header.TCPFlags, seq, ack seqnum.Value, rcvWnd seqnum.Size) tcpip.Error {\n"

const beginConnect = "\te.LockUser()\n\tdefer e.UnlockUser()\n\terr := e.connect(addr, true)\n"

const processQueue = "\t\t\tfor {\n\t\t\t\tep := p.epQ.dequeue()\n\t\t\t\tif ep == nil {\n\t\t\t\t\tbreak\n\t\t\t\t}\n" +
	"\t\t\t\tif ep.segmentQueue.empty() {\n\t\t\t\t\tcontinue\n\t\t\t\t}\n"

const afterProcessor = "\n// pause pauses the processor loop.\n"

const moderate = "func (e *Endpoint) ModerateRecvBuf(copied int) {\n"

const poolOfSize = `	idx := 0
	if size > baseChunkSize {
		idx = bits.MostSignificantOne64(uint64(size) >> baseChunkSizeLog2)
		if size > 1<<(idx+baseChunkSizeLog2) {
			idx++
		}
	}
`

const established = "\t// Tell waiters that the endpoint is connected and writable.\n\th.ep.waiterQueue.Notify(waiter.WritableEvents)\n}\n"

const (
	nicFile    = "pkg/tcpip/stack/nic.go"
	demuxFile  = "pkg/tcpip/stack/transport_demuxer.go"
	ipv4File   = "pkg/tcpip/network/ipv4/ipv4.go"
	ipv6File   = "pkg/tcpip/network/ipv6/ipv6.go"
	mutexFile  = "pkg/sync/mutex_unsafe.go"
	clockFile  = "pkg/tcpip/stdclock.go"
	cubicFile  = "pkg/tcpip/transport/tcp/cubic.go"
	refsFile   = "pkg/refs/refs_map.go"
	tcpipFile  = "pkg/tcpip/tcpip.go"
	packetFile = "pkg/tcpip/stack/packet_buffer.go"
	chunkFile  = "pkg/buffer/chunk.go"
	bufferFile = "pkg/buffer/buffer.go"
	viewFile   = "pkg/buffer/view.go"
)

//go:embed files/monotonic_gvisor.go.txt
var monotonicText string

//go:embed files/contiguous_gvisor.go.txt
var contiguousText string

//go:embed files/fill_gvisor.go.txt
var fillText string

//go:embed files/headerslice_gvisor.go.txt
var headerSliceText string

//go:embed files/burst_gvisor.go.txt
var burstText string

//go:embed files/inline_gvisor.go.txt
var inlineText string

//go:embed files/flow_gvisor.go.txt
var flowText string

//go:embed files/ipv4flow_gvisor.go.txt
var ipv4FlowText string

//go:embed files/instant_gvisor.go.txt
var instantText string

//go:embed files/nanotime_gvisor.go.txt
var nanotimeText string

//go:embed files/flowsend_gvisor.go.txt
var flowSendText string

//go:embed files/ipv6flow_gvisor.go.txt
var ipv6FlowText string

// ipFlowText is for the packages of both versions of IP.
//
//go:embed files/ipflow_gvisor.go.txt
var ipFlowText string

//go:embed files/short_gvisor.go.txt
var shortText string

//go:embed files/timers_gvisor.go.txt
var timersText string

//go:embed files/pool_gvisor.go.txt
var poolText string

//go:embed files/predicted_gvisor.go.txt
var predictedText string

//go:embed files/expected_gvisor.go.txt
var expectedText string
