package usb

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// hub is what the host does with a hub's ports, the root's or another's, on one
// goroutine.
type hub struct {
	host  *Host
	dev   *Device // nil: the root hub
	ports Ports
	port  []port // from 1
}

// port is one port's state.
type port struct {
	device *Device
	over   <-chan struct{} // closed when nothing is left of the device before
	again  atomic.Bool     // the device asked to be made anew
	dead   bool            // what is plugged in does not work
}

// Times of USB 2.0, table 7-14 and the sections named.
const (
	attachTime    = 100 * time.Millisecond // TSIGATT, 7.1.7.3: a powered device shows itself
	debounce      = 100 * time.Millisecond // TATTDB, 7.1.7.3
	resetTime     = 500 * time.Millisecond // far beyond TDRST, 7.1.7.5
	resetPoll     = 5 * time.Millisecond
	resetRecovery = 10 * time.Millisecond // TRSTRCY, 7.1.7.5
	resets        = 3                     // tries to make sense of a device
)

// ServePorts begins to find and lose devices at the ports of a hub, on a goroutine that
// ends when the hub has left; over is then closed. The hub's driver calls it in Attach.
func (d *Device) ServePorts(p Ports) (over <-chan struct{}) { return d.host.servePorts(d, p) }

// servePorts is ServePorts, for the root hub with d nil.
func (h *Host) servePorts(d *Device, ports Ports) <-chan struct{} {
	over := make(chan struct{})
	hub := &hub{host: h, dev: d, ports: ports, port: make([]port, ports.Count()+1)}
	h.unsettle()
	go func() {
		defer close(over)
		defer hub.leave()
		hub.serve()
	}()
	return over
}

// serve looks at the ports until the hub has left.
func (hub *hub) serve() {
	settle := sync.OnceFunc(hub.host.settle)
	defer settle()
	for n := 1; n < len(hub.port); n++ {
		if hub.failed(n, hub.ports.Power(n)) {
			return
		}
	}
	empty := time.Now().Add(attachTime) // if nothing has come by then
	defer time.AfterFunc(attachTime, hub.ports.Wake).Stop()
	for {
		for n := 1; n < len(hub.port); n++ {
			if hub.failed(n, hub.look(n)) {
				return
			}
		}
		if hub.used() || !time.Now().Before(empty) {
			settle()
		}
		if hub.ports.Wait() != nil || hub.dev == nil && hub.host.closing.Load() {
			return
		}
	}
}

// failed reports whether the hub has left, which an error says, and tells of others.
func (hub *hub) failed(n int, err error) bool {
	if err != nil && !errors.Is(err, ErrGone) {
		hub.host.logf("usb %s: %v", hub.place(n), err)
	}
	return errors.Is(err, ErrGone)
}

// used reports whether there is a device at any port.
func (hub *hub) used() bool {
	for n := range hub.port {
		if hub.port[n].device != nil {
			return true
		}
	}
	return false
}

func (hub *hub) place(n int) string {
	if hub.dev == nil {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s.%d", hub.dev.place, n)
}

// leave takes all devices at the ports away, and returns when nothing is left of them.
func (hub *hub) leave() {
	for n := range hub.port {
		if d := hub.port[n].device; d != nil {
			d.leave()
		}
	}
	for n := range hub.port {
		if over := hub.port[n].over; over != nil {
			<-over
		}
	}
}

// look makes port n's device what the port says.
func (hub *hub) look(n int) error {
	status, change, err := hub.ports.Status(n)
	if err != nil {
		return err
	}
	if change != 0 {
		if err := hub.ports.Acknowledge(n, change); err != nil {
			return err
		}
	}
	p := &hub.port[n]
	if change&ChangeOverCurrent != 0 && status&PortOverCurrent != 0 {
		hub.host.logf("usb %s: too much current is drawn", hub.place(n))
	}
	if change&ChangeOverCurrent != 0 && status&PortPower == 0 {
		if err := hub.ports.Power(n); err != nil { // the hub has switched it off (11.12.5)
			return err
		}
	}
	again := p.again.Swap(false)
	if p.device != nil && (again || change&ChangeConnection != 0 || status&(PortConnected|PortEnabled) != PortConnected|PortEnabled) {
		p.device.leave()
		p.device = nil
	}
	if change&ChangeConnection != 0 || status&PortConnected == 0 {
		p.dead = false
	}
	if status&PortConnected == 0 || p.device != nil || p.dead {
		return nil
	}
	return hub.come(n)
}

// come makes a device of what has been plugged into port n.
func (hub *hub) come(n int) error {
	p := &hub.port[n]
	if stable, err := hub.debounce(n); !stable || err != nil {
		return err
	}
	var err error
	for range resets {
		if p.device, err = hub.enumerate(n); err == nil || errors.Is(err, ErrGone) {
			return err
		}
	}
	p.dead = true
	return errors.Join(err, hub.ports.Disable(n))
}

// debounce waits until a device has stayed in its port for a while. It reports false if
// there is none.
func (hub *hub) debounce(n int) (bool, error) {
	for range 10 {
		time.Sleep(debounce)
		status, change, err := hub.ports.Status(n)
		if err != nil || status&PortConnected == 0 {
			return false, err
		}
		if change&ChangeConnection == 0 {
			return true, nil
		}
		if err := hub.ports.Acknowledge(n, ChangeConnection); err != nil {
			return false, err
		}
	}
	return false, fmt.Errorf("%w: the plug bounces", ErrTransaction)
}

// reset resets port n's device, which then has address 0, and returns how the port is.
func (hub *hub) reset(n int) (PortStatus, error) {
	if err := hub.ports.Reset(n); err != nil {
		return 0, err
	}
	for end := time.Now().Add(resetTime); ; {
		time.Sleep(resetPoll)
		status, change, err := hub.ports.Status(n)
		switch {
		case err != nil:
			return 0, err
		case change&ChangeReset != 0 && status&PortReset == 0:
			if err := hub.ports.Acknowledge(n, ChangeReset|change&ChangeEnable); err != nil {
				return 0, err
			}
			if status&(PortConnected|PortEnabled) != PortConnected|PortEnabled {
				return 0, fmt.Errorf("%w: the port is not enabled after a reset: status %#x", ErrTransaction, status)
			}
			time.Sleep(resetRecovery)
			return status, nil
		case time.Now().After(end):
			return 0, fmt.Errorf("%w: a reset does not end: status %#x, changes %#x", ErrTimeout, status, change)
		}
	}
}
