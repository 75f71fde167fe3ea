package overlay

import _ "embed"

//go:embed files/recovery_gvisor.go.txt
var recoveryText string

//go:embed files/hystart_gvisor.go.txt
var hystartText string

//go:embed files/dsack_gvisor.go.txt
var dsackText string

// gvisorLoss make a sender recover from what networks do as Linux does. testdata/network
// has two stacks and a network in time of its own, and shows each.
var gvisorLoss = []edit{
	{senderFile, "\tcorkTimer timer `state:\"nosave\"`\n}\n", "\tcorkTimer timer `state:\"nosave\"`\n\n\tepisode episode `state:\"nosave\"`\n}\n", 1},

	// CUBIC grew by a fraction of a packet for each acknowledgement, which was cut off: the
	// window stayed what it was until that was a whole one.
	{cubicFile, "\tcwnd := float64(sndCwnd)\n", "\tbefore := float64(sndCwnd) + c.s.episode.fraction\n\tcwnd := before\n", 1},
	{cubicFile, "\t\tcwnd += (wtRtt - cwnd) / cwnd\n\t}\n\treturn int(cwnd)\n",
		"\t\tcwnd += (wtRtt - cwnd) / cwnd\n\t}\n\tcwnd = c.probed(before, cwnd, packetsAcked)\n\tc.s.episode.fraction = cwnd - math.Floor(cwnd)\n\treturn int(cwnd)\n", 1},

	// What grows as Reno does began at less than what a loss had left (RFC 9438, 4.3).
	{cubicFile, "\tc.WEst = c.WMax*c.Beta + ", "\tc.WEst = float64(c.s.Ssthresh) + ", 1},

	// A round trip in which packets came late ended slow start, and as CUBIC was not told it
	// began at a window of none: for seconds there was no growth at all.
	{cubicFile, "\tnumCongestionEvents int\n", "\tnumCongestionEvents int\n\n\tcaution caution\n", 1},
	{cubicFile, "> thresh {\n\t\t\tc.s.Ssthresh = c.s.SndCwnd\n", "> thresh {\n\t\t\tc.suspect(0)\n", 1},
	{cubicFile, "\t\t\t// Triggered HyStart safe exit threshold\n\t\t\tc.s.Ssthresh = c.s.SndCwnd\n", "\t\t\tc.suspect(c.CurrRTT)\n", 1},
	{cubicFile, "\tc.SampleCount++\n", "\tc.SampleCount++\n\tc.relax()\n", 1},
	{cubicFile, "\tc.EndSeq = c.s.SndNxt\n\tc.SampleCount = 0\n", "\tc.nextRound()\n\tc.EndSeq = c.s.SndNxt\n\tc.SampleCount = 0\n", 1},
	{cubicFile, "\t\tpacketsAcked = c.updateSlowStart(packetsAcked)\n", "\t\tpacketsAcked = c.updateSlowStart(c.careful(packetsAcked))\n", 1},

	// What was sent at the same time as what arrived, and after it, was taken for lost
	// instead of what was sent before (RFC 8985, 5: RACK_sent_after).
	{lossFile, "(seg.xmitTime == rc.XmitTime && rc.EndSequence.LessThan(endSeq)) {\n\t\t\ttimeRemaining", "(seg.xmitTime == rc.XmitTime && endSeq.LessThan(rc.EndSequence)) {\n\t\t\ttimeRemaining", 1},

	// What is lost is sent again for the first time when the timer has run for long already,
	// which was not set anew (RFC 6675, 6).
	{lossFile, "\t\tdataSent = true\n\t\tsnd.Outstanding += snd.pCount(seg, snd.MaxPayloadSize)\n", "\t\tdataSent = true\n\t\tif seg == snd.writeList.Front() {\n\t\t\tsnd.resendTimer.enable(snd.RTO)\n\t\t}\n\t\tsnd.Outstanding += snd.pCount(seg, snd.MaxPayloadSize)\n", 1},
	{senderFile, "\t\ts.sendSegment(seg)\n\t\ts.ep.stack.Stats().TCP.FastRetransmit.Increment()\n", "\t\ts.sendSegment(seg)\n\t\ts.resendTimer.enable(s.RTO)\n\t\ts.ep.stack.Stats().TCP.FastRetransmit.Increment()\n", 1},

	// A retransmission of which a SACK tells was not looked at, because the timestamp in the
	// acknowledgement is that of what had arrived in order.
	{lossFile, "\t\tif ackSeg.parsedOptions.TS && ackSeg.parsedOptions.TSEcr != 0 {\n", "\t\tif ackSeg.parsedOptions.TS && ackSeg.parsedOptions.TSEcr != 0 && seg.sequenceNumber.LessThan(ackSeg.ackNumber) {\n", 1},

	// When a timer, and no acknowledgement, found a loss, no new data was sent for which
	// there was room.
	{lossFile, "\trc.DoRecovery(nil, fastRetransmit)\n\treturn nil\n", "\trc.DoRecovery(nil, fastRetransmit)\n\trc.snd.sendData()\n\treturn nil\n", 1},

	// A tail loss probe that was acknowledged halved the window unless the same
	// acknowledgement had a DSACK, which comes with the next (RFC 8985, 7.4.2).
	{lossFile, "\t\ts.rc.tlpRxtOut = false\n\t\tif !checkDSACK(rcvdSeg) {\n", "\t\tif checkDSACK(rcvdSeg) {\n\t\t\ts.rc.tlpRxtOut = false\n\t\t} else if s.rc.tlpHighRxt.LessThan(ack) {\n\t\t\ts.rc.tlpRxtOut = false\n", 1},

	// The probe was the first packet of the last segment, and not the last one.
	{lossFile, "\t\tif highestSeqXmit != nil {\n", "\t\tif highestSeqXmit != nil {\n\t\t\thighestSeqXmit = s.lastPacket(highestSeqXmit)\n", 1},

	// A window that was reduced because packets passed others stayed so.
	{senderFile, "\ts.cc.HandleLossDetected()\n", "\ts.lost()\n", 2},
	{lossFile, "s.cc.HandleLossDetected()\n", "s.lost()\n", 1},
	{lossFile, "rc.snd.cc.HandleLossDetected()\n", "rc.snd.lost()\n", 1},
	{senderFile, "\ts.recordRetransmitTS()\n\n\ts.state = tcpip.RTORecovery\n", "\ts.recordRetransmitTS()\n\ts.begin()\n\n\ts.state = tcpip.RTORecovery\n", 1},
	{senderFile, "\tif seg.xmitCount > 0 {\n\t\ts.ep.stack.Stats().TCP.Retransmits.Increment()\n", "\tif seg.xmitCount > 0 {\n\t\ts.sentAgain()\n\t\ts.ep.stack.Stats().TCP.Retransmits.Increment()\n", 1},
	{senderFile, "\t\t\thasDSACK = s.walkSACK(rcvdSeg)\n\t\t}\n", "\t\t\thasDSACK = s.walkSACK(rcvdSeg)\n\t\t\ts.regret(rcvdSeg, hasDSACK)\n\t\t}\n", 1},

	// After a timeout all was sent again, also what had arrived, and what was lost once more
	// took another timeout, twice as long.
	{senderFile, "\ts.ep.scoreboard.Reset()\n\ts.updateWriteNext(s.writeList.Front())\n", "\tif !s.loseAll() {\n\t\ts.ep.scoreboard.Reset()\n\t\ts.updateWriteNext(s.writeList.Front())\n\t}\n", 1},
	{senderFile, "\tseg := s.writeNext\n\t// RFC 1122 4.2.3.5", "\tseg := s.writeList.Front()\n\t// RFC 1122 4.2.3.5", 1},
	{senderFile, "\t\treturn &tcpip.ErrTimeout{}\n\t}\n\n\ts.sendData()\n", "\t\treturn &tcpip.ErrTimeout{}\n\t}\n\n\ts.sendLost()\n", 1},
	{senderFile, "\t\tif s.FastRecovery.Active {\n\t\t\ts.rc.DoRecovery(nil, fastRetransmit)\n", "\t\tif s.FastRecovery.Active || s.state == tcpip.RTORecovery {\n\t\t\ts.rc.DoRecovery(nil, fastRetransmit)\n", 1},
	{senderFile, "numLost > 0 && !s.FastRecovery.Active {\n", "numLost > 0 && !s.FastRecovery.Active && s.state != tcpip.RTORecovery {\n", 1},
	{lossFile, "\tif !rc.snd.FastRecovery.Active {\n", "\tif !rc.snd.FastRecovery.Active && rc.snd.state != tcpip.RTORecovery {\n", 1},
	{senderFile, "\tif !s.isDupAck(seg) {\n\t\ts.DupAckCount = 0\n", "\tif !s.isDupAck(seg) || s.byTime() && s.state == tcpip.RTORecovery {\n\t\ts.DupAckCount = 0\n", 1},

	// What was lost counted as under way, and what had been sent again did not.
	{senderFile, "\tif !s.ep.SACKPermitted || !s.FastRecovery.Active {\n\t\treturn\n", "\tif s.countPipe() || !s.ep.SACKPermitted || !s.FastRecovery.Active {\n\t\treturn\n", 1},

	// What had passed others did not let the window grow: where half of the packets do, it
	// grew in a round trip by half, and not to twice what it was.
	{senderFile, "\t\t\t\ts.SackedOut -= s.pCount(seg, s.MaxPayloadSize)\n\t\t\t}\n\t\t\tseg.DecRef()\n",
		"\t\t\t\ts.SackedOut -= s.pCount(seg, s.MaxPayloadSize)\n\t\t\t\toriginalOutstanding += s.passed(seg)\n\t\t\t}\n\t\t\tseg.DecRef()\n", 1},

	// A segment of several packets counted as arrived when its end had.
	{senderFile, "\t\t\tif sb.Start.LessThanEq(seg.sequenceNumber) && !seg.acked {\n", "\t\t\ts.cutAtSACK(seg, sb)\n\t\t\tif sb.Start.LessThanEq(seg.sequenceNumber) && !seg.acked {\n", 1},
	{senderFile, "\tnSeg := seg.clone()\n", "\tnSeg := seg.clone()\n\tnSeg.acked, nSeg.lost = seg.acked, seg.lost\n", 1},

	// Who sends was not told what had come twice (RFC 2883).
	{endpointFile, "\tisConnectNotified bool\n", "\tisConnectNotified bool\n\trepeated          repeated\n", 1},
	{receiverFile, "\t// If the sequence number range is outside the acceptable range, just\n", "\tr.note(segSeq, segLen)\n\n\t// If the sequence number range is outside the acceptable range, just\n", 1},
	{connectFile, "\tif e.EndpointState() == StateEstablished && e.rcv.pendingRcvdSegments.Len() > 0 && (flags&header.TCPFlagAck != 0) {\n\t\tsackBlocks = e.sack.Blocks[:e.sack.NumBlocks]\n",
		"\tif e.EndpointState() == StateEstablished && (flags&header.TCPFlagAck != 0) {\n\t\tsackBlocks = e.sackBlocks(pkt.Data().Size())\n", 1},

	// Nor did half of the connections ever heed it, whose numbers were before the zero that
	// stood for a round trip which had not ended.
	{lossFile, "\trc.ReoWndIncr = 1\n\trc.snd = snd\n", "\trc.ReoWndIncr = 1\n\trc.RTTSeq = iss\n\trc.snd = snd\n", 1},

	// Each packet had 28 bytes less than it could, for blocks that few have.
	{endpointFile, "\tvar maxSackBlocks [header.TCPMaxSACKBlocks]header.SACKBlock\n\toptions := e.makeOptions(maxSackBlocks[:])\n", "\toptions := e.makeOptions(nil)\n", 1},
}
