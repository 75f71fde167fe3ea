package netstack_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
)

// evil is the payload of datagrams that arrive changed: never, unless the device
// vouches for what was changed.
const evil = "evil-for-fuzzing"

// FuzzReceive lets the device deliver frames of any content, with any offload
// fields, in buffers filled as it likes, to a stack behind them that lives on from
// one input to the next. Each is counted once; a datagram with a byte changed arrives
// only if the device vouches for that byte; and the stack answers afterwards.
//
// An input is a series of frames: a byte of what kind and in how many buffers, two of
// length, the bytes. Kind 1 is not the frame's bytes but a change to a datagram: its
// flags, position and value.
func FuzzReceive(f *testing.F) {
	raw := func(parts byte, frame []byte) []byte {
		return append([]byte{parts << 1, byte(len(frame)), byte(len(frame) >> 8)}, frame...)
	}
	good := datagram("raw")
	tso := datagram("raw")
	copy(tso, []byte{1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0})
	fragment := datagram("raw")
	binary.BigEndian.PutUint16(fragment[virtiotest.NetHeader+14+6:], 0x2000)
	runt := good[:virtiotest.NetHeader+3]
	f.Add(append(raw(0, good), raw(2, good)...))
	f.Add(append(raw(1, tso), raw(3, fragment)...))
	f.Add(append(raw(0, runt), raw(3, good[:30])...))
	for _, flags := range []byte{0, 1, 2} {
		for _, at := range []byte{0, 13, 16, 20, 22, 25, 33, 36, 40, 45} {
			f.Add([]byte{1, 3, 0, flags, at, 0x20})
		}
	}
	// Of one stack, which attacks must not wear out.
	b := newBench(f, sums|recvTSO|merge|virtio.FeatureEventIdx, config{})
	c := b.listen(f)
	f.Fuzz(func(t *testing.T, program []byte) {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		vouched := 0 // changes that may arrive
		for len(program) >= 3 {
			kind, n := program[0], int(binary.LittleEndian.Uint16(program[1:]))
			program = program[3:]
			data := program[:min(n, len(program), 4000)]
			program = program[len(data):]
			switch {
			case kind&1 == 0:
				if !bytes.Contains(data, []byte(evil[:8])) && !bytes.Contains(data, []byte(evil[8:])) {
					b.give(t, int(kind>>1)%4+1, data)
				}
			case len(data) >= 3 && data[2] != 0:
				if b.change(t, data[0]&3, int(data[1]), data[2]) {
					vouched++
				}
			}
		}
		b.give(t, 1, datagram("last"))
		for got := ""; got != "last"; {
			if got = read(t, c); differs(got, evil) > 1 {
				continue
			}
			if vouched--; vouched < 0 {
				t.Fatalf("%q arrived", got)
			}
		}
		b.agree(t)
		b.fake.Sent(1<<20, func([]byte) {}) // what was answered
	})
}

// give delivers a frame, header in front, in so many buffers of the device.
func (b *bench) give(t *testing.T, parts int, frame []byte) {
	t.Helper()
	q := b.fake.Queue(0)
	each := (len(frame) + parts - 1) / parts
	for i := range parts {
		var c virtiotest.Chain
		for deadline := time.Now().Add(10 * time.Second); !q.Pop(&c); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("no buffer for a frame: %+v", b.dev.Stats())
			}
		}
		n := copy(c.In[0], frame[min(i*each, len(frame)):min((i+1)*each, len(frame))])
		if i == 0 {
			binary.LittleEndian.PutUint16(c.In[0][10:], uint16(parts))
			n = max(n, virtiotest.NetHeader)
		}
		q.Push(c.Head, n)
	}
	b.given++
	if q.Publish() {
		b.irq.fire()
	}
}

// change delivers a datagram with a byte changed and reports whether it may arrive.
// Flags are the header's: 1 leaves the checksum undone, 2 vouches for it.
func (b *bench) change(t *testing.T, flags byte, at int, by byte) bool {
	t.Helper()
	const ip, transport = 14, 14 + 20
	f := datagram(evil)
	eth := f[virtiotest.NetHeader:]
	if at %= len(eth); at < ip {
		at += ip // anybody may write what he likes in an Ethernet header
	}
	f[0] = flags
	copy(f[6:], []byte{transport, 0, 6, 0})
	eth[at] ^= by
	b.give(t, 1, f)
	unchecked := eth[transport+6] == 0 && eth[transport+7] == 0 // UDP without a checksum (RFC 768)
	return at >= transport && (flags != 0 || unchecked)
}

// agree waits until each frame given is counted, once.
func (b *bench) agree(t *testing.T) {
	t.Helper()
	var counted uint64
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if counted = b.ep.Stats().RxPackets + b.dev.Stats().RxErrors; counted >= b.given {
			break
		}
	}
	if counted != b.given || b.dev.State() != netdev.Running {
		t.Fatalf("%d frames given, %+v, %+v, device %v", b.given, b.ep.Stats(), b.dev.Stats(), b.dev.State())
	}
}

// read returns the next datagram.
func read(t *testing.T, c *gonet.UDPConn) string {
	t.Helper()
	var buf [1 << 16]byte
	n, err := c.Read(buf[:])
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// differs is the number of bytes in which two strings differ.
func differs(a, b string) int {
	if len(a) != len(b) {
		return len(a) + len(b)
	}
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
