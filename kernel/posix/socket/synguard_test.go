package socket

import (
	"bytes"
	"encoding/binary"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// listener is one that makes a cookie of what it was asked with.
type listener struct{ port uint16 }

func (l listener) EndpointState() tcp.EndpointState { return tcp.StateListen }
func (l listener) Cookie(id stack.TransportEndpointID, sequence uint32, mss uint16) (cookie uint32, window uint16, room, ok bool) {
	return sequence ^ uint32(mss), 4096, id.RemotePort != crowded, id.LocalPort == l.port
}

// crowded is the port of a peer for whom there is no room.
const crowded = 1999

type channelLink struct{ *channel.Endpoint }

func (channelLink) SetAnswer(func(frame, reply []byte, sound bool) int) {}

// guard has a listener on port 80 of 10.0.0.1 and of fd00::1.
func guard() *synGuard {
	return &synGuard{
		link: channelLink{channel.New(1, 1500, "")},
		sent: new(tcpip.StatCounter),
		find: func(_ tcpip.NetworkProtocolNumber, id stack.TransportEndpointID) any {
			if id.LocalAddress != own4 && id.LocalAddress != own6 {
				return nil
			}
			return listener{80}
		},
	}
}

var (
	own4, peer4 = tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), tcpip.AddrFrom4([4]byte{10, 9, 9, 9})
	own6, peer6 = tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 1}), tcpip.AddrFrom16([16]byte{0: 0xfd, 15: 9})
)

// syn is a frame with a SYN from port 1025, maximum segment size 1234.
func syn(src, dst tcpip.Address, port uint16, flags header.TCPFlags) []byte {
	const size = header.TCPMinimumSize + 4
	n := header.IPv4MinimumSize
	if src.Len() == 16 {
		n = header.IPv6MinimumSize
	}
	f := make([]byte, header.EthernetMinimumSize+n+size)
	t := header.TCP(f[header.EthernetMinimumSize+n:])
	t.Encode(&header.TCPFields{SrcPort: 1025, DstPort: port, SeqNum: 7 << 16, DataOffset: size, Flags: flags, WindowSize: 1})
	copy(t[header.TCPMinimumSize:], []byte{header.TCPOptionMSS, 4, 1234 >> 8, 1234 & 0xff})
	t.SetChecksum(^checksum.Checksum(t, header.PseudoHeaderChecksum(tcp.ProtocolNumber, src, dst, size)))
	eth := header.EthernetFields{SrcAddr: "\x02\x00\x00\x00\x00\x09", DstAddr: "\x02\x00\x00\x00\x00\x01", Type: header.IPv4ProtocolNumber}
	if src.Len() == 16 {
		eth.Type = header.IPv6ProtocolNumber
		header.IPv6(f[header.EthernetMinimumSize:]).Encode(&header.IPv6Fields{PayloadLength: size, TransportProtocol: tcp.ProtocolNumber, HopLimit: 9, SrcAddr: src, DstAddr: dst})
	} else {
		ip := header.IPv4(f[header.EthernetMinimumSize:])
		ip.Encode(&header.IPv4Fields{TotalLength: uint16(n + size), TTL: 9, Protocol: uint8(tcp.ProtocolNumber), SrcAddr: src, DstAddr: dst})
		ip.SetChecksum(^ip.CalculateChecksum())
	}
	header.Ethernet(f).Encode(&eth)
	return f
}

// checkAnswer fails unless r is a sound SYN-ACK to f.
func checkAnswer(t *testing.T, f, r []byte) {
	t.Helper()
	in, out := header.Ethernet(f), header.Ethernet(r)
	if out.SourceAddress() != in.DestinationAddress() || out.DestinationAddress() != in.SourceAddress() || out.Type() != in.Type() {
		t.Fatalf("% x is not on the way back of % x", r[:14], f[:14])
	}
	var src, dst tcpip.Address
	var p []byte
	if in.Type() == header.IPv4ProtocolNumber {
		ip := header.IPv4(r[header.EthernetMinimumSize:])
		if !ip.IsValid(len(ip)) || !ip.IsChecksumValid() || int(ip.TotalLength()) != len(ip) {
			t.Fatalf("a bad IPv4 header: % x", r)
		}
		src, dst, p = ip.SourceAddress(), ip.DestinationAddress(), ip.Payload()
	} else {
		ip := header.IPv6(r[header.EthernetMinimumSize:])
		if !ip.IsValid(len(ip)) || int(ip.PayloadLength()) != len(ip)-header.IPv6MinimumSize {
			t.Fatalf("a bad IPv6 header: % x", r)
		}
		src, dst, p = ip.SourceAddress(), ip.DestinationAddress(), ip.Payload()
	}
	seg := header.TCP(p)
	if !seg.IsChecksumValid(src, dst, 0, 0) || seg.Flags() != header.TCPFlagSyn|header.TCPFlagAck || int(seg.DataOffset()) != len(seg) {
		t.Fatalf("a bad segment: % x", p)
	}
}

func TestSynGuardAnswers(t *testing.T) {
	for _, c := range []struct {
		src, dst tcpip.Address
		mss      uint16
	}{{peer4, own4, 1460}, {peer6, own6, 1440}} {
		f := syn(c.src, c.dst, 80, header.TCPFlagSyn)
		var reply [maxSYN]byte
		g := guard()
		n := g.answer(f, reply[:], false)
		if n == 0 {
			t.Fatal("no answer")
		}
		checkAnswer(t, f, reply[:n])
		seg := header.TCP(reply[n-header.TCPMinimumSize-mssOption : n])
		if o := header.ParseSynOptions(seg.Options(), true); o.MSS != c.mss || o.TS || o.WS >= 0 || o.SACKPermitted {
			t.Errorf("options %+v, want MSS %d alone", o, c.mss)
		}
		if seg.SequenceNumber() != 7<<16^1234 || seg.AckNumber() != 7<<16+1 || seg.SourcePort() != 80 || seg.DestinationPort() != 1025 || seg.WindowSize() != 4096 {
			t.Errorf("% x", seg)
		}
		if g.sent.Value() != 1 {
			t.Error("not counted")
		}
		if allocs := testing.AllocsPerRun(100, func() { g.answer(f, reply[:], false) }); allocs > 0 {
			t.Errorf("%v allocations", allocs)
		}
	}
}

// A SYN for which there is no room is not answered, and the stack does not see it either.
func TestSynGuardRefuses(t *testing.T) {
	for _, f := range [][]byte{syn(peer4, own4, 80, header.TCPFlagSyn), syn(peer6, own6, 80, header.TCPFlagSyn)} {
		binary.BigEndian.PutUint16(f[len(f)-header.TCPMinimumSize-mssOption:], crowded)
		var reply [maxSYN]byte
		g := guard()
		if n := g.answer(f, reply[:], true); n >= 0 || g.sent.Value() != 0 {
			t.Errorf("answered with %d bytes, %d times", n, g.sent.Value())
		}
	}
}

func TestSynGuardPassesOn(t *testing.T) {
	change := func(f []byte, at int, to byte) []byte { f[at] = to; return f }
	fragment := syn(peer4, own4, 80, header.TCPFlagSyn)
	ip := header.IPv4(fragment[header.EthernetMinimumSize:])
	ip.SetFlagsFragmentOffset(header.IPv4FlagMoreFragments, 0)
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
	for name, f := range map[string][]byte{
		"acknowledgement":       syn(peer4, own4, 80, header.TCPFlagAck),
		"SYN-ACK":               syn(peer4, own4, 80, header.TCPFlagSyn|header.TCPFlagAck),
		"other port":            syn(peer4, own4, 81, header.TCPFlagSyn),
		"other machine":         syn(peer4, peer4, 80, header.TCPFlagSyn),
		"bad TCP checksum":      change(syn(peer4, own4, 80, header.TCPFlagSyn), 14+20+16, 1),
		"bad IPv4 checksum":     change(syn(peer4, own4, 80, header.TCPFlagSyn), 14+10, 1),
		"bad checksum, IPv6":    change(syn(peer6, own6, 80, header.TCPFlagSyn), 14+40+16, 1),
		"fragment":              fragment,
		"too short":             syn(peer4, own4, 80, header.TCPFlagSyn)[:50],
		"ARP":                   change(syn(peer4, own4, 80, header.TCPFlagSyn), 13, 6),
		"longer than a segment": append(syn(peer4, own4, 80, header.TCPFlagSyn), bytes.Repeat([]byte{0}, maxSYN)...),
	} {
		var reply [maxSYN]byte
		if n := guard().answer(f, reply[:], false); n != 0 {
			t.Errorf("%s: answered with %d bytes", name, n)
		}
	}
}

// FuzzSynGuard: whatever comes, an answer is a sound SYN-ACK and goes back.
func FuzzSynGuard(f *testing.F) {
	f.Add(syn(peer4, own4, 80, header.TCPFlagSyn), true)
	f.Add(syn(peer6, own6, 80, header.TCPFlagSyn), false)
	f.Fuzz(func(t *testing.T, frame []byte, sound bool) {
		before := bytes.Clone(frame)
		var reply [maxSYN]byte
		n := guard().answer(frame, reply[:], sound)
		if !bytes.Equal(frame, before) {
			t.Fatal("the frame was changed")
		}
		if n > 0 {
			checkAnswer(t, frame, reply[:n])
		}
	})
}
