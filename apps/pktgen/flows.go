package main

import (
	"iter"

	"yolk/apps/wire"
)

// maxFlows bounds the tables; zero-copy needs a buffer for each flow.
const maxFlows = 1 << 16

// A span is a range of numbers: addresses or ports.
type span struct {
	first uint32
	count int
}

// numbers goes through a span.
func (s span) numbers() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range s.count {
			if !yield(s.first + uint32(i)) {
				return
			}
		}
	}
}

// flowCount returns how many flows the options ask for: one for each combination
// of the ranges. More than maxFlows are too many to count.
func (o *options) flowCount() int {
	n := 1
	for _, s := range []span{o.src, o.dst, o.srcPort, o.dstPort} {
		// Four ranges of 32 bits do not fit in an int.
		if n *= min(s.count, maxFlows+1); n > maxFlows {
			return maxFlows + 1
		}
	}
	return n
}

// flows are frames that differ in addresses and ports only.
type flows struct {
	size    int
	headers []wire.UDP // of each flow
}

// flows returns the flows; the source port changes quickest.
func (o *options) flows() *flows {
	f := &flows{size: o.size, headers: make([]wire.UDP, 0, o.flowCount())}
	h := wire.UDP{DstMAC: o.dstMAC, SrcMAC: o.srcMAC}
	for dst := range o.dst.numbers() {
		for src := range o.src.numbers() {
			h.Dst, h.Src = wire.IPv4(dst), wire.IPv4(src)
			for dstPort := range o.dstPort.numbers() {
				for srcPort := range o.srcPort.numbers() {
					h.DstPort, h.SrcPort = uint16(dstPort), uint16(srcPort)
					f.headers = append(f.headers, h)
				}
			}
		}
	}
	return f
}

// count returns how many flows there are.
func (f *flows) count() int { return len(f.headers) }

// build writes the frame of flow i, f.size bytes, with number n: every header,
// byte of payload and checksum.
func (f *flows) build(i int, n uint64, frame []byte) {
	f.headers[i].PutSum(frame, putPayload(frame, n))
}
