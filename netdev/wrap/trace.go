package wrap

import (
	"encoding/binary"
	"fmt"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// Trace says a line about each packet to logf: where it goes, how long it is, and
// what its headers begin with. For looking at single packets: it allocates.
func Trace(logf func(format string, args ...any)) func(netdev.Driver) netdev.Driver {
	return func(d netdev.Driver) netdev.Driver {
		return &around{d,
			func(n int, q netdev.RxQueue, _ netdev.RxConfig) netdev.RxQueue { return &traceRx{q, n, logf} },
			func(n int, q netdev.TxQueue) netdev.TxQueue { return &traceTx{q, n, logf} },
		}
	}
}

type traceRx struct {
	netdev.RxQueue
	number int
	logf   func(string, ...any)
}

// Burst implements netdev.RxQueue.
func (q *traceRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	n, s := q.RxQueue.Burst(bufs)
	for _, b := range bufs[:n] {
		q.logf("rx %d: %s", q.number, describe(b))
	}
	return n, s
}

type traceTx struct {
	netdev.TxQueue
	number int
	logf   func(string, ...any)
}

// Burst implements netdev.TxQueue.
func (q *traceTx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	lines := make([]string, len(bufs)) // what is taken may be gone afterwards
	for i, b := range bufs {
		lines[i] = describe(b)
	}
	n, s := q.TxQueue.Burst(bufs)
	for _, line := range lines[:n] {
		q.logf("tx %d: %s", q.number, line)
	}
	if n < len(bufs) {
		q.logf("tx %d: %d of %d packets not taken: %v", q.number, len(bufs)-n, len(bufs), s)
	}
	return n, s
}

// describe returns a packet's addresses, type and length, and what is left to
// the device.
func describe(b *netbuf.Buf) string {
	p := b.AppendTo(nil)
	if len(p) < 14 {
		return fmt.Sprintf("%d bytes, no Ethernet header", len(p))
	}
	text := fmt.Sprintf("%v > %v, type %#04x, %d bytes", netdev.HardwareAddr(p[6:]), netdev.HardwareAddr(p),
		binary.BigEndian.Uint16(p[12:]), len(p))
	if n := b.Parts(); n > 1 {
		text += fmt.Sprintf(" in %d parts", n)
	}
	switch b.Checksum {
	case netbuf.ChecksumPartial:
		text += fmt.Sprintf(", checksum from %d to complete at %d", b.CsumStart, b.CsumStart+b.CsumOffset)
	case netbuf.ChecksumValid:
		text += ", checksum verified"
	}
	if b.GSO != netbuf.GSONone {
		text += fmt.Sprintf(", segments of %d", b.GSOSize)
	}
	return text
}
