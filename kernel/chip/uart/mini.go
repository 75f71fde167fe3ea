package uart

// Registers of the auxiliary block (BCM2835 2.1, page 8). The mini UART's are
// laid out like a 16550's.
const (
	auxENABLES = 0x04 // RW bit 0: the mini UART is on; off, its registers do not answer
	muIO       = 0x40 // RW data
	muIER      = 0x44 // RW interrupt enable
	muIIR      = 0x48 // RW interrupt identify; writing clears FIFOs
	muLCR      = 0x4c // RW line control
	muMCR      = 0x50 // RW modem control
	muLSR      = 0x54 // R line status
	muCNTL     = 0x60 // RW extra control
	muBAUD     = 0x68 // RW baud rate divisor
)

const (
	auxMiniUART = 1 << 0

	// The manual has the two enable bits of IER swapped, and does not say that
	// 8 bits are both bits of LCR (errata, pages 11, 12 and 14).
	ierReceive = 1 << 0
	lcr8Bit    = 3 << 0

	iirClearFIFOs = 3 << 1

	lsrReady   = 1 << 0 // a byte has been received
	lsrRoom    = 1 << 5 // the transmit FIFO takes a byte
	lsrIdle    = 1 << 6 // and everything has been sent
	cntlEnable = 3 << 0 // receiver and transmitter
)

// Mini is the BCM2835's auxiliary UART. Regs are those of the whole AUX block.
var Mini = Kind{"mini UART", nil, (*Port).putMini, (*Port).getMini, (*Port).listenMini, (*Port).initMini}

func (p *Port) putMini(c byte) {
	for range retries {
		if p.Regs.Read32(muLSR)&lsrRoom != 0 {
			p.Regs.Write32(muIO, uint32(c))
			return
		}
	}
}

// getMini takes a byte as it is: the mini UART detects no errors.
func (p *Port) getMini() (byte, bool) {
	if p.Regs.Read32(muLSR)&lsrReady == 0 {
		return 0, false
	}
	return byte(p.Regs.Read32(muIO)), true
}

func (p *Port) listenMini(input, room bool) {
	enable := uint32(0)
	if input && room {
		enable = ierReceive
	}
	p.Regs.Write32(muIER, enable)
}

// initMini turns the block on first, because a UART that is off does not answer,
// lets what is on its way go out, and keeps receiver and transmitter off while the
// rest changes, so that they see no half set-up line (2.2.1).
func (p *Port) initMini(clock, baud uint32) {
	p.Regs.Write32(auxENABLES, p.Regs.Read32(auxENABLES)|auxMiniUART)
	for i := 0; i < retries && p.Regs.Read32(muLSR)&lsrIdle == 0; i++ {
	}
	p.Regs.Write32(muCNTL, 0)
	p.Regs.Write32(muIER, 0)
	p.Regs.Write32(muIIR, iirClearFIFOs)
	p.Regs.Write32(muLCR, lcr8Bit)
	p.Regs.Write32(muMCR, 0)
	p.Regs.Write32(muBAUD, divisorMini(clock, baud))
	p.Regs.Write32(muCNTL, cntlEnable)
}

// divisorMini returns what solves baud = clock / (8 * (divisor + 1)), rounded
// (2.2.1). The clock is the VPU's core clock, which config.txt must keep from
// changing: enable_uart=1 does.
func divisorMini(clock, baud uint32) uint32 {
	step := 8 * max(uint64(baud), 1)
	d := (uint64(clock) + step/2) / step
	return uint32(min(max(d, 1), 1<<16)) - 1
}
