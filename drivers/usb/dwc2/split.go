package dwc2

import "time"

// A device of low or full speed behind a high-speed hub is spoken to in two steps, for
// each packet (USB 2.0 11.14 to 11.20): a start-split hands the transaction to the hub's
// translator, which makes it on the slow bus; a complete-split fetches what came of it,
// or hears that it is too early for that (NYET).

// Of a translator that needs time.
const (
	translatorRest = time.Millisecond // a frame: a slow transaction fits into it
	// After the start-split of an interrupt transaction complete-splits have three
	// microframes (USB 2.0 11.18.4). Another's result waits, but not for ever.
	earlyPeriodic = 3
	earlyBulk     = 3 // then it is given a frame
	earlyLimit    = 100
	// A start-split in the last microframes of a frame would be completed in the next.
	lastStart = 3
)

// splitControl returns HCSPLT.
func (p *pipe) splitControl() uint32 {
	tt := p.usb.Device().TT()
	if tt.Hub == 0 {
		return 0
	}
	v := uint32(spltEnable|spltAll) | uint32(tt.Hub)<<spltHub | uint32(tt.Port)
	if p.complete {
		v |= spltComplete
	}
	return v
}

// untilStart returns how long an interrupt transaction has to wait for the microframes
// in which its start-split may go.
func (c *Controller) untilStart(p *pipe) time.Duration {
	if !p.periodic() || p.complete || p.usb.Device().TT().Hub == 0 {
		return 0
	}
	next := (c.read(hFNUM) + 1) & 7
	if next <= lastStart {
		return 0
	}
	return time.Duration(8-next) * microframe
}

// splitHalted goes on with a split transaction that has neither moved data nor failed.
func (c *Controller) splitHalted(ch *channel, why causes) {
	p := ch.pipe
	switch {
	case why&causeNYET != 0 && p.complete:
		c.early(ch)
	case why&causeNAK != 0: // the translator is busy, or the device has said so
		p.complete, p.nyets = false, 0
		if p.periodic() {
			c.rest(ch, p.interval())
		} else {
			c.rest(ch, translatorRest)
		}
	case why&causeACK != 0 && !p.complete:
		p.complete, p.nyets = true, 0
		ch.program(p)
	default: // it has missed its microframe
		c.counters.overruns.Add(1)
		p.complete, p.nyets = false, 0
		c.failed(ch, why&causeOverrun != 0)
	}
}

// early asks again for a result that is not there yet.
func (c *Controller) early(ch *channel) {
	p := ch.pipe
	p.nyets++
	switch {
	case p.periodic() && p.nyets > earlyPeriodic, p.nyets > earlyLimit:
		// The start-split was lost on its way, or the result was.
		p.complete, p.nyets = false, 0
		c.failed(ch, false)
	case !p.periodic() && p.nyets > earlyBulk:
		c.rest(ch, translatorRest)
	default:
		ch.program(p)
	}
}
