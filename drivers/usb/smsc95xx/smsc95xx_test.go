package smsc95xx

import (
	"errors"
	"testing"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// open brings a plugged chip's device up, with all offloads.
func (r *rig) open(t *testing.T) *netdev.Device {
	t.Helper()
	dev := netdev.New(r.drv)
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// within waits for a condition that holds soon.
func within(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for ", what)
		}
	}
}

// works sends a frame and receives one.
func (r *rig) works(t *testing.T, dev *netdev.Device) {
	t.Helper()
	b, err := netbuf.New(netbuf.Heap, 2048, 64)
	if err != nil {
		t.Fatal(err)
	}
	clear(b.Append(60))
	if s := dev.TxOne(0, b); s&netdev.Success == 0 {
		t.Fatal("sending: ", s, dev.Err())
	}
	within(t, "the frame that was sent", func() bool {
		_, ok := r.wire.Receive()
		return ok
	})
	f := make([]byte, 60)
	a := dev.HardwareAddr()
	copy(f, a[:])
	r.chip.Receive(f)
	within(t, "the frame to receive", func() bool {
		b, s := dev.RxOne(0)
		if s&netdev.Success != 0 {
			b.Free()
		}
		return s&netdev.Success != 0
	})
}

// fails waits until the device has failed, as who polls it notices.
func fails(t *testing.T, dev *netdev.Device) {
	t.Helper()
	within(t, "the device to fail", func() bool {
		dev.RxBurst(0, make([]*netbuf.Buf, 1))
		return dev.State() == netdev.Failed
	})
}

// restart restarts a failed device as a stack does, until it works.
func restart(t *testing.T, dev *netdev.Device) {
	t.Helper()
	within(t, "the device to come back", func() bool { return dev.Restart() == nil })
}

// TestAddress: the EEPROM's, else the board's.
func TestAddress(t *testing.T) {
	mac := [6]byte{2, 1, 2, 3, 4, 5}
	if a := plug(t, lan9514.Config{MAC: &mac}).open(t).HardwareAddr(); a != netdev.HardwareAddr(mac) {
		t.Error(a)
	}
	if a := plug(t, lan9514.Config{}).open(t).HardwareAddr(); a != BoardAddr() {
		t.Error(a)
	}
}

// TestUnplug: a device that leaves says so to whoever waits for its link, moves
// nothing, and is the same device again when it is back.
func TestUnplug(t *testing.T) {
	r := plug(t, lan9514.Config{})
	dev := r.open(t)
	for range 2 {
		r.works(t, dev)
		told := make(chan error, 1)
		go func() {
			link, err := netdev.LinkUp, error(nil)
			for err == nil {
				link, err = dev.WaitLink(link)
			}
			told <- err
		}()
		r.port.Unplug()
		if err := <-told; !errors.Is(err, usbnet.ErrGone) {
			t.Error(err)
		}
		if n, s := dev.RxBurst(0, make([]*netbuf.Buf, 1)); n != 0 || s != netdev.Stopped {
			t.Errorf("%d, %v", n, s)
		}
		if err := dev.Restart(); !errors.Is(err, usbnet.ErrGone) {
			t.Error(err)
		}
		r.port.Plug(r.chip)
		restart(t, dev)
		within(t, "the link", func() bool { return dev.Link() == netdev.LinkUp })
	}
	r.works(t, dev)
	if s := dev.Stats(); s.DeviceErrors != 0 || s.Restarts != 2 {
		t.Errorf("%+v; to leave is no error", s)
	}
}

// TestFaults: what a USB device can do wrong stops the device with the cause, and a
// restart finds a chip that works.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		endpoint byte
		fault    lan9514.Status
		want     error
	}{
		"stall":        {lan9514.BulkIn, lan9514.Stall, usb.ErrStall},
		"babble":       {lan9514.BulkIn, lan9514.Babble, usb.ErrBabble},
		"broken":       {lan9514.BulkIn, lan9514.Broken, usb.ErrTransaction},
		"stalled send": {lan9514.BulkOut, lan9514.Stall, usb.ErrStall},
		"lost send":    {lan9514.BulkOut, lan9514.Lost, usb.ErrTimeout},
		"lost receipt": {lan9514.BulkIn, lan9514.Lost, usbnet.ErrLost},
		"notice":       {lan9514.InterruptIn, lan9514.Stall, usb.ErrStall},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := plug(t, lan9514.Config{})
			dev := r.open(t)
			r.works(t, dev)
			r.chip.Inject(c.endpoint, c.fault)
			within(t, "the fault", func() bool {
				r.poke(dev)
				return dev.State() == netdev.Failed
			})
			if err := dev.Err(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			restart(t, dev)
			r.works(t, dev)
		})
	}
}

// poke has every pipe do something.
func (r *rig) poke(dev *netdev.Device) {
	if b, err := netbuf.New(netbuf.Heap, 128, 0); err == nil {
		clear(b.Append(60))
		if dev.TxOne(0, b)&netdev.Success == 0 {
			b.Free()
		}
	}
	f := make([]byte, 60)
	a := dev.HardwareAddr()
	copy(f, a[:])
	r.chip.Receive(f)
	if b, s := dev.RxOne(0); s&netdev.Success != 0 {
		b.Free()
	}
	r.chip.SetLink(false, 0)
	r.chip.SetLink(true, 0)
}

// TestDuplex: the MAC does as the PHY has agreed with the other end.
func TestDuplex(t *testing.T) {
	r := plug(t, lan9514.Config{})
	dev := r.open(t)
	for partner, want := range map[uint16]uint32{
		0:                                   macFullDuplex,
		lan9514.Half100 | lan9514.Full10:    macNoOwn,
		lan9514.Full10:                      macFullDuplex,
		lan9514.Half10:                      macNoOwn,
		lan9514.Full100 | lan9514.Half100:   macFullDuplex,
		lan9514.Half100 | lan9514.Half10:    macNoOwn,
		lan9514.Full10 | lan9514.Half10 | 0: macFullDuplex,
	} {
		r.chip.SetLink(false, 0)
		within(t, "the link's end", func() bool { return dev.Link() == netdev.LinkDown })
		r.chip.SetLink(true, partner)
		within(t, "the link", func() bool { return dev.Link() == netdev.LinkUp })
		if got := r.chip.Register(uint16(regMAC)) & (macFullDuplex | macNoOwn); got != want {
			t.Errorf("partner %#x: MAC_CR %#x, want %#x", partner, got, want)
		}
		paused := r.chip.Register(uint16(regFlow)) != 0
		if want := partner == 0; paused != want {
			t.Errorf("partner %#x: PAUSE %v", partner, paused)
		}
	}
}

// TestGathers: what is sent while the bus is busy goes together.
func TestGathers(t *testing.T) {
	r := plug(t, lan9514.Config{})
	dev := r.open(t)
	var bufs []*netbuf.Buf
	for range 64 {
		b, err := netbuf.New(netbuf.Heap, 128, 0)
		if err != nil {
			t.Fatal(err)
		}
		clear(b.Append(100))
		bufs = append(bufs, b)
	}
	if n, _ := dev.TxBurst(0, bufs); n != len(bufs) {
		t.Fatal(n)
	}
	within(t, "the frames", func() bool { return r.chip.Stats().TxFrames == 64 })
	if n := r.chip.Stats().TxTransfers; n > 4 {
		t.Errorf("%d transfers", n)
	}
}

// FuzzUnpack: whatever a burst holds, frames are parts of it and each byte is looked at
// once.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0x20, 0, 0x46, 0, 1, 2, 3, 4}, true)
	f.Add(append([]byte{0x20, 0, 66, 0}, make([]byte, 66)...), false)
	f.Add(append([]byte{0x20, 0, 66, 0, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 8, 0, 0x45, 0, 0, 46}, make([]byte, 48)...), true)
	f.Fuzz(func(t *testing.T, burst []byte, summed bool) {
		s := &usbnet.Settings{MTU: maxMTU}
		if summed {
			s = allOffloads
		}
		pool, err := netbuf.NewPool(netbuf.Heap, 8, 2048, 64)
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for rest := burst; len(rest) > 0; {
			var tally usbnet.Tally
			bufs := make([]*netbuf.Buf, 4)
			pool.GetBurst(bufs)
			before := len(rest)
			var n int
			rest, n = (&chip{}).Unpack(s, rest, bufs, &tally)
			if n != tally.Packets || n > len(bufs) || len(rest) >= before || n < len(bufs) && len(rest) > 0 {
				t.Fatalf("%d of %d buffers, %+v, %d bytes left of %d", n, len(bufs), tally, len(rest), before)
			}
			total += tally.Bytes
			netbuf.FreeBurst(bufs)
		}
		if total > len(burst) {
			t.Fatalf("%d bytes of %d", total, len(burst))
		}
	})
}
