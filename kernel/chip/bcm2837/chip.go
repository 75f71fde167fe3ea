package bcm2837

// Numbers of interrupt lines, divided as the GIC divides its own, so that the
// kernel above sees one kind of controller: up to 15 between processors, up to
// 31 of one processor, then the devices.
const (
	LineMessage = 1       // another core rang
	LineTimer   = 16 + 11 // the core's virtual timer
	LineDevice  = 32      // plus the Source
	Lines       = LineDevice + int(Sources)
	NoLine      = 1023 // nothing is pending
)

// A Chip is both controllers as one. All devices' lines are levels.
type Chip struct {
	Local      LocalController
	Peripheral PeripheralController
}

// Init sends the devices' interrupts to core and disables them all.
func (c *Chip) Init(core int) {
	c.Local.Init(core)
	c.Peripheral.Init()
}

// Acknowledge returns a line that interrupts core. A message is taken with it;
// the timer must be stopped and a device's line masked, or they come again.
func (c *Chip) Acknowledge(core int) int {
	causes := c.Local.Causes(core)
	switch {
	case causes&CauseMailbox != 0:
		c.Local.Take(core)
		return LineMessage
	case causes&CauseTimer != 0:
		return LineTimer
	case causes&CauseGPU != 0:
		if s, ok := c.Peripheral.Next(); ok {
			return LineDevice + int(s)
		}
	}
	return NoLine
}

// Unmask lets a device's line interrupt, Mask keeps it from doing so.
func (c *Chip) Unmask(line int) { c.Peripheral.Enable(Source(line - LineDevice)) }
func (c *Chip) Mask(line int)   { c.Peripheral.Disable(Source(line - LineDevice)) }

// Send interrupts core with LineMessage. What was written before is visible to
// it then.
func (c *Chip) Send(core int) { c.Local.Ring(core, 1) }
