package wrap

import (
	"encoding/binary"
	"io"
	"sync"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// The pcap file format (draft-ietf-opsawg-pcap), nanosecond times, little-endian:
//
//	file:   u32 magic, u16 major, u16 minor, u32 0, u32 0, u32 snapshot length, u32 link type
//	packet: u32 seconds, u32 nanoseconds, u32 bytes captured, u32 bytes on the wire, ...
//
// Written here because the libraries for it bring every protocol's decoder along.
const (
	pcapMagic    = 0xa1b23c4d
	pcapEthernet = 1 // LINKTYPE_ETHERNET
	pcapSnap     = 262144
	pcapHeader   = 24
	pcapRecord   = 16
)

// Capture writes what devices send and receive as a pcap file, for tcpdump and
// Wireshark. Packets are as the program sees them: a checksum that is left to
// the device is not complete. Several devices may share a Capture.
type Capture struct {
	mu  sync.Mutex
	w   io.Writer
	now func() time.Time
	err error
}

// NewCapture writes the head of the file. w gets one Write for a burst and may
// be a file, or any channel that takes bytes.
func NewCapture(w io.Writer) (*Capture, error) {
	h := binary.LittleEndian.AppendUint32(make([]byte, 0, pcapHeader), pcapMagic)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 4)
	h = binary.LittleEndian.AppendUint64(h, 0)
	h = binary.LittleEndian.AppendUint32(h, pcapSnap)
	h = binary.LittleEndian.AppendUint32(h, pcapEthernet)
	_, err := w.Write(h)
	return &Capture{w: w, now: time.Now}, err
}

// Err returns the first error of the writer, after which nothing more is
// written; packets flow on.
func (c *Capture) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Wrap captures what goes through d.
func (c *Capture) Wrap(d netdev.Driver) netdev.Driver {
	return &around{d,
		func(_ int, q netdev.RxQueue, _ netdev.RxConfig) netdev.RxQueue { return &captureRx{q, records{c: c}} },
		func(_ int, q netdev.TxQueue) netdev.TxQueue { return &captureTx{q, records{c: c}} },
	}
}

// records are a burst's, in a slice that is kept.
type records struct {
	c    *Capture
	data []byte
	ends []int // where each packet's record ends
}

// add makes the records of bufs.
func (r *records) add(bufs []*netbuf.Buf) {
	r.data, r.ends = r.data[:0], r.ends[:0]
	now := r.c.now()
	for _, b := range bufs {
		n := uint32(b.PacketLen())
		r.data = binary.LittleEndian.AppendUint32(r.data, uint32(now.Unix()))
		r.data = binary.LittleEndian.AppendUint32(r.data, uint32(now.Nanosecond()))
		r.data = binary.LittleEndian.AppendUint32(r.data, n)
		r.data = binary.LittleEndian.AppendUint32(r.data, n)
		r.data = b.AppendTo(r.data)
		r.ends = append(r.ends, len(r.data))
	}
}

// write writes the first n.
func (r *records) write(n int) {
	if n == 0 {
		return
	}
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.c.err == nil {
		_, r.c.err = r.c.w.Write(r.data[:r.ends[n-1]])
	}
}

type captureRx struct {
	netdev.RxQueue
	records
}

// Burst implements netdev.RxQueue.
func (q *captureRx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	n, s := q.RxQueue.Burst(bufs)
	if n > 0 {
		q.add(bufs[:n])
		q.write(n)
	}
	return n, s
}

type captureTx struct {
	netdev.TxQueue
	records
}

// Burst implements netdev.TxQueue. What was taken is no longer ours to look at, so
// the records are made before.
func (q *captureTx) Burst(bufs []*netbuf.Buf) (int, netdev.Status) {
	q.add(bufs)
	n, s := q.TxQueue.Burst(bufs)
	q.write(n)
	return n, s
}
