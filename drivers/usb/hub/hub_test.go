package hub

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yolk/drivers/usb"
	"yolk/drivers/usb/usbtest"
)

func TestParse(t *testing.T) {
	ports, good, err := parse([]byte{9, 0x29, 5, 0x0d, 0, 50, 1})
	if ports != 5 || good != 100*time.Millisecond || err != nil {
		t.Error(ports, good, err)
	}
	for _, b := range [][]byte{nil, {9, 0x29, 5}, {6, 0x29, 5, 0, 0, 50, 1}, {9, 0x28, 5, 0, 0, 50, 1}, {9, 0x29, 0, 0, 0, 50, 1}} {
		if _, _, err := parse(b); !errors.Is(err, usb.ErrDescriptor) {
			t.Errorf("% x: %v", b, err)
		}
	}
}

// bubble runs f with a host and a bus, in virtual time.
func bubble(t *testing.T, f func(bus *usbtest.Bus, host *usb.Host)) {
	synctest.Test(t, func(t *testing.T) {
		bus, mem := usbtest.NewBus(1), usbtest.NewMemory(8<<20)
		host := usb.NewHost(usbtest.NewController(bus, mem), mem, nil)
		if err := host.Start(); err != nil {
			t.Fatal(err)
		}
		f(bus, host)
		host.Close()
		if mem.Live() != 0 {
			t.Errorf("%d bytes are not freed", mem.Live())
		}
	})
}

// A strange hub wraps a good one.
type strange struct {
	usbtest.Function
	control func(s usb.Setup, data []byte) (n int, ok, mine bool)
	in      func(packet []byte) (int, usbtest.Handshake)
	asked   atomic.Int64
}

func (s *strange) Control(r usb.Setup, data []byte) (int, bool) {
	s.asked.Add(1)
	if s.control != nil {
		if n, ok, mine := s.control(r, data); mine {
			return n, ok
		}
	}
	return s.Function.Control(r, data)
}

func (s *strange) In(ep uint8, packet []byte) (int, usbtest.Handshake) {
	if s.in != nil {
		return s.in(packet)
	}
	return s.Function.In(ep, packet)
}

// TestQuiet: a hub whose ports do not change is not spoken to.
func TestQuiet(t *testing.T) {
	bubble(t, func(bus *usbtest.Bus, host *usb.Host) {
		dev, ports := usbtest.NewHub(usb.High, 4)
		s := &strange{Function: dev.Function}
		dev.Function = s
		bus.Plug(1, dev)
		time.Sleep(time.Minute)
		before := s.asked.Load()
		time.Sleep(time.Hour)
		if n := s.asked.Load() - before; n != 0 || before == 0 {
			t.Errorf("%d requests in an hour, %d before", n, before)
		}
		other, _ := usbtest.NewHub(usb.High, 1)
		ports.Plug(4, other)
		time.Sleep(time.Second)
		if n := len(host.Devices()); n != 2 {
			t.Errorf("%d devices", n)
		}
	})
}

// TestStatusFails has the status change endpoint halt: changes are heard of again.
func TestStatusFails(t *testing.T) {
	bubble(t, func(bus *usbtest.Bus, host *usb.Host) {
		dev, ports := usbtest.NewHub(usb.High, 4)
		s := &strange{Function: dev.Function}
		dev.Function = s
		bus.Plug(1, dev)
		time.Sleep(time.Second)
		dev.Halt(0x81)
		time.Sleep(time.Second)
		before := s.asked.Load()
		time.Sleep(time.Hour)
		if n := s.asked.Load() - before; n != 0 {
			t.Errorf("%d requests in an hour after it was mended", n)
		}
		other, _ := usbtest.NewHub(usb.High, 1)
		ports.Plug(4, other)
		time.Sleep(time.Second)
		if n := len(host.Devices()); n != 2 {
			t.Errorf("%d devices", n)
		}
	})
}

// TestOwnChange has the hub itself say that something has changed, which is cleared.
func TestOwnChange(t *testing.T) {
	bubble(t, func(bus *usbtest.Bus, host *usb.Host) {
		dev, _ := usbtest.NewHub(usb.High, 4)
		var cleared atomic.Int64
		var changed atomic.Bool
		s := &strange{Function: dev.Function}
		s.control = func(r usb.Setup, data []byte) (int, bool, bool) {
			if r.RequestType == toHub && r.Request == usb.ClearFeature {
				cleared.Add(1)
				changed.Store(false)
			}
			return 0, false, false
		}
		s.in = func(packet []byte) (int, usbtest.Handshake) {
			if !changed.Load() {
				return 0, usbtest.NAK
			}
			packet[0] = 1
			return 1, usbtest.ACK
		}
		dev.Function = s
		bus.Plug(1, dev)
		time.Sleep(time.Second)
		changed.Store(true)
		dev.Kick()
		time.Sleep(time.Second)
		if cleared.Load() != 2 { // power and current
			t.Errorf("%d changes are cleared", cleared.Load())
		}
	})
}

// FuzzHub lets a hub answer what it likes: the host survives it, does not drown in
// requests, and frees what it had.
func FuzzHub(f *testing.F) {
	f.Add([]byte{9, 0x29, 255, 0, 0, 1, 0, 0xff, 0xff, 1, 1, 0x01, 0x01, 0x01, 0x01})
	f.Add([]byte{9, 0x29, 2, 0, 0, 1, 0, 3, 1, 1, 0, 3, 1, 0x10, 0, 3, 1, 0x10, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		bubble(t, func(bus *usbtest.Bus, host *usb.Host) {
			dev, _ := usbtest.NewHub(usb.High, 4)
			s := &strange{Function: dev.Function}
			next := func(p []byte) int {
				n := copy(p, script)
				script = script[n:]
				return n
			}
			s.control = func(r usb.Setup, data []byte) (int, bool, bool) {
				if len(script) == 0 {
					return 0, false, false
				}
				if r.RequestType&usb.DirIn != 0 {
					return next(data), true, true
				}
				return 0, script[0]&7 != 7, true
			}
			s.in = func(packet []byte) (int, usbtest.Handshake) {
				if len(script) == 0 {
					return 0, usbtest.NAK
				}
				return next(packet), usbtest.ACK
			}
			dev.Function = s
			bus.Plug(1, dev)
			time.Sleep(10 * time.Minute)
			if n := s.asked.Load(); n > 100_000 {
				t.Errorf("%d requests to one hub", n)
			}
		})
	})
}
