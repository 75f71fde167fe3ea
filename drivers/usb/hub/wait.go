package hub

import (
	"errors"
	"time"

	"yolk/drivers/usb"
)

// rest is how long a hub is left alone whose status change endpoint failed.
const rest = 250 * time.Millisecond

// Wait has the status change endpoint say that a port has changed. The host looks at
// all ports then: bits that a hub does not tell the truth with change nothing.
func (h *hub) Wait() error {
	switch err := h.events.Submit(&h.status); {
	case err == nil || errors.Is(err, usb.ErrBusy): // it waits already
	case errors.Is(err, usb.ErrGone):
		return err
	default:
		time.Sleep(rest)
		return h.events.ClearHalt()
	}
	<-h.wake
	select {
	case <-h.dev.Gone():
		return usb.ErrGone
	default:
		return h.clearOwn()
	}
}

// clearOwn clears changes of the hub itself, its power and its current, about which
// nothing can be done here: the ports say what follows for them (USB 2.0 11.24.2.6).
func (h *hub) clearOwn() error {
	if !h.own.Swap(false) {
		return nil
	}
	for f := range uint16(2) {
		if err := h.request(toHub, usb.ClearFeature, localPower+f, 0); err != nil {
			return err
		}
	}
	return nil
}

// changed is called when the status change endpoint has said something, or failed.
func (h *hub) changed(t *usb.Transfer) {
	if t.N > 0 && t.Data[0]&1 != 0 {
		h.own.Store(true)
	}
	h.Wake()
}

// Wake ends a Wait.
func (h *hub) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}
