package dwc2

import (
	"fmt"
	"sync/atomic"
	"time"

	"yolk/arch/mmio"
	"yolk/drivers/usb"
)

// Config is what the controller hangs on.
type Config struct {
	Regs mmio.Block
	// Interrupt is the controller's line, a level.
	Interrupt Interrupt
	// Bus returns the address at which the controller finds what is at a physical
	// address.
	Bus func(physical uint64) uint32
	// Flush writes a buffer's cached copy to memory and drops it, see mmio.Flush.
	Flush func([]byte)
}

// Interrupt is an interrupt line that a goroutine waits for. (device.Event of kernel/posix is one.)
type Interrupt interface {
	// Wait lets the line interrupt and blocks until it has, or Fire was called.
	Wait()
	Fire()
}

// A Controller is a usb.Controller. Make one with New.
type Controller struct {
	Config
	root root

	// What the core is made with.
	maxBytes   int // in one programming of a channel
	maxPackets int

	// Under the host's lock:
	channels []channel
	waiting  list // pipes that want a channel
	asleep   list // pipes that will, at their time
	bulkIn   int  // open bulk IN pipes
	alarm    *time.Timer
	ringing  time.Time // when alarm rings, zero if it does not
	counters counters

	down chan struct{} // closed by Shutdown
}

// Stats counts what happened on the bus.
type Stats struct {
	Halts    uint64 // of channels: interrupts that mattered
	Errors   uint64 // transactions that failed, and were tried again
	Overruns uint64 // periodic transactions that came too late for their microframe
	Stuck    uint64 // channels that did not halt when they were told to
}

type counters struct{ halts, errors, overruns, stuck atomic.Uint64 }

// Stats returns the counters.
func (c *Controller) Stats() Stats {
	n := &c.counters
	return Stats{n.halts.Load(), n.errors.Load(), n.overruns.Load(), n.stuck.Load()}
}

// New returns a controller, which nobody else uses. Its registers are powered.
func New(cfg Config) *Controller {
	c := &Controller{Config: cfg, down: make(chan struct{})}
	c.root = root{c: c, changed: make(chan struct{}, 1)}
	c.alarm = time.AfterFunc(time.Hour, cfg.Interrupt.Fire)
	c.alarm.Stop()
	return c
}

func (c *Controller) read(reg uint32) uint32     { return c.Regs.Read32(reg) }
func (c *Controller) write(reg uint32, v uint32) { c.Regs.Write32(reg, v) }

// Wait implements usb.Controller.
func (c *Controller) Wait() {
	select {
	case <-c.down:
	default:
		c.Interrupt.Wait()
	}
}

// Wake implements usb.Controller.
func (c *Controller) Wake() { c.Interrupt.Fire() }

// Root implements usb.Controller.
func (c *Controller) Root() usb.Ports { return &c.root }

// Shutdown implements usb.Controller.
func (c *Controller) Shutdown() {
	c.write(gAHBCFG, c.read(gAHBCFG)&^ahbInterrupts)
	c.reset() // whatever it says: nothing is under way any more
	close(c.down)
	c.Interrupt.Fire()
	c.root.Wake()
}

// Service implements usb.Controller: it takes the interrupt's causes, each of which
// lowers the line, and begins what is due.
func (c *Controller) Service() {
	mmio.Barrier() // what came before was another device's (BCM2835 1.3)
	status := c.read(gINTSTS)
	if status&(intPort|intDisconnect) != 0 {
		c.write(gINTSTS, status&intDisconnect)
		c.root.interrupt(status&intDisconnect != 0)
	}
	if status&intChannel != 0 {
		pending := c.read(hAINT)
		for i := range c.channels {
			if pending>>i&1 != 0 {
				c.interrupt(&c.channels[i])
			}
		}
	}
	c.due(time.Now())
	mmio.Barrier()
}

// String says how the core is, and what has happened.
func (c *Controller) String() string {
	s := c.Stats()
	return fmt.Sprintf("DWC2 %x, %d channels, HPRT %#x, HFNUM %#x, GINTSTS %#x, GAHBCFG %#x, GUSBCFG %#x; %d halts, %d errors, %d overruns, %d stuck",
		c.read(gSNPSID)&0xffff, len(c.channels), c.read(hPRT), c.read(hFNUM), c.read(gINTSTS), c.read(gAHBCFG), c.read(gUSBCFG),
		s.Halts, s.Errors, s.Overruns, s.Stuck)
}
