package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// ErrFrame is wrapped by the error of a stream that carries no Ethernet frames.
var ErrFrame = errors.New("relay: stream with a frame of impossible length")

const (
	burst    = 32
	maxFrame = netbuf.DefaultSize - netbuf.DefaultHeadroom
	nap      = 50 * time.Microsecond // until a full cable is tried again
	queue    = 256                   // packets of a cable that wait to be taken
	onTheWay = 2048                  // and that a long cable holds back
)

// Plug joins the end of a cable to a stream of frames, each behind its length in 32
// bits, big-endian, as QEMU speaks it (-netdev socket and -netdev stream). Frames
// wait for room in both directions: of its own the plug loses none.
type Plug struct {
	conn   net.Conn
	reader sync.WaitGroup
	buf    *netbuf.Pool // one buffer, the reader's: a pipe copies what it takes
	err    error        // the reader's, once it has ended and if nobody ended it
	closed atomic.Bool

	mu  sync.Mutex // held while a frame is sent to dev
	dev *netdev.Device

	writer  sync.WaitGroup
	closing atomic.Bool
}

// NewPlug returns a plug on a stream, which belongs to it from now on. Frames that
// arrive before Join are lost.
func NewPlug(conn net.Conn) (*Plug, error) {
	buf, err := netbuf.NewPool(netbuf.Heap, 1, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		return nil, err
	}
	p := &Plug{conn: conn, buf: buf}
	p.reader.Go(func() {
		if err := p.read(); err != io.EOF && !p.closed.Load() {
			p.err = err
		}
	})
	return p, nil
}

// Join leads the stream to the end of a cable, unprobed and of package pipe, in
// place of the one before, which it closes.
func (p *Plug) Join(end netdev.Driver) error {
	if err := p.leave(); err != nil {
		return err
	}
	dev := netdev.New(end)
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{Size: queue, Buffers: queue + onTheWay}, netdev.TxConfig{}); err != nil {
		return err
	}
	if err := dev.SetPromiscuous(true); err != nil {
		return err
	}
	p.mu.Lock()
	p.dev = dev
	p.mu.Unlock()
	p.closing.Store(false)
	p.writer.Go(func() { p.write(dev) })
	return nil
}

// leave closes the end that the stream leads to, if there is one.
func (p *Plug) leave() error {
	p.mu.Lock()
	dev := p.dev
	p.dev = nil
	p.mu.Unlock()
	if dev == nil {
		return nil
	}
	p.closing.Store(true)
	if err := dev.Wake(0); err != nil {
		return err
	}
	p.writer.Wait()
	return dev.Close()
}

// Close ends the stream and closes the cable's end. It returns why the stream broke
// before, nil if it did not or merely ended.
func (p *Plug) Close() error {
	p.closed.Store(true)
	p.conn.Close()
	p.reader.Wait()
	return errors.Join(p.err, p.leave())
}

// read brings frames from the stream to the cable until the stream ends.
func (p *Plug) read() error {
	r := bufio.NewReaderSize(p.conn, 1<<16)
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(head[:])
		if n == 0 || n > maxFrame {
			return fmt.Errorf("%w: %d bytes", ErrFrame, n)
		}
		b := p.buf.Get()
		if _, err := io.ReadFull(r, b.Append(int(n))); err != nil {
			b.Free()
			return err
		}
		for !p.send(b) {
			time.Sleep(nap)
		}
	}
}

// send gives the cable a frame and reports whether that is settled: without a
// cable it is lost.
func (p *Plug) send(b *netbuf.Buf) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dev == nil {
		b.Free()
		return true
	}
	return p.dev.TxOne(0, b)&netdev.Success != 0
}

// write brings frames from the cable's end to the stream until one of them ends.
func (p *Plug) write(dev *netdev.Device) {
	var bufs [burst]*netbuf.Buf
	var out []byte
	for !p.closing.Load() {
		n, _ := dev.RxBurst(0, bufs[:])
		if n == 0 {
			if pending, err := dev.EnableInterrupt(0); err != nil || !pending && dev.Wait(0) != nil {
				return
			}
			continue
		}
		out = out[:0]
		for _, b := range bufs[:n] {
			out = binary.BigEndian.AppendUint32(out, uint32(b.PacketLen()))
			out = b.AppendTo(out)
		}
		netbuf.FreeBurst(bufs[:n])
		if _, err := p.conn.Write(out); err != nil {
			return // the reader will say why
		}
	}
}
