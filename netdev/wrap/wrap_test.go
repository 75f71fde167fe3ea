package wrap_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/netdevtest"
	"yolk/netdev/pipe"
	"yolk/netdev/wrap"
)

// Whatever is around it, a device stays a device.
func TestConformance(t *testing.T) {
	capture, err := wrap.NewCapture(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]func(netdev.Driver) netdev.Driver{
		"capture":   capture.Wrap,
		"loss":      wrap.Loss(1, 0, 0),
		"corrupt":   wrap.Corrupt(1, 0),
		"duplicate": wrap.Duplicate(1, 0),
		"blackout":  wrap.Blackout(1<<40, time.Second),
		"delay":     wrap.Delay(1, 1, 50*time.Microsecond, 50*time.Microsecond),
	} {
		t.Run(name, func(t *testing.T) {
			netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
				x, y := pipe.New()
				peer := open(t, y)
				if err := peer.SetPromiscuous(true); err != nil {
					t.Fatal(err)
				}
				return netdevtest.Subject{Driver: w(x), Wire: netdevtest.Peer(peer)}
			})
		})
	}
}

func open(t *testing.T, drv netdev.Driver, wrappers ...func(netdev.Driver) netdev.Driver) *netdev.Device {
	t.Helper()
	d := netdev.New(drv)
	for _, w := range wrappers {
		if err := d.Wrap(w); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// packets makes n broadcasts of 60 bytes, numbered in the last byte.
func packets(t *testing.T, n int) []*netbuf.Buf {
	t.Helper()
	var bufs []*netbuf.Buf
	for i := range n {
		b, err := netbuf.New(netbuf.Heap, 256, 64)
		if err != nil {
			t.Fatal(err)
		}
		p := b.Append(60)
		copy(p, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
		p[59] = byte(i)
		bufs = append(bufs, b)
	}
	return bufs
}

// numbers receives what there is and returns the numbers.
func numbers(d *netdev.Device) (got []byte) {
	for {
		b, s := d.RxOne(0)
		if s&netdev.Success == 0 {
			return got
		}
		got = append(got, b.Bytes()[59])
		b.Free()
	}
}

// A capture has the packets that went, not those that found the queue full, and
// is a file that tcpdump reads.
func TestCapture(t *testing.T) {
	var file bytes.Buffer
	c, err := wrap.NewCapture(&file)
	if err != nil {
		t.Fatal(err)
	}
	x, y := pipe.New()
	a := open(t, x, c.Wrap)
	b := netdev.New(y)
	if err := b.Open(netdev.Config{}, netdev.RxConfig{Size: 4}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	out := packets(t, 6)
	if n, _ := a.TxBurst(0, out); n != 4 {
		t.Fatalf("%d sent", n)
	}
	netbuf.FreeBurst(out[4:])
	back := packets(t, 1)
	b.TxBurst(0, back)
	if got := numbers(a); len(got) != 1 {
		t.Fatalf("%v", got)
	}
	const record = 16 + 60
	p := file.Bytes()
	if len(p) != 24+5*record || binary.LittleEndian.Uint32(p) != 0xa1b23c4d || c.Err() != nil {
		t.Fatalf("%d bytes, %v:\n% x", len(p), c.Err(), p)
	}
	for i, want := range []byte{0, 1, 2, 3, 0} {
		r := p[24+i*record:][:record]
		if binary.LittleEndian.Uint32(r[8:]) != 60 || binary.LittleEndian.Uint32(r[12:]) != 60 || r[16+59] != want {
			t.Errorf("record %d: % x", i, r)
		}
	}
	tcpdump := exec.Command("tcpdump", "-n", "-e", "-r", "-")
	tcpdump.Stdin = &file
	text, err := tcpdump.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no tcpdump to read it")
	}
	if n := strings.Count(string(text), "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype Unknown (0x88b5), length 60"); n != 5 || err != nil {
		t.Errorf("tcpdump: %v\n%s", err, text)
	}
}

// full is a writer that fails after some writes.
type full struct{ left int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestCaptureFails(t *testing.T) {
	if _, err := wrap.NewCapture(&full{0}); !errors.Is(err, errFull) {
		t.Error(err)
	}
	c, err := wrap.NewCapture(&full{1})
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, pipe.Loopback(), c.Wrap)
	d.TxBurst(0, packets(t, 3))
	if got := numbers(d); len(got) != 3 || !errors.Is(c.Err(), errFull) {
		t.Errorf("%v, %v", got, c.Err())
	}
}

func TestTrace(t *testing.T) {
	var lines []string
	d := open(t, pipe.Loopback(), wrap.Trace(func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf(format, args...))
	}))
	p := packets(t, 2)
	p[0].SetNext(p[1])
	d.TxBurst(0, p[:1])
	numbers(d)
	want := []string{
		"tx 0: 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, type 0x88b5, 120 bytes in 2 parts",
		"rx 0: 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, type 0x88b5, 120 bytes",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", lines)
	}
}

// through sends 200 packets over a cable whose ends are wrapped, in bursts, and
// returns those that arrive at a queue of a size.
func through(t *testing.T, burst, size int, out, in func(netdev.Driver) netdev.Driver) (got [][]byte) {
	x, y := pipe.New()
	a, b := open(t, x, out), netdev.New(y)
	b.Wrap(in)
	if err := b.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{Size: size}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	bufs := make([]*netbuf.Buf, burst)
	for left := packets(t, 200); len(left) > 0; {
		n, _ := a.TxBurst(0, left[:min(burst, len(left))])
		left = left[n:]
		for more := true; more; {
			m, s := b.RxBurst(0, bufs)
			for _, p := range bufs[:m] {
				got = append(got, p.AppendTo(nil))
			}
			netbuf.FreeBurst(bufs[:m])
			more = s&netdev.More != 0
		}
	}
	return got
}

// lossless is a wrapper that does nothing.
func lossless(d netdev.Driver) netdev.Driver { return d }

// Which packets are corrupted, and how, is a matter of the seed, not of bursts; one
// byte changes; and nobody vouches for the packet any more.
func TestCorrupt(t *testing.T) {
	want := through(t, 1, 256, lossless, wrap.Corrupt(7, 0.3))
	changed := 0
	for i, p := range packets(t, len(want)) {
		diff := 0
		for j, v := range p.Bytes() {
			if want[i][j] != v {
				diff++
			}
		}
		if changed += diff; diff > 1 {
			t.Errorf("packet %d: %d bytes differ", i, diff)
		}
	}
	if len(want) != 200 || changed < 30 || changed > 90 {
		t.Errorf("%d of %d packets changed", changed, len(want))
	}
	if got := through(t, 32, 16, lossless, wrap.Corrupt(7, 0.3)); !reflect.DeepEqual(got, want) {
		t.Error("in bursts of 32 others are changed")
	}
	x, y := pipe.New()
	b := netdev.New(y)
	b.Wrap(wrap.Corrupt(1, 1))
	if err := b.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	a := netdev.New(x)
	if err := a.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	for _, o := range []netbuf.Offload{
		{Checksum: netbuf.ChecksumPartial, CsumStart: 20, CsumOffset: 6}, {Checksum: netbuf.ChecksumValid},
	} {
		out := packets(t, 1)
		out[0].Offload = o
		a.TxBurst(0, out)
		got, _ := b.RxOne(0)
		if got.Offload != (netbuf.Offload{}) {
			t.Errorf("%+v became %+v", o, got.Offload)
		}
		p := got.Bytes()
		wrong := 0
		for i, v := range packets(t, 1)[0].Bytes() {
			if p[i] != v {
				wrong++
			}
		}
		if partial := o.Checksum == netbuf.ChecksumPartial; partial && wrong < 2 || !partial && wrong != 1 {
			t.Errorf("%+v: %d bytes differ: is the checksum complete?", o, wrong)
		}
		got.Free()
	}
}

// Duplicates come behind what they are copies of, as many for any burst, and with
// no buffers there are none.
func TestDuplicate(t *testing.T) {
	want := through(t, 1, 256, lossless, wrap.Duplicate(7, 0.3))
	twice := 0
	for i := range want[1:] {
		switch {
		case bytes.Equal(want[i], want[i+1]):
			twice++
		case want[i+1][59] != want[i][59]+1:
			t.Errorf("%d after %d", want[i+1][59], want[i][59])
		}
	}
	if len(want) != 200+twice || twice < 40 || twice > 80 {
		t.Errorf("%d packets, %d twice", len(want), twice)
	}
	for _, v := range [][2]int{{32, 256}, {64, 5}, {200, 16}} {
		if got := through(t, v[0], v[1], lossless, wrap.Duplicate(7, 0.3)); !reflect.DeepEqual(got, want) {
			t.Errorf("burst %d, queue %d: %d packets arrived; %d one by one", v[0], v[1], len(got), len(want))
		}
	}
}

// Some packets are passed by others; all arrive.
func TestReorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := pipe.New()
		a, b := open(t, x), open(t, y, wrap.Delay(7, 0.1, time.Millisecond, 2*time.Millisecond))
		a.TxBurst(0, packets(t, 200))
		got := numbers(b)
		if len(got) < 100 || len(got) >= 200 {
			t.Errorf("%d of 200 are not held", len(got))
		}
		for end := time.Now().Add(time.Second); len(got) < 200 && time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
			got = append(got, numbers(b)...)
		}
		if slices.IsSorted(got) {
			t.Error("in order")
		}
		slices.Sort(got)
		for i, n := range got {
			if int(n) != i {
				t.Fatalf("%v", got)
			}
		}
	})
}

// The wire is dead both ways after so many packets, for so long.
func TestBlackout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 50 * time.Millisecond
		x, y := pipe.New()
		a, b := open(t, x), open(t, y, wrap.Blackout(10, length))
		ways := [2][2]*netdev.Device{{a, b}, {b, a}}
		run, last := 0, time.Time{} // packets that crossed since the last blackout, and when
		for i, blackouts := 0, 0; blackouts < 3; i++ {
			way := ways[i%2]
			way[0].TxBurst(0, packets(t, 1))
			if len(numbers(way[1])) == 1 {
				if run == 10 {
					if d := time.Since(last); d != length {
						t.Errorf("dead for %v", d)
					}
					blackouts, run = blackouts+1, 0
				}
				run, last = run+1, time.Now()
			} else if run != 10 {
				t.Fatalf("%d packets crossed before blackout %d", run, blackouts)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// The packets lost are a matter of seed and share, not of bursts or of a queue
// that is full now and then.
func TestLoss(t *testing.T) {
	through := func(seed uint64, rx, tx float64, burst, size int) [][]byte {
		return through(t, burst, size, wrap.Loss(seed, 0, tx), wrap.Loss(seed, rx, 0))
	}
	for _, c := range []struct{ rx, tx float64 }{{0.3, 0}, {0, 0.3}, {0.2, 0.2}} {
		want := through(7, c.rx, c.tx, 1, 256)
		if n := len(want); n < 100 || n > 170 {
			t.Errorf("%+v: %d of 200 arrived", c, n)
		}
		for _, v := range [][2]int{{32, 256}, {64, 5}, {200, 16}} {
			if got := through(7, c.rx, c.tx, v[0], v[1]); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, burst %d, queue %d: %d packets arrived; %d one by one", c, v[0], v[1], len(got), len(want))
			}
		}
		if reflect.DeepEqual(through(8, c.rx, c.tx, 1, 256), want) {
			t.Errorf("%+v: another seed, the same fate", c)
		}
	}
	if n := len(through(7, 1, 0, 8, 256)) + len(through(7, 0, 1, 8, 256)); n != 0 {
		t.Errorf("%d of none", n)
	}
}

// A packet comes when its time has, and a receiver that sleeps by the book is
// woken for it.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const d = 20 * time.Millisecond
		x, y := pipe.New()
		a, b := open(t, x), open(t, y, wrap.Delay(1, 1, d, d))
		for range 3 {
			start := time.Now()
			a.TxBurst(0, packets(t, 5))
			var got []byte
			for len(got) < 5 {
				got = append(got, numbers(b)...)
				if pending, err := b.EnableInterrupt(0); err == nil && !pending && len(got) < 5 {
					if err := b.Wait(0); err != nil {
						t.Fatal(err)
					}
				}
			}
			if took := time.Since(start); took != d {
				t.Errorf("after %v", took)
			}
			if !bytes.Equal(got, []byte{0, 1, 2, 3, 4}) {
				t.Errorf("%v", got)
			}
		}
	})
}
