package dwc2

import (
	"time"

	"yolk/arch/mmio"
	"yolk/drivers/usb"
)

// tries is how often a transaction is made that fails (USB 2.0 10.2.6).
const tries = 3

// interrupt takes a channel's causes.
func (c *Controller) interrupt(ch *channel) {
	why := causes(ch.read(hcINT))
	ch.write(hcINT, uint32(why))
	switch {
	case why&causeHalted == 0:
		if why&causeAHB != 0 && ch.pipe != nil {
			ch.pipe.unreachable = true
			ch.halt()
		}
	case ch.pipe == nil:
		ch.stuck = false // it has halted at last
	default:
		c.counters.halts.Add(1)
		mmio.Barrier() // what the controller wrote is read after it said so
		c.halted(ch, why)
	}
}

// halted decides what follows for the channel's pipe.
func (c *Controller) halted(ch *channel, why causes) {
	p := ch.pipe
	n := ch.moved(p, why)
	if !ch.halting.IsZero() && why&(causeDone|causeSTALL|causeBabble|causeError) == 0 {
		ch.stale = ch.halting
		ch.write(hcCHAR, 0) // no endpoint's any more, also for an emulator that goes on
	}
	switch {
	case why&causeAHB != 0 || p.unreachable:
		c.finish(ch, usb.ErrController)
	case why&causeDone != 0:
		p.failures, p.complete, p.nyets = 0, false, 0
		c.took(ch, n)
	case why&causeSTALL != 0:
		c.finish(ch, usb.ErrStall)
	case why&causeBabble != 0:
		c.finish(ch, usb.ErrBabble)
	case p.stopping:
		p.done += n
		c.finish(ch, usb.ErrCanceled)
	case why&(causeError|causeToggle) != 0:
		p.done += n
		if why&causeToggle != 0 || p.periodic() {
			p.complete = false // another's result is asked for again (USB 2.0 11.17.1)
		}
		c.failed(ch, n > 0)
	case p.usb.Device().TT().Hub != 0:
		c.splitHalted(ch, why)
	case why&causeNAK != 0 && p.periodic():
		c.rest(ch, p.interval())
	default: // it has missed its microframe, or halted for no reason that is told
		c.counters.overruns.Add(1)
		p.done += n
		c.failed(ch, n > 0 || why&causeOverrun != 0)
	}
}

// moved returns how many bytes of the programmed part were moved, and keeps the toggle.
func (ch *channel) moved(p *pipe, why causes) int {
	tsiz := ch.read(hcTSIZ)
	if p.stage == stageSetup || p.stage == stageStatus {
		return 0
	}
	if next := pid(tsiz >> tsizPID & 3); next == data0 || next == data1 {
		p.toggle = next
	}
	part := p.part()
	if part.in {
		return min(max(0, p.size-int(tsiz&tsizBytes)), p.size)
	}
	if why&causeDone != 0 {
		return p.size
	}
	// The size counts what was fetched into the FIFO, the packets what was acknowledged.
	left := int(tsiz >> tsizPackets & tsizPacket)
	return min(max(0, p.packets-left)*p.maxPacket(), p.size)
}

// took goes on after n bytes that went well.
func (c *Controller) took(ch *channel, n int) {
	p := ch.pipe
	switch {
	case p.advance(n):
		p.restUntil(time.Now())
		c.finish(ch, nil)
	case p.stopping:
		c.finish(ch, usb.ErrCanceled)
	case p.periodic():
		c.rest(ch, p.interval())
	default:
		ch.program(p)
	}
}

// failed tries again, or gives up.
func (c *Controller) failed(ch *channel, progress bool) {
	p := ch.pipe
	c.counters.errors.Add(1)
	if progress {
		p.failures = 0
	}
	p.failures++
	switch {
	case p.failures >= tries:
		c.finish(ch, usb.ErrTransaction)
	case p.periodic(): // in its next period (USB 2.0 5.7.4)
		c.rest(ch, p.interval())
	default:
		ch.program(p)
	}
}

// finish ends the transfer of the channel's pipe.
func (c *Controller) finish(ch *channel, err error) {
	p := ch.pipe
	ch.release()
	c.end(p, err)
}
