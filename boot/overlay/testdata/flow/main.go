// Flow sends the same segments to two stacks, of which one takes the short way to an
// established connection, and the other the long way because it was given an address
// after that. Both must answer the same to whatever comes, and know the same of the
// connection after it, and the short way must be shorter. Exit status 1: they differ, or
// it is not.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"yolk/boot/overlay/testdata/wire"
)

// A side is a stack with a connection, and what it was heard to say.
type side struct {
	*wire.Wire
	clock *faketime.ManualClock
	begun time.Time
	echo  uint32 // of its last timestamp
	end   func()
	said  []string
	first uint32 // number that it counts from
}

// newSide connects to a stack with a server that echoes.
func newSide(long, probed bool) *side {
	s := &side{Wire: wire.New(), clock: faketime.NewManualClock(), end: func() {}}
	s.begun = s.clock.Now()
	wire.Clock, wire.Random = s.clock, sevens{}
	wire.Probe = nil
	if probed {
		wire.Probe = func(state *tcp.TCPEndpointState) { s.said = append(s.said, fmt.Sprintf("%+v", state)) }
	}
	link := &wire.Bursty{Endpoint: s.Link}
	st := wire.Listen(link, func(c net.Conn) {
		for data, err := make([]byte, 1<<16), error(nil); err == nil; {
			n := 0
			if n, err = c.Read(data); err == nil {
				_, err = c.Write(data[:n])
			}
		}
		c.Close()
	})
	s.Saw = s.saw
	s.Connect(append([]byte{header.TCPOptionSACKPermitted, 2}, wire.Stamp[2:]...)...)
	s.Settle()
	s.first, s.said = s.Ack, nil
	if link.Deliver != nil {
		s.Deliver, s.end = link.Deliver, link.End
	}
	if !long {
		wire.V6 = !wire.V6 // an address of the other IP makes no difference
		defer func() { wire.V6 = !wire.V6 }()
	}
	wire.AddAddress(st, 3)
	return s
}

// saw notes what the stack sends.
func (s *side) saw(t header.TCP) {
	s.said = append(s.said, fmt.Sprint(t.SequenceNumber()-s.first, t.AckNumber(), t.Flags(), t.WindowSize(), len(t.Payload())))
	if t.Flags().Contains(header.TCPFlagSyn) {
		s.echo = header.ParseSynOptions(t.Options(), true).TSVal
		s.stamp()
	} else if o := t.ParsedOptions(); o.TS {
		s.echo = o.TSVal
	}
}

// stamp has segments carry timestamps.
func (s *side) stamp() {
	s.Options = bytes.Clone(wire.Stamp)
	binary.BigEndian.PutUint32(s.Options[4:], 2+uint32(s.clock.Now().Sub(s.begun).Milliseconds()))
	binary.BigEndian.PutUint32(s.Options[8:], s.echo)
}

// send sends a segment in a burst of its own, as long after the last as it is late, which
// acknowledges less than all, and takes in what is said to it.
func (s *side) send(flags header.TCPFlags, data []byte, late time.Duration, less uint32, options []byte) {
	s.clock.Advance(late)
	s.Settle()
	s.stamp()
	s.Options = append(s.Options, options...)
	s.Ack -= less
	s.Wire.Send(flags, data)
	s.Ack += less
	s.end()
	s.Settle()
}

// sevens are random numbers of which both sides have the same.
type sevens struct{}

func (sevens) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}

func main() {
	runtime.GOMAXPROCS(1)
	for _, wire.V6 = range []bool{false, true} {
		for seed := range uint64(12) {
			compare(seed)
		}
		measure()
	}
}

// compare sends both some segments that are as they should be and some that are not.
func compare(seed uint64) {
	short, long := newSide(false, true), newSide(true, true)
	for i := range 60 {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		flags, data, change := segment(r)
		late := []time.Duration{0, time.Millisecond, 30 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second}[r.IntN(60)*r.IntN(60)/720]
		var less, aside uint32
		var options []byte
		switch r.IntN(10) {
		case 0:
			less = r.Uint32N(500)
		case 2: // what has arrived, or leaves something out
			aside = r.Uint32N(400) - 200
		case 1: // all but the end, which has arrived
			less = 1 + r.Uint32N(200)
			options = []byte{header.TCPOptionNOP, header.TCPOptionNOP, header.TCPOptionSACK, 10, 0, 0, 0, 0, 0, 0, 0, 0}
			binary.BigEndian.PutUint32(options[4:], short.Ack-less/2)
			binary.BigEndian.PutUint32(options[8:], short.Ack)
		}
		offer := []uint16{65535, 65535, 65535, 65535, 4000, 0}[r.IntN(6)]
		for _, s := range []*side{short, long} {
			seq := s.Seq
			if change != nil {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				s.Change = func(p []byte) []byte { return change(r, p) }
			}
			s.Offer = offer
			s.Seq += aside
			s.send(flags, data, late, less, options)
			if s.Change = nil; s.Acked != s.Seq {
				s.Seq = seq // it was not taken
				if int32(s.Acked-seq) > 0 {
					s.Seq = s.Acked // with what had come before it
				}
			}
		}
		if !slices.Equal(short.said, long.said) {
			wire.Fail("IPv6 %v, seed %d, segment %d: %v, and the long way %v", wire.V6, seed, i, short.said, long.said)
		}
	}
	if len(short.said) == 0 {
		wire.Fail("seed %d: nothing was said", seed)
	}
}

// segment returns what to send, and what to make of it.
func segment(r *rand.Rand) (header.TCPFlags, []byte, func(*rand.Rand, []byte) []byte) {
	data := make([]byte, r.IntN(400))
	flags := header.TCPFlagAck
	if r.IntN(3) == 0 {
		flags |= header.TCPFlagPsh
	}
	switch r.IntN(12) {
	case 0:
		return flags, data, damage
	case 1:
		return flags, data, cut
	case 2:
		return flags, data, func(r *rand.Rand, p []byte) []byte { return append(p, make([]byte, r.IntN(30))...) }
	case 3:
		return flags | header.TCPFlagUrg, data, nil
	case 4:
		return 0, data, nil
	case 5:
		return header.TCPFlagSyn, nil, nil
	}
	return flags, data, nil
}

// damage changes a byte, of the headers mostly; what is to be a sum of others may then
// be one.
func damage(r *rand.Rand, p []byte) []byte {
	p[r.IntN(min(len(p), wire.HeaderSize()+24))] ^= byte(1 << r.IntN(8))
	if r.IntN(2) == 0 && !wire.V6 {
		ip := header.IPv4(p)
		ip.SetChecksum(0)
		if n := ip.HeaderLength(); int(n) <= len(p) && n >= header.IPv4MinimumSize {
			ip.SetChecksum(^ip.CalculateChecksum())
		}
	}
	return p
}

// cut leaves out the end.
func cut(r *rand.Rand, p []byte) []byte { return p[:r.IntN(len(p))] }

// measure compares the time of acknowledgements that say nothing new.
func measure() {
	sides := [2]*side{newSide(false, false), newSide(true, false)}
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for range 100 {
		for i, s := range sides {
			start := time.Now()
			for range 50 {
				s.Wire.Send(header.TCPFlagAck, nil)
				s.end()
			}
			best[i] = min(best[i], time.Since(start))
		}
	}
	if best[0]*10 > best[1]*9 {
		wire.Fail("a segment takes the long way: %v, and %v where it must", best[0]/50, best[1]/50)
	}
}
