// Blocks sends segments twice, in order and ahead of what is missing, and has a stack send
// much meanwhile. Exit status 1: it does not say what came twice (RFC 2883), its packets
// have less data than they could, or more.
package main

import (
	"net"
	"runtime"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/boot/overlay/testdata/wire"
)

const (
	size  = 100        // bytes of what is sent
	gap   = 50         // that are missing
	reply = 6*full + 1 // and what is answered to the first
	full  = wire.MSS - 12
)

func main() {
	runtime.GOMAXPROCS(1)
	wire.Clock = faketime.NewManualClock()
	w := wire.New()
	wire.Listen(w.Link, func(c net.Conn) {
		c.Read(make([]byte, size))
		c.Write(make([]byte, reply))
	})
	var said []header.SACKBlock // by the last segment with none of its own data
	var sizes []int
	w.Saw = func(t header.TCP) {
		o := header.ParseTCPOptions(t.Options())
		if len(t.Payload()) == 0 {
			said = o.SACKBlocks
			return
		}
		sizes = append(sizes, len(t.Payload()))
		if all := len(t.Options()) + len(t.Payload()); all > wire.MSS {
			wire.Fail("%d bytes of options and data in a packet for %d", all, wire.MSS)
		}
	}
	w.Options = wire.Stamp
	w.Connect(append([]byte{header.TCPOptionNOP, header.TCPOptionNOP, header.TCPOptionSACKPermitted, 2}, wire.Stamp...)...)
	w.Settle()

	// What comes ahead waits while the answer is sent.
	first := w.Seq
	ahead := first + size + gap
	twice := func(seq uint32) {
		for range 2 {
			w.Seq = seq
			w.Send(header.TCPFlagAck, make([]byte, size))
			w.Settle()
		}
	}
	twice(ahead)
	expect(said, ahead, ahead)
	twice(first)
	expect(said, first, ahead)
	if !slices.Contains(sizes, full) {
		wire.Fail("packets of %d bytes, and none of %d", sizes, full)
	}
}

// expect looks at blocks that begin at some numbers.
func expect(said []header.SACKBlock, starts ...uint32) {
	if !slices.EqualFunc(said, starts, func(b header.SACKBlock, start uint32) bool {
		return uint32(b.Start) == start && b.Start.Size(b.End) == size
	}) {
		wire.Fail("what came twice is not told: %v, and not %v", said, starts)
	}
}
