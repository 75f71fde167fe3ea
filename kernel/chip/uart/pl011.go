package uart

// Registers (PL011 3.2, table 3-1).
const (
	pl011DR   = 0x00 // RW data; bits 8-11 of a received byte are its errors
	pl011FR   = 0x18 // R flags
	pl011IBRD = 0x24 // RW integer baud rate
	pl011FBRD = 0x28 // RW fractional baud rate, 64ths
	pl011LCRH = 0x2c // RW line control; writing it latches IBRD and FBRD
	pl011CR   = 0x30 // RW control
	pl011IFLS = 0x34 // RW interrupt FIFO level select
	pl011IMSC = 0x38 // RW interrupt mask set/clear
	pl011ICR  = 0x44 // W interrupt clear
)

const (
	drBreak  = 1 << 10
	drErrors = 7 << 8 // framing, parity, break (3.3.1); overrun concerns the next byte

	frBUSY = 1 << 3 // (3.3.3)
	frRXFE = 1 << 4
	frTXFF = 1 << 5

	lcrhFEN   = 1 << 4 // FIFOs on (3.3.7)
	lcrhWLEN8 = 3 << 5

	crUARTEN = 1 << 0 // (3.3.8)
	crTXE    = 1 << 8
	crRXE    = 1 << 9

	intRX  = 1 << 4 // (3.3.10)
	intRT  = 1 << 6 // a byte has waited 32 bit times
	intAll = 0x7ff
)

// PL011 is Arm's PrimeCell UART.
var PL011 = Kind{"pl011", nil, (*Port).putPL011, (*Port).getPL011, (*Port).listenPL011, (*Port).initPL011}

func (p *Port) putPL011(c byte) {
	for range retries {
		if p.Regs.Read32(pl011FR)&frTXFF == 0 {
			p.Regs.Write32(pl011DR, uint32(c))
			return
		}
	}
}

func (p *Port) getPL011() (byte, bool) {
	for p.Regs.Read32(pl011FR)&frRXFE == 0 {
		v := p.Regs.Read32(pl011DR)
		if v&drErrors == 0 {
			return byte(v), true
		}
		p.broken = p.broken || v&drBreak != 0
	}
	return 0, false
}

// listenPL011 asks for an interrupt at the least fill level and, for what stays
// below that, after a timeout. A break comes among the bytes: these are always wanted.
func (p *Port) listenPL011(_, room bool) {
	if !room {
		p.Regs.Write32(pl011IMSC, 0)
		return
	}
	p.Regs.Write32(pl011IFLS, 0) // receive at 1/8 (3.3.9)
	p.Regs.Write32(pl011IMSC, intRX|intRT)
}

// initPL011 follows 3.3.8, "programming the control registers": disable, wait
// for the end of the current character, flush the transmit FIFO by disabling
// it, reprogram, enable.
func (p *Port) initPL011(clock, baud uint32) {
	p.Regs.Write32(pl011CR, 0)
	for i := 0; i < retries && p.Regs.Read32(pl011FR)&frBUSY != 0; i++ {
	}
	p.Collect() // input from before the start must not lose its beginning
	p.Regs.Write32(pl011LCRH, 0)
	p.Regs.Write32(pl011IMSC, 0)
	p.Regs.Write32(pl011ICR, intAll)
	d := divisorPL011(clock, baud)
	p.Regs.Write32(pl011IBRD, d>>6)
	p.Regs.Write32(pl011FBRD, d&63)
	p.Regs.Write32(pl011LCRH, lcrhFEN|lcrhWLEN8)
	p.Regs.Write32(pl011CR, crUARTEN|crTXE|crRXE)
}

// divisorPL011 returns clock / (16 * baud) in 64ths, rounded, between the limits
// 1 and 65535 (3.3.6).
func divisorPL011(clock, baud uint32) uint32 {
	d := (uint64(clock)*4 + uint64(baud)/2) / max(uint64(baud), 1)
	return uint32(min(max(d, 1<<6), 65535<<6))
}
