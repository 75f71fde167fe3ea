// Package gic drives Arm's Generic Interrupt Controller, versions 2 and 3, in
// kernel context: interrupts of devices (SPIs) to the boot processor, the timer
// of each processor (a PPI), and interrupts between processors (SGIs).
//
// All interrupts are in group 1 of version 3 and in the only group that version
// 2 shows a kernel; all have the same priority.
//
// Sources: GIC architecture specification, version 2, IHI 0048B, cited as v2;
// versions 3 and 4, IHI 0069G, cited as v3.
//
// It may import arch.
package gic

import (
	"yolk/arch/mmio"
	"yolk/kernel/abi"
)

// Interrupt numbers (v3 2.2.1): 0-15 SGI, 16-31 PPI, from 32 SPI.
const (
	FirstPPI = 16
	FirstSPI = 32
	MaxLine  = 1020 // and above are special: none pending
)

// Distributor registers (v2 4.3, v3 12.9). Arrays have a bit, two bits, or a
// byte for each interrupt.
const (
	gicdCTLR       = 0x000
	gicdTYPER      = 0x004  // R lines/32 - 1 in bits 4:0
	gicdIGROUPR    = 0x080  // RW bit
	gicdISENABLER  = 0x100  // W1 bit: enable
	gicdICENABLER  = 0x180  // W1 bit: disable
	gicdICPENDR    = 0x280  // W1 bit: forget
	gicdIPRIORITYR = 0x400  // RW byte, low is urgent
	gicdITARGETSR  = 0x800  // v2 RW byte, a bit for each processor
	gicdICFGR      = 0xc00  // RW two bits: 2 edge, 0 level
	gicdSGIR       = 0xf00  // v2 W send an SGI
	gicdIROUTER    = 0x6000 // v3 RW 64 bits: affinity of the processor

	ctlrEnable  = 1 << 0  // v2
	ctlrGroup1  = 1 << 1  // v3
	ctlrARE     = 1 << 4  // v3 affinity routing
	ctlrPending = 1 << 31 // v3 R a register write is under way

	// DistributorSize is how much the registers take, at most.
	DistributorSize = 0x10000

	priority = 0xa0a0a0a0 // four bytes; any below the mask of 0xff
)

// Version is the controller's architecture.
type Version uint8

const (
	None Version = iota
	V2
	V3
)

// Chip is the machine's controller. The boot sequence fills in the first three
// fields; they are mapped.
type Chip struct {
	Version Version
	Dist    mmio.Mapped // distributor
	CPU     mmio.Mapped // version 2's CPU interface
	Frame   mmio.Mapped // version 2's message frame, see UseFrame

	doorbell    uint64 // where messages are written
	nextMessage int    // the next SPI for one, and the end of those
	endMessage  int

	lines  int
	boot   uint32                   // the boot processor's name
	frames [abi.MaxCPUs]mmio.Mapped // version 3: the redistributor's SGI frame by processor
}

// retries limits waits; each turn is a register access, 50 ns or more.
const retries = 1 << 20

// Init resets the distributor: no interrupt of a device is enabled. It reports
// false when the distributor does not answer.
func (c *Chip) Init() bool {
	d := &c.Dist
	c.lines = min(int(d.Read32(gicdTYPER)&31+1)*32, MaxLine)
	d.Write32(gicdCTLR, 0)
	if !c.settled() {
		return false
	}
	for n := uint32(FirstSPI); n < uint32(c.lines); n += 32 {
		d.Write32(gicdICENABLER+n/8, ^uint32(0))
		d.Write32(gicdICPENDR+n/8, ^uint32(0))
		if c.Version == V3 {
			d.Write32(gicdIGROUPR+n/8, ^uint32(0))
		}
	}
	for n := uint32(FirstSPI); n < uint32(c.lines); n += 4 {
		d.Write32(gicdIPRIORITYR+n, priority)
	}
	if c.Version == V3 {
		d.Write32(gicdCTLR, ctlrARE|ctlrGroup1)
	} else {
		d.Write32(gicdCTLR, ctlrEnable)
	}
	return c.settled()
}

// settled waits until version 3 has taken a write to its control register.
func (c *Chip) settled() bool {
	for i := 0; c.Version == V3 && c.Dist.Read32(gicdCTLR)&ctlrPending != 0; i++ {
		if i == retries {
			return false
		}
	}
	return true
}

// Lines returns the number of interrupts that the controller knows.
func (c *Chip) Lines() int { return c.lines }

// Enable lets the interrupt of a device through to the boot processor,
// triggered by its line's level or by its edges. Calls for several devices must
// not overlap.
func (c *Chip) Enable(line int, level bool) {
	n := uint32(line)
	c.Mask(line)
	shift := n % 16 * 2
	cfg := c.Dist.Read32(gicdICFGR+n/16*4) &^ (3 << shift)
	if !level {
		cfg |= 2 << shift
	}
	c.Dist.Write32(gicdICFGR+n/16*4, cfg)
	c.Direct(line, c.boot)
	c.Unmask(line)
}

// Direct leads the interrupt of a device to the processor that Send knows by a name.
// Calls must not overlap.
func (c *Chip) Direct(line int, name uint32) {
	n := uint32(line)
	if c.Version == V3 {
		c.Dist.Write32(gicdIROUTER+n*8, name&0xffffff)
		c.Dist.Write32(gicdIROUTER+n*8+4, name>>24)
		return
	}
	at := gicdITARGETSR + n&^3
	shift := n % 4 * 8
	c.Dist.Write32(at, c.Dist.Read32(at)&^(0xff<<shift)|name<<shift)
}

// Mask keeps the interrupt of a device from the processors, Unmask lets it
// through again. Each is one write, so any processor may make it at any time.
func (c *Chip) Mask(line int)   { c.Dist.Write32(gicdICENABLER+uint32(line)/32*4, 1<<(line%32)) }
func (c *Chip) Unmask(line int) { c.Dist.Write32(gicdISENABLER+uint32(line)/32*4, 1<<(line%32)) }
