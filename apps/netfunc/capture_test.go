//go:build !yolk || yolk_side || yolk_volumes

package netfunc

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

// watch returns what the flags say.
func watch(t *testing.T, args ...string) (w Watch) {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	w.Flags(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestCapture: a packet through a loopback device is in the file twice, sent and
// received.
func TestCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.pcap")
	f := watch(t, "-capture", name)
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	dev := netdev.New(pipe.Loopback())
	if err := f.Wrap(dev); err != nil {
		t.Fatal(err)
	}
	if err := dev.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	pool, err := netbuf.NewPool(netbuf.Heap, 4, 256, 64)
	if err != nil {
		t.Fatal(err)
	}
	b := pool.Get()
	copy(b.Append(60), "an Ethernet frame")
	if n, _ := dev.TxBurst(0, []*netbuf.Buf{b}); n != 1 {
		t.Fatal("not sent")
	}
	var got [1]*netbuf.Buf
	if n, _ := dev.RxBurst(0, got[:]); n != 1 {
		t.Fatal("not received")
	}
	got[0].Free()
	dev.Close()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if s, err := os.Stat(name); err != nil || s.Size() != 24+2*(16+60) {
		t.Errorf("%v, %v", s, err)
	}
}

// TestErrors: a file that cannot be made, and one that takes nothing.
func TestErrors(t *testing.T) {
	for _, name := range []string{t.TempDir(), "/dev/full"} {
		if f := watch(t, "-capture", name); f.Open() == nil {
			t.Errorf("%s can be written", name)
		}
	}
	if f := watch(t); f.Open() != nil || f.Wrap(nil) != nil || f.Close() != nil {
		t.Error("without a flag there is something to do")
	}
}
