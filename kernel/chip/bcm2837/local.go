package bcm2837

import "yolk/arch/mmio"

// Local controller registers (QA7 4).
const (
	lcControl    = 0x00 // RW core timer's clock
	lcPrescaler  = 0x08 // RW core timer's divider
	lcGPURouting = 0x0c // RW bits 0-1: core that gets the peripherals' IRQ; 2-3: FIQ
	lcTimers     = 0x40 // RW interrupts of a core's timers; 4 bytes a core
	lcMailboxes  = 0x50 // RW interrupts of a core's mailboxes; 4 bytes a core
	lcIRQSource  = 0x60 // R why a core is interrupted; 4 bytes a core
	lcMailboxSet = 0x80 // W set bits of mailbox 0; 16 bytes a core
	lcMailboxClr = 0xc0 // RW read mailbox 0, writing 1 clears a bit; 16 bytes a core
)

const (
	timerVirtual = 1 << 3 // CNTV, to IRQ (QA7 4.6)
	mailbox0     = 1 << 0 // to IRQ (QA7 4.7)

	controlCrystal  = 0       // 19.2 MHz, count by one (QA7 4.2)
	prescalerDirect = 1 << 31 // (QA7 3.1.1: 2^31 / prescaler)
)

// A Cause is why a core is interrupted: a set of bits (QA7 4.10).
type Cause uint32

const (
	CauseTimer   Cause = 1 << 3 // the virtual timer
	CauseMailbox Cause = 1 << 4 // another core rang
	CauseGPU     Cause = 1 << 8 // the peripheral controller has a source
)

// A LocalController is the interrupt controller of the ARM cores: their timers,
// messages between them, and the one line from the peripheral controller.
// Methods that name a core may be called by any core.
type LocalController struct{ Regs mmio.Block }

// Init sets the cores' timers to the crystal's rate, which is what the
// firmware's stub declares in CNTFRQ_EL0, and sends the peripherals' interrupts
// to core. The boot core calls it once.
func (l *LocalController) Init(core int) {
	l.Regs.Write32(lcControl, controlCrystal)
	l.Regs.Write32(lcPrescaler, prescalerDirect)
	l.Regs.Write32(lcGPURouting, uint32(core))
}

// InitCore lets the core's virtual timer and its mailbox 0 interrupt it, nothing
// else, and drops messages from before.
func (l *LocalController) InitCore(core int) {
	l.Regs.Write32(lcMailboxClr+16*uint32(core), ^uint32(0))
	l.Regs.Write32(lcTimers+4*uint32(core), timerVirtual)
	l.Regs.Write32(lcMailboxes+4*uint32(core), mailbox0)
	mmio.Barrier()
}

// Causes returns why core is interrupted.
func (l *LocalController) Causes(core int) Cause {
	return Cause(l.Regs.Read32(lcIRQSource + 4*uint32(core)))
}

// Ring sets bits in core's mailbox, which interrupts it. What was written to
// memory before is visible to that core when it takes the bits.
func (l *LocalController) Ring(core int, bits uint32) {
	mmio.Barrier()
	l.Regs.Write32(lcMailboxSet+16*uint32(core), bits)
}

// Take returns core's mailbox and clears those bits, and with them the
// interrupt. A bit that is set in between stays for the next time.
func (l *LocalController) Take(core int) uint32 {
	v := l.Regs.Read32(lcMailboxClr + 16*uint32(core))
	l.Regs.Write32(lcMailboxClr+16*uint32(core), v)
	mmio.Barrier()
	return v
}
