// Window plays a peer that fills gVisor's receive window up to its last 40 bytes,
// sends these, too, and goes on acknowledging. The window field counts in units of
// 128 bytes, so that gVisor's says 0 where it said more before, and an
// acknowledgement behind those 40 bytes must still count (RFC 9293, section 3.8.6:
// a peer has to cope with a window that shrinks). Exit status 1: it does not.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	mss  = 1448
	left = 40 // bytes of the window
	port = 7
)

var (
	own  = tcpip.AddrFrom4([4]byte{10, 0, 0, 1}) // the stack's
	peer = tcpip.AddrFrom4([4]byte{10, 0, 0, 2})
)

// wire is the peer's end: what it sent, and what the stack sent and offers.
type wire struct {
	link      *channel.Endpoint
	seq, ack  uint32
	edge      uint32 // the right edge of the stack's window
	scale     int
	windowNow uint32
}

func main() {
	w := &wire{link: channel.New(1024, 1500, ""), seq: 1000}
	listen(w.link)
	w.connect()
	for w.edge-w.seq > left {
		w.send(header.TCPFlagAck, make([]byte, min(mss, w.edge-w.seq-left)))
		w.receive(20 * time.Millisecond)
	}
	if w.edge-w.seq != left || w.windowNow != 0 {
		fail("the window is %d bytes to %d: this is not the case to be tested", w.windowNow, w.edge-w.seq)
	}
	w.seq += left // lost on the way
	sent := w.ack
	w.send(header.TCPFlagAck, nil)
	for deadline := time.Now().Add(3 * time.Second); w.ack == sent; w.receive(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			fail("an acknowledgement behind the last %d bytes of the window is ignored", left)
		}
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "window: "+format+"\n", args...)
	os.Exit(1)
}

// listen runs a stack with a server that writes all the time and never reads.
func listen(link stack.LinkEndpoint) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	if err := s.CreateNIC(1, link); err != nil {
		fail("%v", err)
	}
	if err := s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: own.WithPrefix()}, stack.AddressProperties{}); err != nil {
		fail("%v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	l, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Addr: own, Port: port}, ipv4.ProtocolNumber)
	if err != nil {
		fail("%v", err)
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			fail("%v", err)
		}
		for data := make([]byte, 1<<16); err == nil; {
			_, err = c.Write(data)
		}
	}()
}

// connect shakes hands.
func (w *wire) connect() {
	w.sendOptions(header.TCPFlagSyn, []byte{header.TCPOptionMSS, 4, mss >> 8, mss & 0xff, header.TCPOptionNOP, header.TCPOptionWS, 3, 0}, nil)
	w.seq++
	for deadline := time.Now().Add(3 * time.Second); w.ack == 0; w.receive(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			fail("no answer to a SYN")
		}
	}
	w.send(header.TCPFlagAck, nil)
}

func (w *wire) send(flags header.TCPFlags, data []byte) { w.sendOptions(flags, nil, data) }

// sendOptions sends a segment and counts its data as sent.
func (w *wire) sendOptions(flags header.TCPFlags, options, data []byte) {
	size := header.TCPMinimumSize + len(options)
	p := make([]byte, header.IPv4MinimumSize+size+len(data))
	ip, t := header.IPv4(p), header.TCP(p[header.IPv4MinimumSize:])
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(len(p)), TTL: 64, Protocol: uint8(tcp.ProtocolNumber), SrcAddr: peer, DstAddr: own})
	ip.SetChecksum(^ip.CalculateChecksum())
	t.Encode(&header.TCPFields{SrcPort: 1025, DstPort: port, SeqNum: w.seq, AckNum: w.ack,
		DataOffset: uint8(size), Flags: flags, WindowSize: 65535})
	copy(t[header.TCPMinimumSize:], options)
	copy(t[size:], data)
	sum := header.PseudoHeaderChecksum(tcp.ProtocolNumber, peer, own, uint16(len(t)))
	t.SetChecksum(^checksum.Checksum(t, sum))
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p)})
	defer pkt.DecRef()
	w.link.InjectInbound(ipv4.ProtocolNumber, pkt)
	w.seq += uint32(len(data))
}

// receive takes in what the stack sends until it is silent for a while.
func (w *wire) receive(silence time.Duration) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), silence)
		pkt := w.link.ReadContext(ctx)
		cancel()
		if pkt == nil {
			return
		}
		v := pkt.ToView()
		pkt.DecRef()
		t := header.TCP(header.IPv4(v.AsSlice()).Payload())
		next := t.SequenceNumber() + uint32(len(t.Payload()))
		if t.Flags().Contains(header.TCPFlagSyn) {
			w.scale = max(header.ParseSynOptions(t.Options(), true).WS, 0)
			w.ack = next + 1
		} else {
			w.windowNow = uint32(t.WindowSize()) << w.scale
			w.edge = max(w.edge, t.AckNumber()+w.windowNow)
			if t.SequenceNumber() == w.ack {
				w.ack = next
			}
		}
		v.Release()
	}
}
