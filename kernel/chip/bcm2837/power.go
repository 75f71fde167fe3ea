package bcm2837

import "yolk/arch/mmio"

// Power management registers that reset the chip. They take a write only with
// the password in the top byte.
const (
	pmRSTC = 0x1c // RW bits 4-5: what the watchdog does
	pmRSTS = 0x20 // RW even bits 0-10: the boot partition
	pmWDOG = 0x24 // RW countdown, 16 us a tick

	pmPassword = 0x5a000000
	rstcAction = 3 << 4
	rstcFull   = 2 << 4 // reset the whole chip
	rstsNumber = 0x555  // the partition's bits, which lie apart
	rstsHalt   = 0x555  // partition 63: the firmware halts instead of booting
	wdogTicks  = 10     // 160 us
	pmTopByte  = 0xff000000
)

// Power is the part of the chip that resets it.
type Power struct{ Regs mmio.Block }

// Reset starts the machine again, some 200 us after it returns.
func (p *Power) Reset() { p.restart(0) }

// Off stops the machine, some 200 us after it returns: it starts again into the
// firmware, which halts with the peripherals off (the board has no switch that
// would cut the power).
func (p *Power) Off() { p.restart(rstsHalt) }

// restart sets the partition to boot from and lets the watchdog expire.
func (p *Power) restart(partition uint32) {
	mmio.Barrier()
	rsts := p.Regs.Read32(pmRSTS) &^ (rstsNumber | pmTopByte)
	p.Regs.Write32(pmRSTS, pmPassword|rsts|partition)
	p.Regs.Write32(pmWDOG, pmPassword|wdogTicks)
	rstc := p.Regs.Read32(pmRSTC) &^ (rstcAction | pmTopByte)
	p.Regs.Write32(pmRSTC, pmPassword|rstc|rstcFull)
}
