package smsc95xx

import (
	"sync"
	"testing"

	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/drivers/usb/usbnet/usbnettest"
	"yolk/netdev"
	"yolk/netdev/netdevtest"
)

// wire is the other end of a chip's cable.
type wire struct {
	chip *lan9514.Chip

	mu    sync.Mutex
	queue [512][]byte // frames that the chip has sent, a ring
	first int
	count int
	last  []byte
}

// take is the chip's Config.Wire. What does not fit is lost.
func (w *wire) take(f []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count < len(w.queue) {
		at := &w.queue[(w.first+w.count)%len(w.queue)]
		*at = append((*at)[:0], f...)
		w.count++
	}
}

// Send implements netdevtest.Wire.
func (w *wire) Send(frame []byte) bool { return w.chip.Receive(frame) }

// Receive implements netdevtest.Wire.
func (w *wire) Receive() ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count == 0 {
		return nil, false
	}
	w.last = append(w.last[:0], w.queue[w.first]...)
	w.first = (w.first + 1) % len(w.queue)
	w.count--
	return w.last, true
}

// rig is a chip in a host's port, and its driver.
type rig struct {
	port *usbnettest.Controller
	chip *lan9514.Chip
	wire *wire
	drv  netdev.Driver
}

// plug makes a chip and plugs it in.
func plug(t *testing.T, cfg lan9514.Config) *rig {
	t.Helper()
	w := &wire{}
	for i := range w.queue {
		w.queue[i] = make([]byte, 0, 1600)
	}
	cfg.Wire = w.take
	w.chip = lan9514.New(cfg)
	r := &rig{port: usbnettest.New(), chip: w.chip, wire: w}
	t.Cleanup(r.port.Unplug)
	var err error
	if r.drv, err = r.port.Plugged(r.chip); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestConformance: the suite that every driver passes, on a bus of either speed.
func TestConformance(t *testing.T) {
	for name, cfg := range map[string]lan9514.Config{
		"high speed": {},
		"full speed": {FullSpeed: true},
	} {
		t.Run(name, func(t *testing.T) {
			netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
				r := plug(t, cfg)
				return netdevtest.Subject{Driver: r.drv, Wire: r.wire, SetLink: func(up bool) { r.chip.SetLink(up, 0) }}
			})
		})
	}
}
