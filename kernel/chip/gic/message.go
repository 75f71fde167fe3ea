package gic

// A GICv2m frame (Arm Server Base System Architecture, DEN 0029B, appendix E):
// a device writes the number of an SPI there, and with that raises it.
const (
	v2mTYPER  = 0x008 // R first SPI in bits 25:16, how many in 9:0
	v2mSETSPI = 0x040 // W
)

// UseFrame lets devices send messages through the frame at physical address pa,
// whose registers Frame has. One that claims interrupts that the controller does
// not have is not used.
func (c *Chip) UseFrame(pa uint64) {
	typer := c.Frame.Read32(v2mTYPER)
	first, n := int(typer>>16&0x3ff), int(typer&0x3ff)
	if first < FirstSPI || first+n > c.lines {
		return
	}
	c.doorbell = pa + v2mSETSPI
	c.nextMessage, c.endMessage = first, first+n
}

// NewMessage returns an interrupt that nobody has yet, and what a device writes,
// and where, to raise it, by an edge. ok is false when there is none. Calls must
// not overlap.
func (c *Chip) NewMessage() (line int, addr uint64, data uint32, ok bool) {
	if c.nextMessage == c.endMessage {
		return 0, 0, 0, false
	}
	line = c.nextMessage
	c.nextMessage++
	return line, c.doorbell, uint32(line), true
}
