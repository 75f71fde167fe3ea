package dwc2test

import "yolk/drivers/usb/usbtest"

// run makes the channel's transactions until it halts or its device wants no more.
func (ch *channel) run() {
	for ch.waiting && ch.c.regs[hprt]&prtEnabled != 0 {
		d := ch.device()
		if d == nil {
			ch.halt(failed)
			return
		}
		if ch.split() {
			ch.runSplit(d)
			return
		}
		why, more := ch.transact(d)
		switch {
		case why&nak != 0 && !ch.periodic():
			ch.causes |= nak // the core tries again by itself
			return
		case why != 0:
			ch.halt(why)
			return
		case !more:
			ch.halt(done | ack)
			return
		}
		ch.causes |= ack
	}
}

// runSplit makes a start-split or a complete-split.
func (ch *channel) runSplit(d *usbtest.Device) {
	if !ch.complete() {
		ch.started = true
		if !ch.in() {
			if ch.sent = append([]byte(nil), ch.memory(ch.size())...); ch.size() > 0 && ch.sent == nil {
				ch.halt(ahb)
				return
			}
		}
		switch ch.c.spoil(d, uint8(ch.endpoint()), ch.sent) {
		case Lost:
			ch.halt(failed)
		case NotNow:
			ch.halt(nak)
		case Overrun:
			ch.halt(overrun)
		default:
			ch.halt(ack)
		}
		return
	}
	if ch.c.Early > 0 {
		ch.c.Early--
		ch.halt(nyet)
		return
	}
	why, _ := ch.transact(d)
	ch.started = why&failed != 0 // the translator keeps what the host has not heard
	if why == 0 {
		why = done | ack
	}
	ch.halt(why)
}

func (c *Core) spoil(d *usbtest.Device, endpoint uint8, data []byte) Spoil {
	if c.Fault == nil {
		return Fine
	}
	return c.Fault(d, endpoint, data)
}

// transact makes one transaction. It returns why the channel halts, or whether it goes on.
func (ch *channel) transact(d *usbtest.Device) (why uint32, more bool) {
	if ch.in() {
		return ch.receive(d)
	}
	return ch.send(d)
}

func (ch *channel) send(d *usbtest.Device) (why uint32, more bool) {
	n := min(ch.packet(), ch.size())
	var data []byte
	if ch.split() {
		data = ch.sent
		n = len(data)
	} else if data = append([]byte(nil), ch.memory(n)...); n > 0 && len(data) == 0 {
		return ahb, false
	}
	spoil := ch.c.spoil(d, uint8(ch.endpoint()), data)
	before := ch.tsiz
	if !ch.split() {
		ch.tsiz -= uint32(n) // fetched into the FIFO, whatever becomes of it
	}
	if spoil == Lost || spoil == NotNow || spoil == Overrun {
		if spoil == NotNow {
			ch.tsiz = before
		}
		return map[Spoil]uint32{Lost: failed, NotNow: nak, Overrun: overrun}[spoil], false
	}
	h := usbtest.ACK
	if ch.setup() {
		h = d.Setup([8]byte(data))
	} else {
		var fresh bool
		if h, fresh = d.Out(uint8(ch.endpoint()), data, ch.pid() == 2); !fresh {
			if ch.c.Fault == nil {
				ch.c.errorf("channel %d: endpoint %d is sent PID %d, which is not its next", ch.n, ch.endpoint(), ch.pid())
			}
			h = usbtest.ACK
		}
	}
	switch {
	case spoil == AnswerLost:
		return failed, false
	case h == usbtest.NAK:
		ch.tsiz = before
		return nak, false
	case h == usbtest.STALL:
		return stall, false
	case h == usbtest.Silence:
		return failed, false
	}
	ch.acknowledged(n)
	return 0, ch.packets() > 0
}

func (ch *channel) receive(d *usbtest.Device) (why uint32, more bool) {
	ep := uint8(ch.endpoint())
	spoil := ch.c.spoil(d, ep|0x80, nil)
	switch spoil {
	case Lost:
		return failed, false
	case NotNow:
		return nak, false
	case TooMuch:
		return babble, false
	case Overrun:
		return overrun, false
	}
	data, tog, h := d.In(ep, ch.packet())
	switch {
	case h == usbtest.NAK:
		return nak, false
	case h == usbtest.STALL:
		return stall, false
	case h == usbtest.Silence:
		return failed, false
	}
	if tog != (ch.pid() == 2) {
		if ch.c.Fault == nil {
			ch.c.errorf("channel %d: endpoint %#x sends DATA1 %v, PID %d is expected", ch.n, ep|0x80, tog, ch.pid())
		}
		d.Acked(ep) // it is what has come before
		return toggle, false
	}
	buf := ch.memory(len(data))
	if len(data) > 0 && buf == nil {
		return ahb, false
	}
	copy(buf, data)
	if spoil != AnswerLost {
		d.Acked(ep)
	}
	ch.tsiz -= uint32(len(data))
	ch.acknowledged(len(data))
	return 0, ch.packets() > 0 && len(data) == ch.packet()
}

// acknowledged counts a packet and turns the toggle.
func (ch *channel) acknowledged(n int) {
	ch.tsiz -= 1 << 19
	ch.dma += uint32(n)
	if !ch.setup() {
		ch.tsiz ^= 2 << 29
	}
}
