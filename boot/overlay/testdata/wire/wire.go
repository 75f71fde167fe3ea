// Package wire plays the peer of a gVisor stack, segment by segment, for the programs
// beside it that show what boot/overlay mends. It may import gVisor.
package wire

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	MSS   = 1448
	First = 1000 // number of a SYN
	port  = 7
)

// V6 is whether stacks and their peers speak IPv6, and IPv4 if not.
var V6 bool

// Protocol is what they speak.
func Protocol() tcpip.NetworkProtocolNumber {
	if V6 {
		return ipv6.ProtocolNumber
	}
	return ipv4.ProtocolNumber
}

// HeaderSize is how long its header is.
func HeaderSize() int {
	if V6 {
		return header.IPv6MinimumSize
	}
	return header.IPv4MinimumSize
}

// Address is that of a number: 1 is the stack, 2 its peer.
func Address(n byte) tcpip.Address {
	if V6 {
		return tcpip.AddrFrom16([16]byte{0: 0xfd, 15: n})
	}
	return tcpip.AddrFrom4([4]byte{10, 0, 0, n})
}

// A Wire is the peer's end: what it sent, and what the stack sent and offers.
type Wire struct {
	Link   *channel.Endpoint
	Port   uint16 // it sends from
	Seq    uint32 // of what it sends next
	Ack    uint32 // and has received up to
	Acked  uint32 // what the stack has acknowledged
	Edge   uint32 // the right edge of the stack's window
	Window uint32
	Data   int    // segments with data that the stack sent
	Bare   int    // and without
	Offer  uint16 // the window that it offers, in units of 16 bytes
	scale  int

	Options []byte // of TCP, in each segment but the first

	// Deliver gives a packet to the stack; at first it is the link's.
	Deliver func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)
	Change  func(packet []byte) []byte // makes another of what is sent, if not nil
	Saw     func(header.TCP)           // gets what the stack sends, if not nil
}

// A Bursty is a link that delivers bursts, if the stack tells it how. Until then it has
// no functions.
type Bursty struct {
	*channel.Endpoint
	Deliver func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)
	End     func()
}

// Attach implements stack.LinkEndpoint.
func (l *Bursty) Attach(d stack.NetworkDispatcher) {
	if b, ok := d.(interface {
		NewBurst() (func(tcpip.NetworkProtocolNumber, *stack.PacketBuffer), func())
	}); ok {
		l.Deliver, l.End = b.NewBurst()
	}
	l.Endpoint.Attach(d)
}

// New returns the peer of a stack of which Listen has the link.
func New() *Wire {
	link := channel.New(1024, 1500, "")
	return &Wire{Link: link, Port: 1025, Seq: First, Offer: 65535, Deliver: link.InjectInbound}
}

// Stamp is two NOPs and a timestamp option.
var Stamp = []byte{header.TCPOptionNOP, header.TCPOptionNOP, header.TCPOptionTS, header.TCPOptionTSLength, 0, 0, 0, 1, 0, 0, 0, 0}

// Clock is the stack's, a real one if nil.
var Clock tcpip.Clock

// Probe gets the state of a connection after each segment, and Random is where the stack's
// random numbers are from, if they are not nil.
var (
	Probe  tcp.TCPProbeFunc
	Random io.Reader
)

// Fail ends the program with a message.
func Fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// Listen runs a stack with a server that does with its connection what serve does. A link
// that is a queueing discipline is its own.
func Listen(link stack.LinkEndpoint, serve func(net.Conn)) *stack.Stack {
	s := stack.New(stack.Options{
		Clock:              Clock,
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocolProbe(Probe)},
		SecureRNG:          Random,
	})
	queue, _ := link.(stack.QueueingDiscipline)
	if err := s.CreateNICWithOptions(1, link, stack.NICOptions{QDisc: queue}); err != nil {
		Fail("%v", err)
	}
	AddAddress(s, 1)
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}, {Destination: header.IPv6EmptySubnet, NIC: 1}})
	l, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Addr: Address(1), Port: port}, Protocol())
	if err != nil {
		Fail("%v", err)
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			Fail("%v", err)
		}
		serve(c)
	}()
	return s
}

// AddAddress gives a stack the address of a number.
func AddAddress(s *stack.Stack, n byte) {
	a := tcpip.ProtocolAddress{Protocol: Protocol(), AddressWithPrefix: Address(n).WithPrefix()}
	if err := s.AddProtocolAddress(1, a, stack.AddressProperties{}); err != nil {
		Fail("%v", err)
	}
}

// Connect shakes hands, with options of TCP beside segment size and window scale.
func (w *Wire) Connect(options ...byte) {
	w.sendOptions(header.TCPFlagSyn, append([]byte{header.TCPOptionMSS, 4, MSS >> 8, MSS & 0xff,
		header.TCPOptionNOP, header.TCPOptionWS, 3, 4}, options...), nil)
	w.Seq++
	for deadline := time.Now().Add(3 * time.Second); w.Ack == 0; w.Receive(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			Fail("no answer to a SYN")
		}
	}
	w.Send(header.TCPFlagAck, nil)
}

// SYN sends a SYN from a port, with a window scale, for which a cookie has no room, and
// returns its answer.
func (w *Wire) SYN(from uint16) (answer header.TCP) {
	w.Port, w.Seq, w.Ack = from, First, 0
	w.Saw = func(t header.TCP) {
		if t.Flags() == header.TCPFlagSyn|header.TCPFlagAck && t.DestinationPort() == from {
			answer = slices.Clone(t)
		}
	}
	w.sendOptions(header.TCPFlagSyn, []byte{header.TCPOptionNOP, header.TCPOptionWS, 3, 4}, nil)
	w.Await(func() bool { return answer != nil }, "a SYN was not answered")
	return answer
}

// Kept reports whether an answer to SYN is of a connection that is kept, and no cookie.
func Kept(answer header.TCP) bool {
	return header.ParseSynOptions(answer.Options(), true).WS >= 0
}

// ID is the connection as the stack sees it.
func (w *Wire) ID() stack.TransportEndpointID {
	return stack.TransportEndpointID{LocalPort: port, LocalAddress: Address(1), RemotePort: w.Port, RemoteAddress: Address(2)}
}

// Send sends a segment.
func (w *Wire) Send(flags header.TCPFlags, data []byte) { w.sendOptions(flags, w.Options, data) }

// sendOptions sends a segment and counts its data as sent.
func (w *Wire) sendOptions(flags header.TCPFlags, options, data []byte) {
	size := header.TCPMinimumSize + len(options)
	p := make([]byte, HeaderSize()+size+len(data))
	t := header.TCP(p[HeaderSize():])
	own, peer := Address(1), Address(2)
	if V6 {
		header.IPv6(p).Encode(&header.IPv6Fields{PayloadLength: uint16(len(t)), HopLimit: 64, TransportProtocol: tcp.ProtocolNumber, SrcAddr: peer, DstAddr: own})
	} else {
		ip := header.IPv4(p)
		ip.Encode(&header.IPv4Fields{TotalLength: uint16(len(p)), TTL: 64, Protocol: uint8(tcp.ProtocolNumber), SrcAddr: peer, DstAddr: own})
		ip.SetChecksum(^ip.CalculateChecksum())
	}
	t.Encode(&header.TCPFields{SrcPort: w.Port, DstPort: port, SeqNum: w.Seq, AckNum: w.Ack,
		DataOffset: uint8(size), Flags: flags, WindowSize: w.Offer})
	copy(t[header.TCPMinimumSize:], options)
	copy(t[size:], data)
	sum := header.PseudoHeaderChecksum(tcp.ProtocolNumber, peer, own, uint16(len(t)))
	t.SetChecksum(^checksum.Checksum(t, sum))
	if w.Change != nil {
		p = w.Change(p)
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p)})
	defer pkt.DecRef()
	w.Deliver(Protocol(), pkt)
	w.Seq += uint32(len(data))
}

// Receive takes in what the stack sends until it is silent for a while.
func (w *Wire) Receive(silence time.Duration) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), silence)
		pkt := w.Link.ReadContext(ctx)
		cancel()
		if pkt == nil {
			return
		}
		w.take(pkt)
	}
}

// Await takes in what the stack sends until something is so, for ten seconds, after which
// the program ends with a message.
func (w *Wire) Await(so func() bool, otherwise string) {
	for end := time.Now().Add(10 * time.Second); !so(); w.Receive(time.Millisecond) {
		if time.Now().After(end) {
			Fail("%s", otherwise)
		}
	}
}

// Settle has everybody else run who can, on a single processor, and takes in what the
// stack has sent.
func (w *Wire) Settle() {
	for range 50 {
		runtime.Gosched()
	}
	for pkt := w.Link.Read(); pkt != nil; pkt = w.Link.Read() {
		w.take(pkt)
	}
}

// take takes in a packet of TCP.
func (w *Wire) take(pkt *stack.PacketBuffer) {
	v := pkt.ToView()
	pkt.DecRef()
	defer v.Release()
	var t header.TCP
	if ip := header.IPv6(v.AsSlice()); ip[0]>>4 == header.IPv6Version {
		if ip.TransportProtocol() == header.TCPProtocolNumber {
			t = header.TCP(ip.Payload())
		}
	} else if ip := header.IPv4(ip); ip.TransportProtocol() == header.TCPProtocolNumber {
		t = header.TCP(ip.Payload())
	}
	if t == nil {
		return
	}
	if w.Saw != nil {
		w.Saw(t)
	}
	next := t.SequenceNumber() + uint32(len(t.Payload()))
	if t.Flags().Contains(header.TCPFlagSyn) {
		w.scale = max(header.ParseSynOptions(t.Options(), true).WS, 0)
		w.Ack = next + 1
	} else {
		w.Window = uint32(t.WindowSize()) << w.scale
		w.Edge = max(w.Edge, t.AckNumber()+w.Window)
		if len(t.Payload()) > 0 {
			w.Data++
		} else {
			w.Bare++
		}
		w.Acked = t.AckNumber()
		if t.SequenceNumber() == w.Ack {
			w.Ack = next
		}
	}
}
