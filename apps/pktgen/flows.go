package main

import (
	"encoding/binary"

	"yolk/apps/wire"
)

// maxFlows bounds the tables; zero-copy needs a buffer for each flow.
const maxFlows = 1 << 16

// flows are frames that differ in addresses and ports only: one for each
// combination of the ranges.
type flows struct {
	size             int
	headers          wire.UDP // without what the ranges say
	src, dst         span
	srcPort, dstPort span
}

func (o *options) flows() *flows {
	return &flows{
		size: o.size, headers: wire.UDP{DstMAC: o.dstMAC, SrcMAC: o.srcMAC},
		src: o.src, dst: o.dst, srcPort: o.srcPort, dstPort: o.dstPort,
	}
}

// count returns how many flows there are.
func (f *flows) count() int {
	n := 1
	for _, s := range []span{f.src, f.dst, f.srcPort, f.dstPort} {
		// Four ranges of 32 bits do not fit in an int.
		if n *= min(s.count, maxFlows+1); n > maxFlows {
			return maxFlows + 1
		}
	}
	return n
}

// udp returns the headers of flow i; the source port changes quickest.
func (f *flows) udp(i int) wire.UDP {
	h := f.headers
	next := func(s span) uint32 {
		v := s.first + uint32(i%s.count)
		i /= s.count
		return v
	}
	h.SrcPort, h.DstPort = uint16(next(f.srcPort)), uint16(next(f.dstPort))
	h.Src, h.Dst = wire.IPv4(next(f.src)), wire.IPv4(next(f.dst))
	return h
}

// build writes the frame of flow i, f.size bytes, checksums and all.
func (f *flows) build(i int, frame []byte) {
	payload := frame[wire.Headers:]
	binary.BigEndian.PutUint32(payload, magic)
	clear(payload[4:firstFill]) // no number yet
	for i := firstFill; i < len(payload); i++ {
		payload[i] = byte(i)
	}
	h := f.udp(i)
	h.Put(frame)
}

// A payload of ours, 18 bytes at least:
//
//	0 magic    4 number    12 bytes that count up
const (
	magic     = 0x796f_6c6b // "yolk"
	firstFill = 12
)
