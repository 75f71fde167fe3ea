package dwc2

import (
	"fmt"
	"time"

	"yolk/drivers/usb"
)

// A pipe is what the controller keeps for a usb.Pipe: how far its transfer has come.
type pipe struct {
	usb    *usb.Pipe
	t      *usb.Transfer // nil: nothing is under way
	ch     *channel      // that carries it, if any
	in     *list         // that it is in, if any
	next   *pipe         // in it
	wakeAt time.Time     // while asleep; an interrupt endpoint's earliest next request

	stage       stage
	done        int  // bytes of data moved
	last        bool // the empty packet at the end is all that is left
	toggle      pid  // of the next data packet
	failures    int  // of transactions in a row
	stopping    bool // End it as soon as the channel has halted
	unreachable bool // the controller has not found the buffer

	size, packets int // what was programmed last
	complete      bool
	nyets         int // complete-splits that came too early
}

// stage is that of a control transfer; others have data only.
type stage uint8

const (
	stageData stage = iota
	stageSetup
	stageStatus
)

// Open implements usb.Controller. So that there is a channel for whatever ends soon, at
// most all but two may be for bulk IN pipes, which wait for data on their channels.
func (c *Controller) Open(p *usb.Pipe) error {
	if isBulkIn(p) {
		if c.bulkIn+2 >= len(c.channels) {
			return fmt.Errorf("%w: %d bulk IN pipes are open", usb.ErrFull, c.bulkIn)
		}
		c.bulkIn++
	}
	p.HC = &pipe{usb: p}
	return nil
}

// Close implements usb.Controller.
func (c *Controller) Close(p *usb.Pipe) {
	if isBulkIn(p) {
		c.bulkIn--
	}
}

func isBulkIn(p *usb.Pipe) bool {
	e := p.Endpoint()
	return e.Type == usb.Bulk && e.In()
}

// ResetToggle implements usb.Controller.
func (c *Controller) ResetToggle(p *usb.Pipe) { p.HC.(*pipe).toggle = data0 }

// Begin implements usb.Controller.
func (c *Controller) Begin(t *usb.Transfer) {
	p := t.Pipe().HC.(*pipe)
	p.t, p.done, p.last, p.failures, p.stopping, p.unreachable, p.complete = t, 0, false, 0, false, false, false
	p.stage = stageData
	if setup, _ := t.Setup(); setup != nil {
		p.stage = stageSetup
		c.Flush(setup)
	}
	if len(t.Data) > 0 {
		c.Flush(t.Data) // what is sent reaches memory; what is received is not overwritten
	}
	if p.periodic() && time.Now().Before(p.wakeAt) {
		c.sleep(p)
		return
	}
	c.request(p)
}

// Stop implements usb.Controller.
func (c *Controller) Stop(t *usb.Transfer) {
	p := t.Pipe().HC.(*pipe)
	if p.ch != nil {
		p.stopping = true
		p.ch.halt()
		return
	}
	p.in.remove(p)
	c.end(p, usb.ErrCanceled)
}

// end ends the pipe's transfer, which has no channel.
func (c *Controller) end(p *pipe, err error) {
	t := p.t
	p.t = nil
	if n := min(p.done, len(t.Data)); t.In() && n > 0 {
		c.Flush(t.Data[:n]) // what the processor has fetched ahead is older than what came
	}
	t.End(p.done, err)
}

func (p *pipe) periodic() bool { return p.usb.Endpoint().Type == usb.Interrupt }

func (p *pipe) maxPacket() int { return int(p.usb.Endpoint().MaxPacket) }

// A part is what a channel is programmed with.
type part struct {
	in   bool
	pid  pid
	addr uint64
	size int // bytes
}

// part returns the next part of the transfer.
func (p *pipe) part() part {
	setup, setupAddr := p.t.Setup()
	switch p.stage {
	case stageSetup:
		return part{pid: pidSetup, addr: setupAddr, size: len(setup)}
	case stageStatus:
		// Opposite to the data, empty; a device that sends something may overwrite the
		// setup packet and what follows it up to the data.
		return part{in: !p.t.In() || len(p.t.Data) == 0, pid: data1, addr: setupAddr}
	}
	return part{in: p.t.In(), pid: p.toggle, addr: p.t.Addr + uint64(p.done), size: len(p.t.Data) - p.done}
}

// advance takes that n bytes of the part have been moved and the device, or the
// programmed size, has ended it. It reports whether all of the transfer is done.
func (p *pipe) advance(n int) (over bool) {
	switch p.stage {
	case stageSetup:
		p.stage, p.toggle = stageData, data1
		if len(p.t.Data) == 0 {
			p.stage = stageStatus
		}
		return false
	case stageStatus:
		return true
	}
	p.done += n
	short := n < p.size || p.size == 0
	full := p.done >= len(p.t.Data)
	if p.t.In() {
		over = short || full
	} else {
		over = full && !p.needsEmpty()
	}
	if over && p.usb.Endpoint().Type == usb.Control {
		p.stage = stageStatus
		return false
	}
	return over
}

// needsEmpty reports, once, that an empty packet has to follow what has been sent.
func (p *pipe) needsEmpty() bool {
	if !p.t.ZeroPacket || p.last || len(p.t.Data) == 0 || len(p.t.Data)%p.maxPacket() != 0 {
		return false
	}
	p.last = true
	return true
}
