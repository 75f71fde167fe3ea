// Package uart drives serial ports in kernel context: the 16550 of PCs, the PL011,
// which QEMU's virt and the Raspberry Pi have, and the Raspberry Pi's mini UART. They
// are the console before anything else works and while the kernel fails, so nothing
// here allocates.
//
// Sources: PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs (National
// Semiconductor, June 1995), cited as 16550; PrimeCell UART (PL011) Technical
// Reference Manual, ARM DDI 0183G, cited as PL011; BCM2835 ARM Peripherals
// (2012-02-06), chapter 2.2, with the errata of elinux.org/BCM2835_datasheet_errata,
// cited as BCM2835.
//
// It may import arch.
package uart

import "yolk/arch/mmio"

// A Kind is how the ports of one kind are driven. An image links those that its
// machine names.
type Kind struct {
	Name    string
	look    func(p *Port) // reads what is shown once though there be no room; may be nil
	put     func(p *Port, c byte)
	receive func(p *Port) (c byte, ok bool)
	listen  func(p *Port, input, room bool) // see Listen: input is wanted, the queue has room
	init    func(p *Port, clock, baud uint32)
}

// A Port is one serial port. Methods are called by one CPU at a time. It is usable
// before BSS is, when its initialiser makes it a variable in the data segment.
type Port struct {
	Kind *Kind
	Regs mmio.Block

	queue  [queueSize]byte // received: the first of waiting bytes is queue[first]
	first  int
	length int
	broken bool // a break has come that TakeBreak has not returned yet
	nuls   int  // breaks of a 16550 whose NUL has not been received yet
}

const queueSize = 64

// retries limits the wait for room in the transmit FIFO. A character at 9600
// baud takes 1 ms; an access to a device register takes 50 ns and more, so this
// is at least 5 ms. A port that is stuck loses characters, not the machine.
const retries = 100_000

// Put sends one byte.
func (p *Port) Put(c byte) { p.Kind.put(p, c) }

// Collect moves what has been received to the port's queue, for as long as that has
// room. Bytes with a framing or parity error, and breaks, are dropped.
func (p *Port) Collect() {
	if p.Kind.look != nil {
		p.Kind.look(p)
	}
	for p.length < queueSize {
		c, ok := p.Kind.receive(p)
		if !ok {
			return
		}
		p.queue[(p.first+p.length)%queueSize] = c
		p.length++
	}
}

// Get takes a byte from the queue, if there is one.
func (p *Port) Get() (c byte, ok bool) {
	if p.length == 0 {
		return 0, false
	}
	c = p.queue[p.first]
	p.first = (p.first + 1) % queueSize
	p.length--
	return c, true
}

// Waiting returns how many bytes are in the queue.
func (p *Port) Waiting() int { return p.length }

// TakeBreak reports whether there was a break since the last call: the line was held
// low for longer than a character. A mini UART does not tell.
func (p *Port) TakeBreak() bool {
	broken := p.broken
	p.broken = false
	return broken
}

// Listen makes the port interrupt on breaks, and while it holds received bytes if
// input is wanted and the queue has room for them. A PL011 tells of a break in its
// place among the bytes, so that these interrupt in any case.
func (p *Port) Listen(input bool) { p.Kind.listen(p, input, p.length < queueSize) }

// Init sets the port to baud, 8 data bits, no parity, one stop bit, with its
// FIFOs on and its interrupts off, and keeps what a PL011 has received. clock is
// the frequency of its input clock in Hz. A rate that the clock cannot give is
// rounded to what it can. A 16550 keeps the rate that its firmware gave it.
func (p *Port) Init(clock, baud uint32) { p.Kind.init(p, clock, baud) }
