package netdevtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// patience bounds every wait; it is far more than any device needs.
const patience = 10 * time.Second

// rig is a test's device, its wire, and buffers to send.
type rig struct {
	*testing.T
	dev  *netdev.Device
	wire Wire
	loop bool // the device is its own wire

	setLink func(up bool) // the subject's
	pool    *netbuf.Pool
}

// poolSize is how many buffers there are to send.
const poolSize = 256

// open brings the device up with the offloads, waits for its link, and makes the
// pool.
func (r *rig) open(offloads netdev.Features, rx netdev.RxConfig, tx netdev.TxConfig) {
	r.Helper()
	if err := r.dev.Open(netdev.Config{Offloads: offloads}, rx, tx); err != nil {
		r.Fatal(err)
	}
	r.until("the link", func() bool { return r.dev.Link() != netdev.LinkDown })
	r.makePool()
}

func (r *rig) makePool() {
	r.Helper()
	var err error
	if r.pool, err = netbuf.NewPool(r.dev.Info().Memory, poolSize, netbuf.DefaultSize, netbuf.DefaultHeadroom); err != nil {
		r.Fatal(err)
	}
}

// need skips the test on devices without a feature.
func (r *rig) need(f netdev.Features) {
	r.Helper()
	if r.dev.Info().Features&f == 0 {
		r.Skip("the device does not announce it")
	}
}

// header is the bytes of a test frame before its pattern: Ethernet with a type
// for local experiments (IEEE 802, 0x88b5), the frame's length and number.
const header = 14 + 6

var broadcast = netdev.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// frame writes test frame number n in f, which is at least 60 bytes.
func frame(f []byte, to netdev.HardwareAddr, n int) []byte {
	copy(f, to[:])
	copy(f[6:], "\x02test!\x88\xb5")
	binary.BigEndian.PutUint16(f[14:], uint16(len(f)))
	binary.BigEndian.PutUint32(f[16:], uint32(n))
	for i := header; i < len(f); i++ {
		f[i] = byte(i*7 + n)
	}
	return f
}

// number checks a received frame and returns its number; -1 for a frame that is
// not the suite's, such as a host's own traffic.
func (r *rig) number(got []byte, to netdev.HardwareAddr) int {
	r.Helper()
	if len(got) < header || string(got[6:14]) != "\x02test!\x88\xb5" {
		return -1
	}
	n := int(binary.BigEndian.Uint32(got[16:]))
	if want := frame(make([]byte, len(got)), to, n); !bytes.Equal(got, want) || int(binary.BigEndian.Uint16(got[14:])) != len(got) {
		r.Fatalf("frame %d arrived changed, %d bytes:\n% x\nwant\n% x", n, len(got), got, want)
	}
	return n
}

// packet makes frame number n in a buffer of the pool's.
func (r *rig) packet(size, n int) *netbuf.Buf {
	r.Helper()
	b := r.buffer()
	frame(b.Append(size), broadcast, n)
	return b
}

// buffer takes a buffer from the pool, having the driver reclaim those of packets
// sent if there is none.
func (r *rig) buffer() *netbuf.Buf {
	r.Helper()
	b := r.pool.Get()
	if b == nil {
		r.dev.TxBurst(0, nil)
		b = r.pool.Get()
	}
	if b == nil {
		r.Fatal("the driver does not give buffers back")
	}
	return b
}

// until polls until f is true.
func (r *rig) until(what string, f func() bool) {
	r.Helper()
	start := time.Now()
	for i := 0; !f(); i++ {
		if i < 100 {
			runtime.Gosched()
			continue
		}
		if time.Since(start) > patience {
			r.Fatalf("waited in vain for %s; %+v", what, r.dev.Stats())
		}
		time.Sleep(20 * time.Microsecond) // lets the host's network stack work
	}
}

// arrived waits for the next frame on the wire and returns its number.
func (r *rig) arrived() (n int) {
	r.Helper()
	r.until("a frame on the wire", func() bool {
		f, ok := r.wire.Receive()
		if !ok {
			r.dev.TxBurst(0, nil)
			return false
		}
		n = r.number(f, broadcast)
		return n >= 0
	})
	return n
}

// offer puts a frame for the device on the wire.
func (r *rig) offer(size, n int) {
	r.Helper()
	f := frame(make([]byte, size), r.dev.HardwareAddr(), n)
	r.until("room on the wire", func() bool { return r.wire.Send(f) })
}

// received waits for the next frame that the device receives.
func (r *rig) received() (b *netbuf.Buf, n int) {
	r.Helper()
	r.until("a packet", func() bool {
		var s netdev.Status
		if b, s = r.dev.RxOne(0); s&netdev.Success == 0 {
			return false
		}
		if n = r.number(b.AppendTo(nil), r.dev.HardwareAddr()); n < 0 {
			b.Free()
		}
		return n >= 0
	})
	return b, n
}

// expect receives frame number n and frees it.
func (r *rig) expect(n int) {
	r.Helper()
	b, got := r.received()
	if got != n {
		r.Fatalf("received frame %d, want %d", got, n)
	}
	b.Free()
}

// home waits until all buffers are back in the pool.
func (r *rig) home() {
	r.Helper()
	r.until("buffers to come back", func() bool {
		r.dev.TxBurst(0, nil)
		return r.pool.Available() == poolSize
	})
}

// want reports an error that is not the wanted one.
func (r *rig) want(what string, err, want error) {
	r.Helper()
	if !errors.Is(err, want) {
		r.Errorf("%s: %v; want %v", what, err, want)
	}
}

// deadline fails a test that hangs in Wait.
func (r *rig) deadline(what string, done <-chan struct{}) {
	r.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		r.Fatalf("%s: no interrupt; %+v", what, r.dev.Stats())
	}
}
