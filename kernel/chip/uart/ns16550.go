package uart

// Registers of a 16550 (table II), times four.
const (
	nsRBR = 0 * 4 // R received byte
	nsTHR = 0 * 4 // W byte to send
	nsIER = 1 * 4 // RW interrupt enable
	nsMCR = 4 * 4 // RW modem control
	nsLSR = 5 * 4 // R line status; reading clears the errors and the break
)

const (
	ierData       = 1 << 0
	ierLineStatus = 1 << 2

	mcrDTR  = 1 << 0
	mcrRTS  = 1 << 1
	mcrOUT2 = 1 << 3 // on a PC: the interrupt's way out

	lsrBreak = 1 << 4 // a NUL has been received for it
	lsrNone  = 0xff   // what an absent port reads as
)

// NS16550 is the serial port of a PC. Regs have its registers four bytes apart.
var NS16550 = Kind{"16550", (*Port).look16550, (*Port).put16550, (*Port).get16550, (*Port).listen16550, (*Port).init16550}

// look16550 takes note of a break.
func (p *Port) look16550() { p.status16550() }

// status16550 reads the line status, for whatever reason: a break is shown once.
func (p *Port) status16550() uint32 {
	v := p.Regs.Read32(nsLSR)
	switch {
	case v == lsrNone:
		return lsrRoom
	case v&lsrBreak != 0:
		p.broken = true
		p.nuls++
	}
	return v
}

// put16550 waits as long as it takes: whoever reads the output may have stopped, as
// in a pager, and a virtual machine's port then takes no more.
func (p *Port) put16550(c byte) {
	for p.status16550()&lsrRoom == 0 {
	}
	p.Regs.Write32(nsTHR, uint32(c))
}

// get16550 drops a NUL for each break. It may be another NUL than the break's, which
// emulators show before its turn; what remains is the same.
func (p *Port) get16550() (byte, bool) {
	for p.status16550()&lsrReady != 0 {
		c := byte(p.Regs.Read32(nsRBR))
		if c != 0 || p.nuls == 0 {
			return c, true
		}
		p.nuls--
	}
	return 0, false
}

func (p *Port) listen16550(input, room bool) {
	enable := uint32(ierLineStatus)
	if input && room {
		enable |= ierData
	}
	p.Regs.Write32(nsIER, enable)
}

func (p *Port) init16550(_, _ uint32) { p.Regs.Write32(nsMCR, mcrDTR|mcrRTS|mcrOUT2) }
