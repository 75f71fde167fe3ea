package usb

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// A Host is a controller with all that hangs on it.
type Host struct {
	ctrl Controller
	mem  Memory
	logf func(format string, args ...any)

	mu        sync.Mutex // over the controller, every pipe's queue, and what follows
	drained   *sync.Cond // a pipe has nothing pending, or is closed
	ended     queue      // transfers whose Done is to be called
	serving   bool       // the host's goroutine will look at ended before it waits
	addresses [2]uint64  // in use, a bit each
	devices   []*Device  // that are there

	addressing gate // one device at a time has address 0

	settling atomic.Int64  // hubs that have not looked at their ports, devices without a driver yet
	calm     chan struct{} // closed when that was 0 for the first time
	calmOnce sync.Once

	closing   atomic.Bool
	portsOver <-chan struct{} // closed when the goroutines have ended
	serveOver chan struct{}
}

// NewHost makes a host of a controller that nobody uses yet. Devices' control
// transfers use mem. logf gets a line for each device that comes, leaves or misbehaves;
// nil is nobody.
func NewHost(c Controller, mem Memory, logf func(format string, args ...any)) *Host {
	if logf == nil {
		logf = func(string, ...any) {}
	}
	h := &Host{ctrl: c, mem: mem, logf: logf, addressing: newGate(), calm: make(chan struct{}), serveOver: make(chan struct{})}
	h.drained = sync.NewCond(&h.mu)
	h.addresses[0] = 1 // the default address
	return h
}

// Start resets the controller and begins to find devices, on goroutines of its own.
func (h *Host) Start() error {
	if err := h.ctrl.Init(); err != nil {
		return fmt.Errorf("%w: %w", ErrController, err)
	}
	h.portsOver = h.servePorts(nil, h.ctrl.Root())
	go h.serve()
	return nil
}

// Settled returns a channel that is closed when all that was plugged in at Start has been
// found, that behind hubs too, and drivers have been attached.
func (h *Host) Settled() <-chan struct{} { return h.calm }

func (h *Host) unsettle() { h.settling.Add(1) }

func (h *Host) settle() {
	if h.settling.Add(-1) == 0 {
		h.calmOnce.Do(func() { close(h.calm) })
	}
}

// Devices returns the devices that are there, in the order in which they came.
func (h *Host) Devices() []*Device {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Device(nil), h.devices...)
}

// serve is the goroutine on which transfers end.
func (h *Host) serve() {
	defer close(h.serveOver)
	for {
		h.ctrl.Wait()
		select {
		case <-h.portsOver:
			return // nobody is left who waits for a transfer
		default:
		}
		h.mu.Lock()
		h.serving = true
		h.ctrl.Service()
		for t := h.ended.pop(); t != nil; t = h.ended.pop() {
			p := t.pipe
			t.state = idle
			if t.Done != nil {
				h.mu.Unlock()
				t.Done(t)
				h.mu.Lock()
			}
			if p.pending--; p.pending == 0 {
				h.drained.Broadcast()
			}
		}
		h.serving = false
		h.mu.Unlock()
	}
}

// end has Done called for t. Under the lock.
func (h *Host) end(t *Transfer) {
	h.ended.add(t)
	if !h.serving {
		h.ctrl.Wake()
	}
}

// newAddress takes a free address, 1-127.
func (h *Host) newAddress() (uint8, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for a := range uint8(128) {
		if bit := uint64(1) << (a % 64); h.addresses[a/64]&bit == 0 {
			h.addresses[a/64] |= bit
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: 127 devices", ErrFull)
}

// freeAddress gives an address back. Under the lock.
func (h *Host) freeAddress(a uint8) {
	if a != 0 {
		h.addresses[a/64] &^= 1 << (a % 64)
	}
}

// Close takes all devices away and stops the controller. It returns when nothing of
// them is left.
func (h *Host) Close() {
	h.closing.Store(true)
	h.ctrl.Root().Wake()
	<-h.portsOver
	h.ctrl.Shutdown()
	<-h.serveOver
}
