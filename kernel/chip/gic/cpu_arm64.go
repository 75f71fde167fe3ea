package gic

import (
	"yolk/arch/arm64"
	"yolk/arch/mmio"
)

// CPU interface registers of version 2 (v2 4.4).
const (
	giccCTLR = 0x00 // RW bit 0: on
	giccPMR  = 0x04 // RW priority mask
	giccIAR  = 0x0c // R acknowledge
	giccEOIR = 0x10 // W end

	sgirTarget = 16 // shift in gicdSGIR of the processors' bits
)

// Redistributor frames of version 3 (v3 12.11), 64 KiB each: control, then that
// of SGIs and PPIs, laid out like the distributor; two more where there are
// virtual LPIs.
const (
	gicrTYPER = 0x08 // R 64 bits: affinity in the upper half
	gicrWAKER = 0x14

	frameSize = 0x10000
	// RedistributorSize is how much one processor's takes, at most.
	RedistributorSize = 4 * frameSize

	typerVLPIS  = 1 << 1
	typerLast   = 1 << 4
	wakerSleep  = 1 << 1
	wakerAsleep = 1 << 2
)

// InitCPU makes the calling processor take interrupts: SGIs and the PPI line.
// redists is where version 3's redistributors are mapped, size bytes. It reports
// false when none of them is this processor's.
func (c *Chip) InitCPU(line int, redists, size uintptr) bool {
	cpu := arm64.This()
	local := &c.Dist // version 2 has registers of the first 32 for each processor
	if c.Version == V3 {
		local = &c.frames[cpu.ID]
		if !wake(local, cpu.MPIDR, redists, size) {
			return false
		}
		local.Write32(gicdIGROUPR, ^uint32(0))
	}
	local.Write32(gicdICENABLER, ^uint32(0))
	local.Write32(gicdICPENDR, ^uint32(0))
	for n := uint32(0); n < FirstSPI; n += 4 {
		local.Write32(gicdIPRIORITYR+n, priority)
	}
	local.Write32(gicdISENABLER, 0xffff|1<<line)
	if c.Version == V3 {
		arm64.GICEnable()
	} else {
		c.CPU.Write32(giccPMR, 0xff)
		c.CPU.Write32(giccCTLR, 1)
	}
	if cpu.ID == 0 {
		c.boot = c.Name()
	}
	return true
}

// wake finds the redistributor of the processor with the given affinity, wakes
// it, and puts its second frame in local.
func wake(local *mmio.Mapped, mpidr uint64, redists, size uintptr) bool {
	for at := redists; at+2*frameSize <= redists+size; at += 2 * frameSize {
		r := mmio.Mapped{Base: at}
		typer := r.Read32(gicrTYPER)
		if r.Read32(gicrTYPER+4) == affinity(mpidr) {
			local.Base = at + frameSize
			r.Write32(gicrWAKER, r.Read32(gicrWAKER)&^wakerSleep)
			for i := 0; r.Read32(gicrWAKER)&wakerAsleep != 0; i++ {
				if i == retries {
					return false
				}
			}
			return true
		}
		if typer&typerLast != 0 {
			return false
		}
		if typer&typerVLPIS != 0 {
			at += 2 * frameSize
		}
	}
	return false
}

// Acknowledge takes the pending interrupt and returns its number, MaxLine or
// above when there is none, and what End wants.
func (c *Chip) Acknowledge() (line int, token uint32) {
	if c.Version == V3 {
		token = uint32(arm64.GICAcknowledge())
		return int(token & 0xffffff), token
	}
	token = c.CPU.Read32(giccIAR)
	mmio.Barrier() // before what the interrupt is about is looked at
	return int(token & 0x3ff), token
}

// End lets the interrupt that Acknowledge returned come again.
func (c *Chip) End(token uint32) {
	if c.Version == V3 {
		arm64.GICEnd(uint64(token))
		return
	}
	c.CPU.Write32(giccEOIR, token)
}

// affinity returns the four affinity fields of MPIDR_EL1 in 32 bits.
func affinity(mpidr uint64) uint32 { return uint32(mpidr>>8)&0xff000000 | uint32(mpidr)&0xffffff }

// Name returns what Send calls the calling processor by.
func (c *Chip) Name() uint32 {
	if c.Version == V3 {
		return affinity(arm64.This().MPIDR)
	}
	// Reading its own targets tells a processor its bit (v2 4.3.12); where there is only
	// one, they read as zero.
	return max(c.Dist.Read32(gicdITARGETSR)&0xff, 1)
}

// Send interrupts the processor of that name with an SGI, 0 to 15. What was
// written before is visible to it.
func (c *Chip) Send(name uint32, sgi int) {
	mmio.Barrier()
	if c.Version == V3 {
		// Aff3.Aff2.Aff1 of the target, and of Aff0 a range of 16 and a bit in
		// it (v3 12.2.19).
		aff0 := uint64(name & 0xff)
		arm64.GICSend(uint64(name>>24)<<48 | aff0>>4<<44 | uint64(name>>16&0xff)<<32 |
			uint64(sgi)<<24 | uint64(name>>8&0xff)<<16 | 1<<(aff0&15))
		return
	}
	c.Dist.Write32(gicdSGIR, name<<sgirTarget|uint32(sgi))
}
