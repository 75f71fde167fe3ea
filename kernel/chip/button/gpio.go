package button

import "yolk/arch/mmio"

// A Key is a button on a pin of a PL061.
type Key struct {
	Regs mmio.Block
	Pin  uint32 // 0 to 7
	Low  bool   // pressed, the pin is low
}

// Registers (PL061, table 3-1).
const (
	gpioDIR = 0x400 // RW 1: output
	gpioIS  = 0x404 // RW interrupt sense; 1: level
	gpioIBE = 0x408 // RW 1: both edges
	gpioIEV = 0x40c // RW event; 1: rising edge
	gpioIE  = 0x410 // RW interrupt enable
	gpioMIS = 0x418 // R interrupts that are enabled and pending
	gpioIC  = 0x41c // W clear
)

// Pins is how many pins a controller has.
const Pins = 8

// SwitchOn lets the key, and no other pin, interrupt when it goes down. The order
// keeps an edge of before from counting (PL061 2.2.2).
func (k *Key) SwitchOn() {
	pin := uint32(1) << k.Pin
	k.Regs.Write32(gpioIE, 0)
	k.Regs.Write32(gpioDIR, k.Regs.Read32(gpioDIR)&^pin)
	k.Regs.Write32(gpioIS, k.Regs.Read32(gpioIS)&^pin)
	k.Regs.Write32(gpioIBE, k.Regs.Read32(gpioIBE)&^pin)
	event := k.Regs.Read32(gpioIEV) | pin
	if k.Low {
		event &^= pin
	}
	k.Regs.Write32(gpioIEV, event)
	k.Regs.Write32(gpioIC, pin)
	k.Regs.Write32(gpioIE, pin)
}

// Pressed reports whether the key went down since the last call.
func (k *Key) Pressed() bool {
	pin := uint32(1) << k.Pin
	if k.Regs.Read32(gpioMIS)&pin == 0 {
		return false
	}
	k.Regs.Write32(gpioIC, pin)
	return true
}
