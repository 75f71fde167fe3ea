package dwc2

import (
	"sync"
	"time"

	"yolk/drivers/usb"
)

// root is the root hub: the one port that HPRT describes. Some bits of that register
// are cleared by writing them as they are read, and one of them disables the port: all
// writes go through set.
type root struct {
	c       *Controller
	mu      sync.Mutex // over HPRT, and change
	change  usb.PortChange
	changed chan struct{}
}

// PHY clocks in a frame and a microframe (CV, HFIR: 1 ms and 125 us at 60 MHz, or 30 MHz
// for 16 bits).
const clocksInFrame = 60_000

// rootReset is how long a root port is reset at least (TDRSTR, USB 2.0 7.1.7.5), and
// enableLimit how long it may take until the port is then enabled.
const (
	rootReset   = 50 * time.Millisecond
	enableLimit = 50 * time.Millisecond
)

// set sets and clears bits of HPRT.
func (r *root) set(set, clear uint32) {
	v := r.c.read(hPRT) &^ (prtChanges | prtEnabled)
	r.c.write(hPRT, v&^clear|set)
}

// interrupt takes what HPRT says has changed.
func (r *root) interrupt(disconnected bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.c.read(hPRT)
	r.set(v&prtChanges, 0)
	if disconnected || v&prtConnectDetect != 0 || v&(prtEnableChange|prtConnected) == prtEnableChange {
		r.change |= usb.ChangeConnection
	}
	if v&prtEnableChange != 0 && v&prtEnabled == 0 {
		r.change |= usb.ChangeEnable
	}
	if v&prtOverChange != 0 {
		r.change |= usb.ChangeOverCurrent
	}
	if r.change != 0 {
		r.Wake()
	}
}

// The methods implement usb.Ports.

func (r *root) Count() int { return 1 }

func (r *root) Power(int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(prtPower, 0)
	return nil
}

func (r *root) Status(int) (usb.PortStatus, usb.PortChange, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.c.read(hPRT)
	var s usb.PortStatus
	for _, b := range [...]struct {
		hprt uint32
		s    usb.PortStatus
	}{
		{prtConnected, usb.PortConnected}, {prtEnabled, usb.PortEnabled}, {prtReset, usb.PortReset},
		{prtOverCurrent, usb.PortOverCurrent}, {prtPower, usb.PortPower},
	} {
		if v&b.hprt != 0 {
			s |= b.s
		}
	}
	switch v >> prtSpeed & 3 {
	case 0:
		s |= usb.PortHighSpeed
	case 2:
		s |= usb.PortLowSpeed
	}
	return s, r.change, nil
}

func (r *root) Acknowledge(_ int, c usb.PortChange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.change &^= c
	return nil
}

// Reset implements usb.Ports. The reset is over when it returns.
func (r *root) Reset(int) error {
	r.drive(prtReset, 0)
	time.Sleep(rootReset)
	r.drive(0, prtReset)
	// Enabling takes a moment, and what then cannot be enabled has left.
	err := r.c.await("HPRT.PrtEna", hPRT, prtEnabled, prtEnabled, enableLimit)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.change |= usb.ChangeReset
	if err == nil {
		frame := uint32(clocksInFrame)
		if r.c.read(hPRT)>>prtSpeed&3 == 0 {
			frame /= 8
		}
		if r.c.read(gUSBCFG)&usbPHY16 != 0 {
			frame /= 2
		}
		r.c.write(hFIR, frame)
	}
	return nil
}

func (r *root) Disable(int) error {
	r.drive(prtEnabled, 0)
	return nil
}

func (r *root) drive(set, clear uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(set, clear)
}

func (r *root) Wait() error {
	select {
	case <-r.changed:
		return nil
	case <-r.c.down:
		return usb.ErrGone
	}
}

func (r *root) Wake() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}
