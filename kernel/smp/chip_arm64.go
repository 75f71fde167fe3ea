package smp

import (
	"yolk/arch/arm64"
	"yolk/arch/mmio"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/gic"
)

// A Controller is the machine's interrupt controller: the Raspberry Pi's when
// Board is set, a GIC otherwise. Both number their lines alike.
type Controller struct {
	GIC   gic.Chip
	BCM   bcm2837.Chip
	Board bool
}

var local, peripheral mmio.Mapped

// Chip is the machine's interrupt controller; the boot sequence sets it up. The
// initialiser keeps it in the data segment, like the rest of the state.
var Chip = Controller{
	BCM: bcm2837.Chip{
		Local:      bcm2837.LocalController{Regs: &local},
		Peripheral: bcm2837.PeripheralController{Regs: &peripheral},
	},
}

// UseBoard makes the Raspberry Pi's controllers the machine's. at returns where
// registers are mapped.
func (c *Controller) UseBoard(at func(pa uint64) uintptr) {
	c.Board = true
	local.Base, peripheral.Base = at(bcm2837.LocalBase), at(bcm2837.InterruptBase)
	c.BCM.Init(core())
}

// core is the calling processor's number among the board's.
func core() int { return int(arm64.This().MPIDR % bcm2837.Cores) }

// InitCPU makes the calling processor take interrupts: of the others, and of its
// timer on that line. redists is where a GICv3's redistributors are mapped, size
// bytes. It reports false when the controller does not know the processor.
func (c *Controller) InitCPU(timer int, redists, size uintptr) bool {
	if c.Board {
		c.BCM.Local.InitCore(core())
		return true
	}
	return c.GIC.InitCPU(timer, redists, size)
}

// Lines returns the number of interrupt lines.
func (c *Controller) Lines() int {
	if c.Board {
		return bcm2837.Lines
	}
	return c.GIC.Lines()
}

// Acknowledge takes a pending interrupt and returns its number, gic.MaxLine or
// above when there is none, and what End wants.
func (c *Controller) Acknowledge() (line int, token uint32) {
	if c.Board {
		return c.BCM.Acknowledge(core()), 0
	}
	return c.GIC.Acknowledge()
}

// End lets the interrupt that Acknowledge returned come again.
func (c *Controller) End(token uint32) {
	if !c.Board {
		c.GIC.End(token)
	}
}

// Enable lets the interrupt of a device through to the boot processor, triggered
// by its line's level or by its edges; the board's are all levels. Calls for
// several devices must not overlap.
func (c *Controller) Enable(line int, level bool) {
	if c.Board {
		c.BCM.Unmask(line)
		return
	}
	c.GIC.Enable(line, level)
}

// NewMessage returns an interrupt that a device raises by writing data to addr;
// ok is false when there is none. Calls must not overlap.
func (c *Controller) NewMessage() (line int, addr uint64, data uint32, ok bool) {
	if c.Board {
		return 0, 0, 0, false
	}
	return c.GIC.NewMessage()
}

// Mask keeps the interrupt of a device from the processors, Unmask lets it
// through again. Any processor may call them at any time.
func (c *Controller) Mask(line int) {
	if c.Board {
		c.BCM.Mask(line)
		return
	}
	c.GIC.Mask(line)
}

// Unmask is documented at Mask.
func (c *Controller) Unmask(line int) {
	if c.Board {
		c.BCM.Unmask(line)
		return
	}
	c.GIC.Unmask(line)
}

// Name returns what Send calls the calling processor by.
func (c *Controller) Name() uint32 {
	if c.Board {
		return uint32(core())
	}
	return c.GIC.Name()
}

// Send interrupts the processor of that name. What was written before is visible
// to it.
func (c *Controller) Send(name uint32) {
	if c.Board {
		c.BCM.Send(int(name))
		return
	}
	c.GIC.Send(name, SGI)
}
