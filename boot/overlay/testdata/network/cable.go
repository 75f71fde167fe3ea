package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// A network is what packets meet on their way, the same both ways.
type network struct {
	delay  time.Duration
	later  time.Duration // up to which some arrive later than others
	some   float64       // of all packets
	loss   float64
	copies float64
	rate   float64       // bytes a second, 10 MB if 0
	queue  time.Duration // that is waited for the line at most, 100 ms if 0
	stall  time.Duration // up to which nothing arrives, every tenth of a second or so
	large  bool          // what is sent is divided by the card
}

// A cable carries packets one way.
type cable struct {
	network
	clock    *clock
	from, to *channel.Endpoint
	dice     *rand.Rand
	free     time.Duration    // from when on the line is
	stalls   [2]time.Duration // the next begins, and ends
}

// carry takes what there is, and reports whether there was anything.
func (c *cable) carry() (some bool) {
	for pkt := c.from.Read(); pkt != nil; pkt = c.from.Read() {
		v := pkt.ToView()
		for _, p := range divide(v.AsSlice(), int(pkt.GSOOptions.MSS)) {
			c.send(p)
		}
		v.Release()
		pkt.DecRef()
		some = true
	}
	return some
}

// send has a packet arrive, or not.
func (c *cable) send(p []byte) {
	now := c.clock.now
	c.free = max(c.free, now)
	if c.dice.Float64() < c.loss || c.free-now > c.queue {
		return
	}
	c.free += time.Duration(float64(len(p)) / c.rate * float64(time.Second))
	after := c.free - now + c.delay
	if c.later > 0 && c.dice.Float64() < c.some {
		after += time.Duration(c.dice.Int64N(int64(c.later)))
	}
	c.arrive(p, after)
	if c.dice.Float64() < c.copies {
		c.arrive(p, after)
	}
}

func (c *cable) arrive(p []byte, after time.Duration) {
	if c.stall > 0 {
		at := c.clock.now + after
		for at >= c.stalls[1] {
			c.stalls[0] = c.stalls[1] + time.Duration(c.dice.ExpFloat64()*float64(100*ms))
			c.stalls[1] = c.stalls[0] + time.Duration(c.dice.Int64N(int64(c.stall)))
		}
		if at >= c.stalls[0] {
			after = c.stalls[1] - c.clock.now
		}
	}
	c.clock.AfterFunc(after, func() {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p)})
		c.to.InjectInbound(ipv4.ProtocolNumber, pkt)
		pkt.DecRef()
	})
}

// divide makes packets with so many bytes each of a large one, as a card does.
func divide(large []byte, size int) (packets [][]byte) {
	ip := header.IPv4(large)
	head := int(ip.HeaderLength()) + int(header.TCP(ip.Payload()).DataOffset())
	data := large[head:]
	if size == 0 {
		size = max(len(data), 1)
	}
	for at := 0; at == 0 || at < len(data); at += size {
		p := append(append([]byte(nil), large[:head]...), data[at:min(at+size, len(data))]...)
		ip := header.IPv4(p)
		ip.SetTotalLength(uint16(len(p)))
		ip.SetChecksum(0)
		ip.SetChecksum(^ip.CalculateChecksum())
		t := header.TCP(ip.Payload())
		t.SetSequenceNumber(t.SequenceNumber() + uint32(at))
		if at+size < len(data) {
			t.SetFlags(uint8(t.Flags() &^ (header.TCPFlagFin | header.TCPFlagPsh)))
		}
		t.SetChecksum(0)
		sum := header.PseudoHeaderChecksum(tcp.ProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(t)))
		t.SetChecksum(^checksum.Checksum(t, sum))
		packets = append(packets, p)
	}
	return packets
}

// host makes a stack at the end of cables, set up as images have it.
func host(clock tcpip.Clock, link stack.LinkEndpoint, addr tcpip.Address) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		Clock:              clock,
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	sack, moderate, cubic := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true), tcpip.CongestionControlOption("cubic")
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &moderate, &cubic,
		&tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 256 << 10, Max: 1 << 20},
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 256 << 10, Max: 1 << 20},
	} {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return nil, fmt.Errorf("%v", err)
		}
	}
	if err := s.CreateNIC(1, link); err != nil {
		return nil, fmt.Errorf("%v", err)
	}
	if err := s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: addr.WithPrefix()}, stack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("%v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s, nil
}
