package bcm2837

import (
	"math/bits"
	"sync/atomic"

	"yolk/arch/mmio"
)

// A Source is an interrupt of the peripheral controller: 0 to 63 are those that
// VideoCore shares (BCM2835 7.5, "ARM peripherals interrupts table"), 64 to 71
// the ARM side's own.
type Source uint8

// The sources that have drivers here.
const (
	SourceUSB  Source = 9
	SourceAux  Source = 29 // mini UART and the auxiliary SPIs
	SourceUART Source = 57 // PL011

	sourceARM Source = 64 // the first of basic pending's own
	// Sources is how many there are.
	Sources = 72
)

// Peripheral controller registers (BCM2835 7.5), from 0x200 of its manual.
const (
	icBasicPending = 0x00 // R
	icPending1     = 0x04 // R; pending 2 follows
	icFIQ          = 0x0c // RW bit 7 enables the FIQ
	icEnable1      = 0x10 // RW writing 1 enables; 2 and basic follow
	icDisable1     = 0x1c // RW writing 1 disables; 2 and basic follow
)

// Basic pending: bits 0-7 are the ARM side's own interrupts, 8 and 9 say that
// pending 1 or 2 have one, 10-20 are shortcuts to the busiest of those, which
// are then not counted in 8 and 9.
const (
	basicOwn      = 0xff
	basicPending1 = 1 << 8 // and 9 for pending 2
	basicShort    = 10     // first shortcut
)

var shortcuts = [...]Source{7, 9, 10, 18, 19, 53, 54, 55, 56, 57, 62}

// A PeripheralController is the BCM2835's interrupt controller: levels, one bit
// for each source, no priorities, no acknowledgement. A source stays pending
// until its device lowers the line, so the top half disables it and whoever
// serves the device enables it again. Its output goes to one core, which the
// local controller chooses; Enable and Disable may be called by any.
type PeripheralController struct {
	Regs    mmio.Block
	enabled [3]uint32 // accessed atomically
}

// Init disables every source and the FIQ.
func (p *PeripheralController) Init() {
	p.Regs.Write32(icFIQ, 0)
	for bank := range uint32(len(p.enabled)) {
		atomic.StoreUint32(&p.enabled[bank], 0)
		p.Regs.Write32(icDisable1+4*bank, ^uint32(0))
	}
	mmio.Barrier()
}

// Enable lets source interrupt.
func (p *PeripheralController) Enable(s Source) {
	atomic.OrUint32(&p.enabled[s/32], 1<<(s%32))
	p.Regs.Write32(icEnable1+4*uint32(s/32), 1<<(s%32))
}

// Disable keeps source from interrupting. When it returns the core's line is
// down, unless another source holds it up.
func (p *PeripheralController) Disable(s Source) {
	atomic.AndUint32(&p.enabled[s/32], ^uint32(1<<(s%32)))
	p.Regs.Write32(icDisable1+4*uint32(s/32), 1<<(s%32))
	mmio.Barrier()
}

// Next returns an enabled source that is pending; ok is false when there is
// none. What the registers say is checked against what was enabled, so a caller
// that disables each source it gets comes to an end.
//
// A source can be pending without being enabled here: another core was between the two
// steps of Enable when this one took the interrupt and did both of Disable. It is kept
// from interrupting, or it would do so for ever; who enabled it hears of that interrupt
// and does so again.
func (p *PeripheralController) Next() (s Source, ok bool) {
	basic := p.Regs.Read32(icBasicPending)
	if own := basic & basicOwn & atomic.LoadUint32(&p.enabled[2]); own != 0 {
		return sourceARM + Source(bits.TrailingZeros32(own)), true
	}
	for short := basic >> basicShort; short != 0; short &= short - 1 {
		i := bits.TrailingZeros32(short)
		switch {
		case i >= len(shortcuts):
		case p.isEnabled(shortcuts[i]):
			return shortcuts[i], true
		default:
			p.refuse(shortcuts[i])
		}
	}
	for bank := range uint32(2) {
		if basic&(basicPending1<<bank) == 0 {
			continue
		}
		for pending := p.Regs.Read32(icPending1 + 4*bank); pending != 0; pending &= pending - 1 {
			s := Source(32*bank + uint32(bits.TrailingZeros32(pending)))
			if p.isEnabled(s) {
				return s, true
			}
			p.refuse(s)
		}
	}
	return 0, false
}

// refuse keeps a source that is not enabled from interrupting. An Enable that has begun
// since gets its way.
func (p *PeripheralController) refuse(s Source) {
	p.Regs.Write32(icDisable1+4*uint32(s/32), 1<<(s%32))
	mmio.Barrier()
	if p.isEnabled(s) {
		p.Regs.Write32(icEnable1+4*uint32(s/32), 1<<(s%32))
	}
}

func (p *PeripheralController) isEnabled(s Source) bool {
	return atomic.LoadUint32(&p.enabled[s/32])&(1<<(s%32)) != 0
}
