package dwc2

import (
	"time"

	"yolk/arch/mmio"
	"yolk/drivers/usb"
)

// A channel carries out what one pipe wants. It is the pipe's from when it is enabled
// until it has halted.
type channel struct {
	c    *Controller
	base uint32
	pipe *pipe
	splt uint32 // what HCSPLT is
	// halting is when the channel was told to halt, zero if it was not.
	halting time.Time
	// stuck says that it did not. It is out of use until it does.
	stuck bool
	// stale is when the channel last halted because it was told to, zero if never. The
	// emulator may then still have the request (QEMU 7.2 aborts when another on the same
	// channel waits as well), so channels are chosen that have not, or long ago.
	stale time.Time
}

// haltLimit is how long a channel may take to halt: what is on the bus ends in a
// microframe, or a frame.
const haltLimit = 50 * time.Millisecond

func (ch *channel) read(reg uint32) uint32     { return ch.c.read(ch.base + reg) }
func (ch *channel) write(reg uint32, v uint32) { ch.c.write(ch.base+reg, v) }

// request gives the pipe a channel as soon as there is one.
func (c *Controller) request(p *pipe) {
	if d := c.untilStart(p); d > 0 {
		p.wakeAt = time.Now().Add(d)
		c.sleep(p)
		return
	}
	ch := c.free()
	if ch == nil {
		c.waiting.add(p)
		return
	}
	ch.pipe, p.ch = p, ch
	ch.program(p)
}

// free returns a channel that nobody has, nil if there is none.
func (c *Controller) free() (ch *channel) {
	for i := range c.channels {
		at := &c.channels[i]
		if at.pipe != nil || at.stuck {
			continue
		}
		if ch == nil || at.stale.Before(ch.stale) {
			ch = at
		}
	}
	return ch
}

// release takes the channel, which has halted, from its pipe and gives it to who waits.
func (ch *channel) release() {
	ch.pipe.ch = nil
	ch.pipe, ch.halting = nil, time.Time{}
	if p := ch.c.waiting.head; p != nil {
		ch.c.waiting.remove(p)
		ch.c.request(p)
	}
}

// program sets the channel to the next part of the pipe's transfer and enables it
// (RM0090 35.17.4, "Channel initialization"). Its causes are clear since Init, or since
// it halted.
func (ch *channel) program(p *pipe) {
	part := p.part()
	split := p.usb.Device().TT().Hub != 0
	size, packets := ch.c.fit(p, part, split)
	p.size, p.packets = size, packets
	if split && p.complete && !part.in {
		size = 0 // the data went with the start-split
	}
	if v := p.splitControl(); v != ch.splt {
		ch.splt = v
		ch.write(hcSPLT, v)
	}
	ch.write(hcTSIZ, uint32(part.pid)<<tsizPID|uint32(packets)<<tsizPackets|uint32(size))
	ch.write(hcDMA, ch.c.Bus(part.addr))
	mmio.Barrier() // the buffer is in memory before the controller reads it
	ch.write(hcCHAR, ch.characteristics(p, part.in)|charEnable)
}

// fit returns how many bytes and packets of a part a channel can do at once. What is
// received is asked for in whole packets.
func (c *Controller) fit(p *pipe, part part, split bool) (size, packets int) {
	packet := p.maxPacket()
	most := min(c.maxPackets, c.maxBytes/packet)
	if split || p.periodic() {
		most = 1
	}
	packets = min(max(1, (part.size+packet-1)/packet), most)
	size = packets * packet
	if !part.in {
		size = min(size, part.size)
	}
	return size, packets
}

// characteristics returns HCCHAR without the bits that start and stop.
func (ch *channel) characteristics(p *pipe, in bool) uint32 {
	e, d := p.usb.Endpoint(), p.usb.Device()
	v := uint32(e.MaxPacket) | uint32(e.Number())<<charEndpoint | uint32(e.Type)<<charType |
		1<<charMulti | uint32(d.Address())<<charDevice
	if in {
		v |= charIn
	}
	if d.Speed() == usb.Low {
		v |= charLow
	}
	if p.periodic() && ch.c.read(hFNUM)&1 == 0 {
		v |= charOdd // the next one is
	}
	return v
}

// halt has the channel stop. When it has, it interrupts. Enable is set with disable: the
// order is a request of its own (RM0090 35.17.4, "Halting a channel").
func (ch *channel) halt() {
	if !ch.halting.IsZero() {
		return
	}
	v := ch.read(hcCHAR)
	if v&charEnable == 0 {
		return // it has halted, and the interrupt is on its way
	}
	ch.halting = time.Now()
	ch.write(hcCHAR, v|charEnable|charDisable)
	ch.c.wakeAt(ch.halting.Add(haltLimit))
}
