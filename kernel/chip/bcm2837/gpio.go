package bcm2837

import "yolk/arch/mmio"

// GPIO registers (BCM2835 6.1).
const (
	gpFSEL0   = 0x00 // RW function, 3 bits a pin, 10 pins a register
	gpPUD     = 0x94 // RW pull to apply
	gpPUDCLK0 = 0x98 // RW pins to apply it to, 32 a register
)

// Pins is how many there are (BCM2835 6).
const Pins = 54

// A Function is what a pin is connected to (BCM2835 6.1, table 6-2).
type Function uint8

const (
	Input  Function = 0
	Output Function = 1
	Alt0   Function = 4
	Alt1   Function = 5
	Alt2   Function = 6
	Alt3   Function = 7
	Alt4   Function = 3
	Alt5   Function = 2
)

// A Pull is a pin's resistor (BCM2835 6.1, table 6-28).
type Pull uint8

const (
	PullNone Pull = 0
	PullDown Pull = 1
	PullUp   Pull = 2
)

// The serial port's pins, 8 and 10 of the board's connector.
const (
	PinTX = 14
	PinRX = 15
)

// GPIO is the chip's pins. One caller at a time: functions share registers.
type GPIO struct {
	Regs  mmio.Block
	Timer *SystemTimer
}

// Function returns what pin is connected to.
func (g *GPIO) Function(pin uint32) Function {
	return Function(g.Regs.Read32(gpFSEL0+pin/10*4) >> (pin % 10 * 3) & 7)
}

// SetFunction connects pin; the other pins of its register stay as they are.
func (g *GPIO) SetFunction(pin uint32, f Function) {
	off, shift := gpFSEL0+pin/10*4, pin%10*3
	g.Regs.Write32(off, g.Regs.Read32(off)&^(7<<shift)|uint32(f)<<shift)
}

// SetPull sets pin's resistor, by the six steps of BCM2835 6.1, GPPUDCLKn. The
// manual's waits of 150 cycles are those of the peripherals' clock, 250 MHz and
// never below 50.
func (g *GPIO) SetPull(pin uint32, p Pull) {
	const wait = 3 // us
	clock := gpPUDCLK0 + pin/32*4
	g.Regs.Write32(gpPUD, uint32(p))
	g.Timer.Wait(wait)
	g.Regs.Write32(clock, 1<<(pin%32))
	g.Timer.Wait(wait)
	g.Regs.Write32(gpPUD, 0)
	g.Regs.Write32(clock, 0)
}

// ConnectUART leads the serial port's pins to the PL011 (Alt0) or the mini UART
// (Alt5), with a resistor that keeps an open receive line idle.
func (g *GPIO) ConnectUART(f Function) {
	g.SetPull(PinTX, PullNone)
	g.SetPull(PinRX, PullUp)
	g.SetFunction(PinTX, f)
	g.SetFunction(PinRX, f)
}
