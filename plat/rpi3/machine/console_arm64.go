package machine

import (
	"yolk/arch/mmio"
	"yolk/kernel/boot"
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/uart"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// The Raspberry Pi has two serial ports that its connector's pins can lead to.
// Which is the console says, in this order: console= on the command line, in
// Linux's words; /chosen of the loader's device tree; the alias serial0 there,
// which in the firmware's own trees is the port of the connector; what the firmware
// has connected the pins to.

// A port is what the kernel must know of one of the two.
type port struct {
	uart.Port
	base       uint64
	compatible string           // of its node in a device tree
	alt        bcm2837.Function // of the pins
	source     bcm2837.Source
	clock      bcm2837.Clock
	hz         uint32 // of the clock, when the firmware does not say
}

// serialRegs are those of the console, which is ports[chosen]. The initialisers keep
// all in the data segment.
var (
	serialRegs = mmio.Mapped{Base: unknown}
	chosen     = -1
)

var ports = [...]port{
	{uart.Port{Kind: &uart.PL011, Regs: &serialRegs}, bcm2837.UARTBase, "arm,pl011", bcm2837.Alt0, bcm2837.SourceUART, bcm2837.ClockUART, 48_000_000},
	{uart.Port{Kind: &uart.Mini, Regs: &serialRegs}, bcm2837.AuxBase, "brcm,bcm2835-aux-uart", bcm2837.Alt5, bcm2837.SourceAux, bcm2837.ClockCore, 250_000_000},
}

// connectedPort returns the port that the firmware has led to the connector's
// pins, and the PL011 when it is none.
func connectedPort() *port {
	for i := range ports {
		if p := &ports[i]; p.alt == pins.Function(bcm2837.PinTX) {
			return p
		}
	}
	return &ports[0]
}

// console returns the port that was chosen.
func console() *uart.Port {
	if chosen < 0 {
		return nil
	}
	return &ports[chosen].Port
}

// chooseConsole chooses the console and sets it up, unless the loader's device
// tree says that it runs at its rate already (Devicetree Specification 4.2.1.2:
// "current-speed"): setting up empties a FIFO that may hold input. given tells that
// the tree is the loader's.
func chooseConsole(t *fdt.Tree, given bool) {
	option, _ := boot.EarlyOption(&machine.Loaded, "console")
	kind, baud := uart.ParseConsole(option)
	p := portOfKind(kind)
	if p == nil && given {
		p, baud = portOfTree(t)
	}
	if p == nil {
		p, baud = connectedPort(), uart.DefaultBaud
	}
	p.use()
	n, _ := t.Compatible(fdt.Root, p.compatible)
	if speed, ok := t.U32(n, "current-speed"); !given || !ok || speed != baud {
		p.setUp(baud)
	}
}

// use makes p the console, as it is.
func (p *port) use() {
	serialRegs.Base = mem.Addr(p.base)
	for i := range ports {
		if p == &ports[i] {
			chosen = i
		}
	}
}

// setUp connects p, which is the console, to the pins and sets its rate.
func (p *port) setUp(baud uint32) {
	if pins.Function(bcm2837.PinTX) != p.alt || pins.Function(bcm2837.PinRX) != p.alt {
		pins.ConnectUART(p.alt)
	}
	hz, code := mailbox.ClockRate(p.clock)
	if code != bcm2837.OK {
		hz = p.hz
	}
	p.Init(hz, baud)
}

// portOfKind returns the port of a kind, or nil.
func portOfKind(k *uart.Kind) *port {
	for i := range ports {
		if p := &ports[i]; p.Kind == k {
			return p
		}
	}
	return nil
}

// portOfTree returns what the device tree says of the console.
func portOfTree(t *fdt.Tree) (p *port, baud uint32) {
	n, options, ok := t.Stdout()
	if !ok {
		n, ok = t.Path("serial0")
	}
	for i := range ports {
		if ok && t.Is(n, ports[i].compatible) {
			p = &ports[i]
		}
	}
	return p, uart.ParseRate(options)
}

// consoleLine returns the interrupt of the console.
func consoleLine() (line int, ok bool) {
	if chosen < 0 {
		return 0, false
	}
	return bcm2837.LineDevice + int(ports[chosen].source) | irq.Level, true
}
