package dwc2test

import (
	"yolk/drivers/usb"
	"yolk/drivers/usb/usbtest"
)

// HCCHAR's and HCSPLT's bits.
const (
	charIn       = 1 << 15
	charLow      = 1 << 17
	charOdd      = 1 << 29
	charDisable  = 1 << 30
	charEnable   = 1 << 31
	spltComplete = 1 << 16
	spltEnable   = 1 << 31
)

// HCINT's bits.
const (
	done, halted, ahb, stall, nak, ack, nyet, failed, babble, overrun, toggle = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10
)

// A channel is one of the core's.
type channel struct {
	c                                   *Core
	n                                   int
	char, splt, causes, mask, tsiz, dma uint32
	reserved                            uint32

	waiting bool // for a device that said NAK
	kept    bool // see Core.Keeps
	started bool // a start-split waits for its complete-split
	sent    []byte
}

// channel returns the channel and register that an offset is of.
func (c *Core) channel(off uint32) (*channel, uint32) {
	if off < hcBase || off >= hcBase+channels*hcSize {
		return nil, 0
	}
	return &c.ch[(off-hcBase)/hcSize], (off - hcBase) % hcSize
}

func (ch *channel) register(reg uint32) *uint32 {
	switch reg {
	case 0x00:
		return &ch.char
	case 0x04:
		return &ch.splt
	case 0x08:
		return &ch.causes
	case 0x0c:
		return &ch.mask
	case 0x10:
		return &ch.tsiz
	case 0x14:
		return &ch.dma
	}
	ch.c.errorf("channel %d has no register %#x", ch.n, reg)
	return &ch.reserved
}

func (ch *channel) write(reg, v uint32) {
	switch reg {
	case 0x00:
		ch.writeChar(v)
	case 0x08:
		ch.causes &^= v
	case 0x0c:
		ch.mask = v
	default:
		if ch.char&charEnable != 0 {
			ch.c.errorf("channel %d: register %#x is written while it is enabled", ch.n, reg)
		}
		*ch.register(reg) = v
	}
}

// writeChar starts, stops or only sets.
func (ch *channel) writeChar(v uint32) {
	on := ch.char&charEnable != 0
	switch {
	case v&charDisable != 0:
		ch.c.halts++
		if !on || v&charEnable == 0 {
			ch.c.errorf("channel %d: HCCHAR %#x: only an enabled channel is halted, and the enable bit written with it", ch.n, v)
		}
		if v&^(charDisable|charEnable) != ch.char&^(charDisable|charEnable) {
			ch.c.errorf("channel %d: halted as another endpoint's: %#x, was %#x", ch.n, v, ch.char)
		}
		if !ch.c.Deaf {
			ch.kept = ch.c.Keeps && ch.waiting
			ch.halt(0)
		}
	case on:
		ch.c.errorf("channel %d: HCCHAR %#x is written while it is enabled", ch.n, v)
	case v&charEnable != 0:
		ch.c.ready()
		if ch.causes != 0 {
			ch.c.errorf("channel %d: enabled with causes %#x pending", ch.n, ch.causes)
		}
		if ch.kept {
			ch.c.errorf("channel %d is used again, which keeps a request", ch.n)
		}
		ch.char = v
		ch.check()
		ch.waiting = true
		ch.run()
	default:
		ch.char = v
	}
}

// halt stops the channel with causes.
func (ch *channel) halt(why uint32) {
	ch.char &^= charEnable | charDisable
	ch.waiting = false
	ch.causes |= why | halted
}

// Fields of the registers.
func (ch *channel) packet() int   { return int(ch.char & 0x7ff) }
func (ch *channel) endpoint() int { return int(ch.char >> 11 & 15) }
func (ch *channel) in() bool      { return ch.char&charIn != 0 }
func (ch *channel) kind() usb.Type {
	return usb.Type(ch.char >> 18 & 3)
}
func (ch *channel) size() int      { return int(ch.tsiz & 0x7ffff) }
func (ch *channel) packets() int   { return int(ch.tsiz >> 19 & 0x3ff) }
func (ch *channel) pid() uint32    { return ch.tsiz >> 29 & 3 }
func (ch *channel) complete() bool { return ch.splt&spltComplete != 0 }
func (ch *channel) split() bool    { return ch.splt&spltEnable != 0 }
func (ch *channel) periodic() bool { return ch.kind() == usb.Interrupt }
func (ch *channel) setup() bool    { return ch.kind() == usb.Control && ch.pid() == 3 }

func (ch *channel) device() *usbtest.Device {
	if ch.c.regs[hprt]&prtEnabled == 0 {
		return nil
	}
	return ch.c.bus.Find(uint8(ch.char >> 22 & 0x7f))
}

// check reports what the channel was enabled with and should not have been.
func (ch *channel) check() {
	bad := func(what string) {
		ch.c.errorf("channel %d: %s: HCCHAR %#x, HCSPLT %#x, HCTSIZ %#x, HCDMA %#x", ch.n, what, ch.char, ch.splt, ch.tsiz, ch.dma)
	}
	size, packet := ch.size(), ch.packet()
	switch {
	case packet == 0:
		bad("packets of no bytes")
		return
	case ch.packets() != max(1, (size+packet-1)/packet):
		bad("packets and bytes do not fit together")
	case ch.in() && (size == 0 || size%packet != 0):
		bad("an IN of a part of a packet")
	case ch.char>>20&3 == 0:
		bad("no transaction in a microframe")
	case ch.dma>>30 != 3:
		bad("address is not of the alias around VideoCore's cache")
	case ch.dma%4 != 0:
		bad("address is not aligned")
	case (ch.periodic() || ch.split()) && ch.packets() != 1:
		bad("several packets at once")
	case ch.setup() && (size != 8 && !ch.complete() || ch.in()):
		bad("a SETUP of other than 8 bytes")
	case ch.periodic() && (ch.char&charOdd != 0) != ((ch.c.frame()+1)&1 != 0):
		bad("not for the next frame")
	}
	if d := ch.device(); d != nil {
		ch.checkSplit(d, bad)
		if low := ch.char&charLow != 0; low != (d.Speed == usb.Low) {
			bad("low speed is told wrong")
		}
	}
}

// checkSplit compares HCSPLT with where the device is.
func (ch *channel) checkSplit(d *usbtest.Device, bad func(string)) {
	hub, port := d.Translator()
	switch {
	case hub == nil && ch.split():
		bad("a split to a device without a translator")
	case hub == nil:
	case !ch.split():
		bad("no split to a device behind a translator")
	case ch.c.bus.Find(uint8(ch.splt>>7&0x7f)) != hub || int(ch.splt&0x7f) != port || ch.splt>>14&3 != 3:
		bad("a split to another translator")
	case ch.complete() && !ch.started:
		bad("a complete-split without a start-split")
	case ch.periodic() && !ch.complete() && (ch.c.frame()+1)&7 > 3:
		bad("a start-split too late in the frame")
	}
}

// memory is the part that is moved next, nil where there is none.
func (ch *channel) memory(n int) []byte {
	return ch.c.mem.dma(uint64(ch.dma&0x3fffffff), n)
}
