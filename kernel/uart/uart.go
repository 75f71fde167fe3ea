// Package uart drives the serial ports of arm64 machines in kernel context: the
// PL011, which QEMU's virt and the Raspberry Pi have, and the Raspberry Pi's
// mini UART. They are the console before anything else works and while the
// kernel fails, so nothing here allocates or waits without a limit.
//
// Sources: PrimeCell UART (PL011) Technical Reference Manual, ARM DDI 0183G,
// cited as PL011; BCM2835 ARM Peripherals (2012-02-06), chapter 2.2, with the
// errata of elinux.org/BCM2835_datasheet_errata, cited as BCM2835.
//
// It may import arch/mmio only.
package uart

import "yolk/arch/mmio"

// A Kind is which device a Port is.
type Kind uint8

const (
	None  Kind = iota // swallows output, has no input
	PL011             // ARM PrimeCell UART
	Mini              // BCM2835 auxiliary UART; Regs are those of the whole AUX block
)

// String returns the name that is used on the command line.
func (k Kind) String() string {
	switch k {
	case PL011:
		return "pl011"
	case Mini:
		return "mini UART"
	}
	return "none"
}

// A Port is one serial port. Kind and the base of Regs may change at any time
// before other CPUs run; methods are called by one CPU at a time.
type Port struct {
	Kind Kind
	Regs mmio.Block

	early   [16]byte // received before Init, whose set-up empties the FIFO
	waiting int      // of these, the first not yet taken is early[0]
}

// retries limits the wait for room in the transmit FIFO. A character at 9600
// baud takes 1 ms; an access to a device register takes 50 ns and more, so this
// is at least 5 ms. A port that is stuck loses characters, not the machine.
const retries = 100_000

// Put sends one byte.
func (p *Port) Put(c byte) {
	switch p.Kind {
	case PL011:
		p.putPL011(c)
	case Mini:
		p.putMini(c)
	}
}

// Get takes a received byte, if there is one. Bytes with a framing or parity
// error, and breaks, are dropped.
func (p *Port) Get() (c byte, ok bool) {
	if p.waiting > 0 {
		c = p.early[0]
		p.waiting--
		copy(p.early[:], p.early[1:])
		return c, true
	}
	switch p.Kind {
	case PL011:
		return p.getPL011()
	case Mini:
		return p.getMini()
	}
	return 0, false
}

// EnableInput makes the port interrupt while it holds received bytes. The line
// stays up until Get has taken them.
func (p *Port) EnableInput() {
	switch p.Kind {
	case PL011:
		p.enablePL011()
	case Mini:
		p.enableMini()
	}
}

// Init sets the port to baud, 8 data bits, no parity, one stop bit, with its
// FIFOs on and its interrupts off, and keeps what a PL011 has received. clock is
// the frequency of its input clock in Hz. A rate that the clock cannot give is
// rounded to what it can.
func (p *Port) Init(clock, baud uint32) {
	switch p.Kind {
	case PL011:
		p.initPL011(clock, baud)
	case Mini:
		p.initMini(clock, baud)
	}
}
