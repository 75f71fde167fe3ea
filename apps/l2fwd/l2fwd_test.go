package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

func TestOptions(t *testing.T) {
	o, err := parse(strings.Fields("-first 1 -ports 2 -swap=false -queues 3 -burst 8 -interrupts -count 7"), io.Discard)
	if err != nil || o.first != 1 || o.ports != 2 || o.swap || o.queues != 3 || o.burst != 8 || !o.interrupts || o.count != 7 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, c := range []struct{ line, want string }{
		{"-first -1", "-first -1"}, {"-ports 3", "-ports 3"}, {"-queues 0", "-queues 0"}, {"-burst 0", "-burst 0"},
		{"-every -1s", "-every -1s"}, {"fast", "unexpected"}, {"-x", "not defined"},
	} {
		if _, err := parse(strings.Fields(c.line), io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.line, err, c.want)
		}
	}
}

// cable registers one end of a cable and starts the other.
func cable(t *testing.T) (number int, far *netdev.Device) {
	t.Helper()
	near, end := pipe.New()
	far = netdev.New(end)
	if err := far.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := far.SetPromiscuous(true); err != nil {
		t.Fatal(err)
	}
	return netdev.Register(near).Number(), far
}

// frame is 60 bytes with a number at the end.
func frame(n byte) []byte {
	f := append([]byte{2, 0, 0, 0, 0, 0xd, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5}, make([]byte, 46)...)
	f[59] = n
	return f
}

// put sends frames 0 to count-1; get receives as many and returns them.
func put(t *testing.T, dev *netdev.Device, count int) {
	for i := range count {
		b, err := netbuf.New(netbuf.Heap, 128, 0)
		if err != nil {
			t.Error(err)
			return
		}
		for copy(b.Append(60), frame(byte(i))); dev.TxOne(0, b)&netdev.Success == 0; {
			time.Sleep(time.Millisecond) // the forwarder is busy
		}
	}
}

func get(t *testing.T, dev *netdev.Device, count int) (frames [][]byte) {
	for deadline := time.Now().Add(20 * time.Second); len(frames) < count; {
		if b, _ := dev.RxOne(0); b != nil {
			frames = append(frames, b.AppendTo(nil))
			b.Free()
		} else if time.Now().After(deadline) {
			t.Fatalf("%d of %d frames came", len(frames), count)
		} else {
			time.Sleep(time.Millisecond)
		}
	}
	return frames
}

// up waits until the forwarder takes all frames of a device, the last thing it does to
// it: what is sent before that is lost.
func up(number int) {
	for !netdev.Get(number).Promiscuous() {
		time.Sleep(time.Millisecond)
	}
}

// TestForward sends through both directions between two devices, and back from
// one, polling and with interrupts.
func TestForward(t *testing.T) {
	const count = 100 // for each direction; less than a queue holds, so that none is dropped
	for _, flags := range []string{"", "-interrupts", "-swap=false", "-interrupts -burst 1"} {
		t.Run("two ports "+flags, func(t *testing.T) {
			a, left := cable(t)
			b, right := cable(t)
			o, err := parse(strings.Fields(fmt.Sprintf("-first %d -count %d %s", a, 2*count, flags)), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- run(o) }()
			up(a)
			up(b)
			go put(t, left, count)
			go put(t, right, count)
			want := frame(0)
			if o.swap {
				want = append(append(append([]byte{}, want[6:12]...), want[:6]...), want[12:]...)
			}
			for _, dev := range []*netdev.Device{right, left} {
				for i, f := range get(t, dev, count) {
					if want[59] = byte(i); !bytes.Equal(f, want) {
						t.Fatalf("frame %d is %x", i, f)
					}
				}
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	for _, flags := range []string{"", "-interrupts"} {
		t.Run("one port "+flags, func(t *testing.T) {
			a, far := cable(t)
			o, err := parse(strings.Fields(fmt.Sprintf("-first %d -ports 1 -count %d %s", a, count, flags)), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- run(o) }()
			up(a)
			go put(t, far, count)
			for i, f := range get(t, far, count) {
				if f[5] != 0xa || f[11] != 0xd || f[59] != byte(i) {
					t.Fatalf("frame %d is %x", i, f)
				}
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTime: the limit ends a forwarder that sees no packet, in both ways.
func TestTime(t *testing.T) {
	for _, flags := range []string{"", "-interrupts"} {
		a, _ := cable(t)
		o, err := parse(strings.Fields(fmt.Sprintf("-first %d -time 20ms -every 5ms %s", a, flags)), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := run(o); err != nil {
			t.Error(err)
		}
		if s := netdev.Get(a).State(); s != netdev.Unprobed {
			t.Errorf("the device is %v afterwards", s)
		}
	}
}

func TestNoDevice(t *testing.T) {
	none := fmt.Sprint(netdev.Count())
	o, err := parse([]string{"-first", none}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(o); err == nil || !strings.Contains(err.Error(), "no network device "+none) {
		t.Error(err)
	}
}

// looped is a lane around a loopback device that a number of frames circle in.
func looped(t testing.TB, burst, frames int) *lane {
	n := netdev.Register(pipe.Loopback()).Number()
	dev, err := open(n, &options{queues: 1, burst: burst})
	if err != nil {
		t.Fatal(err)
	}
	for range frames {
		b, _ := netbuf.New(netbuf.Heap, 128, 0)
		copy(b.Append(60), frame(0))
		if dev.TxOne(0, b)&netdev.Success == 0 {
			t.Fatal("the loopback device is full")
		}
	}
	return connect([]*netdev.Device{dev}, &options{queues: 1, burst: burst, swap: true})[0]
}

func TestNoAllocations(t *testing.T) {
	l := looped(t, 8, 8)
	if n := testing.AllocsPerRun(100, func() {
		if n, err := l.turn(); n != 8 || err != nil {
			t.Error(n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for 8 packets", n)
	}
}

func BenchmarkForward(b *testing.B) {
	for _, burst := range []int{1, 8, 32, 64} {
		b.Run(fmt.Sprint("burst ", burst), func(b *testing.B) {
			l := looped(b, burst, burst)
			b.ReportAllocs()
			for n := 0; n < b.N; {
				k, err := l.turn()
				if err != nil || k == 0 {
					b.Fatal(k, err)
				}
				n += k
			}
		})
	}
}
