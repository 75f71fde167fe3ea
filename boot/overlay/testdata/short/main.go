// Short has the same said to two stacks, of which one may send the short way, and the
// other may not because its link does not offer it. What they send must be the same, byte
// by byte but for the numbers that they count from, and so must what they have counted.
// Exit status 1: they differ, or nothing was sent the short way.
package main

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/boot/overlay/testdata/wire"
)

// A long is a link and its queueing discipline. It remembers what is sent.
type long struct {
	*wire.Bursty
	said  []string
	first uint32 // number that the connection counts from
	short int    // of that was sent the short way
	full  bool   // nothing may be, for now
}

// WritePacket implements stack.QueueingDiscipline.
func (l *long) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	v := pkt.ToView()
	l.note(v.AsSlice(), &pkt.GSOOptions)
	v.Release()
	var list stack.PacketBufferList
	list.PushBack(pkt)
	_, err := l.WritePackets(list)
	return err
}

// note keeps a packet, without what differs from connection to connection.
func (l *long) note(packet []byte, gso *stack.GSO) {
	packet = slices.Clone(packet)
	t := header.TCP(packet[wire.HeaderSize():])
	if t.Flags().Contains(header.TCPFlagSyn) {
		l.first = t.SequenceNumber()
		return
	}
	if t.SetSequenceNumber(t.SequenceNumber() - l.first); t.DataOffset() >= 32 {
		clear(t[24:28]) // our timestamp, of a random beginning
	}
	if !gso.NeedsCsum {
		t.SetChecksum(0)
	}
	l.said = append(l.said, fmt.Sprintf("%x, all %d %x, checksum %v at %d, divided %v %d", packet[:min(wire.HeaderSize()+32, len(packet))],
		len(packet), crc32.ChecksumIEEE(packet), gso.NeedsCsum, gso.CsumOffset, gso.Type, gso.MSS))
}

// A short is a long that offers the short way, unless it is full.
type short struct{ *long }

func (l short) WriteFlow(_ tcpip.LinkAddress, head []byte, data *stack.PacketBuffer, gso *stack.GSO) bool {
	if l.full {
		return false
	}
	b := buffer.MakeWithData(head)
	if data != nil {
		c := data.ToBuffer()
		b.Merge(&c)
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: b})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = wire.Protocol()
	pkt.GSOOptions = *gso
	l.long.short++
	return l.WritePacket(pkt) == nil
}

// A side is a stack with a connection, and its link.
type side struct {
	*wire.Wire
	*long
	stack *stack.Stack
}

func newSide(offers, stamped bool) *side {
	wire.Clock = faketime.NewManualClock()
	s := &side{Wire: wire.New()}
	s.Link.SupportedGSOKind = stack.HostGSOSupported
	s.long = &long{Bursty: &wire.Bursty{Endpoint: s.Link}}
	var link stack.LinkEndpoint = s.long
	if offers {
		link = short{s.long}
	}
	s.stack = wire.Listen(link, func(c net.Conn) {
		for data, err := make([]byte, 1<<16), error(nil); err == nil; {
			n := 0
			if n, err = c.Read(data); err == nil {
				_, err = c.Write(data[:n])
			}
		}
		c.Close()
	})
	options := []byte{header.TCPOptionNOP, header.TCPOptionNOP, header.TCPOptionSACKPermitted, 2}
	if stamped {
		s.Options = wire.Stamp
		options = append(options, wire.Stamp...)
	}
	s.Connect(options...)
	s.Settle()
	if s.Bursty.Deliver != nil {
		s.Wire.Deliver = s.Bursty.Deliver
	}
	return s
}

// counted is what the stack has counted of what it sent.
func (s *side) counted() string {
	c, n := s.stack.Stats(), s.stack.NICInfo()[1].Stats
	return fmt.Sprint(c.TCP.SegmentsSent.Value(), c.IP.PacketsSent.Value(), n.Tx.Packets.Value(), n.Tx.Bytes.Value())
}

func main() {
	runtime.GOMAXPROCS(1)
	for _, wire.V6 = range []bool{false, true} {
		for seed := range uint64(16) {
			compare(seed)
		}
	}
}

// compare says the same to both: data, of which some comes twice or too early, and windows
// that close. In the end it says that this was all.
func compare(seed uint64) {
	sides := []*side{newSide(true, seed%2 == 0), newSide(false, seed%2 == 0)}
	for i := range 80 {
		for _, s := range sides {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			s.step(r, i == 79)
		}
		a, b := sides[0], sides[1]
		if !slices.Equal(a.said, b.said) {
			wire.Fail("seed %d, step %d: the short way sends\n%q, and the long way\n%q", seed, i, a.said, b.said)
		}
		if a.counted() != b.counted() {
			wire.Fail("seed %d, step %d: the short way counts %v, and the long way %v", seed, i, a.counted(), b.counted())
		}
	}
	if a := sides[0]; 2*a.short < len(a.said) {
		wire.Fail("seed %d: nothing is sent the short way, or %d of %d packets", seed, a.short, len(a.said))
	}
}

func (s *side) step(r *rand.Rand, last bool) {
	flags := header.TCPFlagAck
	data := make([]byte, r.IntN(4)*r.IntN(2000))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	s.full = r.IntN(8) == 0
	next := s.Seq + uint32(len(data))
	switch r.IntN(10) {
	case 0:
		next = s.Seq
		s.Seq += 100 // and what comes before it is missing
	case 1:
		next = s.Seq
		s.Seq -= uint32(len(data)) // again, or what was acknowledged
	case 2:
		s.Offer = uint16(r.IntN(3))
	case 3:
		s.Offer = 65535
	}
	if last {
		flags |= header.TCPFlagFin
	}
	s.Send(flags, data)
	if s.End != nil {
		s.End()
	}
	s.Settle()
	if s.Seq = next; int32(s.Acked-next) > 0 {
		s.Seq = s.Acked // what was missing is not any more
	}
}
