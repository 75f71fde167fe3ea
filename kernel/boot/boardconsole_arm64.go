package boot

import (
	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/uart"
	"yolk/kernel/firmware/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
)

// The Raspberry Pi has two serial ports that its connector's pins can lead to.
// Which is the console says, in this order: console= on the command line, in
// Linux's words; /chosen of the loader's device tree; the alias serial0 there,
// which in the firmware's own trees is the port of the connector; what the firmware
// has connected the pins to.

// A boardPort is what the kernel must know of one of the two.
type boardPort struct {
	kind       uart.Kind
	base       uint64
	compatible string           // of its node in a device tree
	alt        bcm2837.Function // of the pins
	source     bcm2837.Source
	clock      bcm2837.Clock
	hz         uint32 // of the clock, when the firmware does not say
}

var boardPorts = [...]boardPort{
	{uart.PL011, bcm2837.UARTBase, "arm,pl011", bcm2837.Alt0, bcm2837.SourceUART, bcm2837.ClockUART, 48_000_000},
	{uart.Mini, bcm2837.AuxBase, "brcm,bcm2835-aux-uart", bcm2837.Alt5, bcm2837.SourceAux, bcm2837.ClockCore, 250_000_000},
}

// connectedPort returns the port that the firmware has led to the connector's
// pins, and the PL011 when it is none.
func connectedPort() *boardPort {
	for i := range boardPorts {
		if p := &boardPorts[i]; p.alt == pins.Function(bcm2837.PinTX) {
			return p
		}
	}
	return &boardPorts[0]
}

// setBoardConsole chooses the console and sets it up, unless the loader's device
// tree says that it runs at its rate already (Devicetree Specification 4.2.1.2:
// "current-speed"): setting up empties a FIFO that may hold input.
func setBoardConsole(t *fdt.Tree, l *loader) {
	given := l.firm != builtinTree()
	option, _ := earlyOption(l, "console")
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
func (p *boardPort) use() {
	console.pa, console.size = p.base, mem.PageSize
	klog.SetConsole(p.kind, mem.Addr(p.base))
}

// setUp connects p, which is the console, to the pins and sets its rate.
func (p *boardPort) setUp(baud uint32) {
	if pins.Function(bcm2837.PinTX) != p.alt || pins.Function(bcm2837.PinRX) != p.alt {
		pins.ConnectUART(p.alt)
	}
	hz, code := mailbox.ClockRate(p.clock)
	if code != bcm2837.OK {
		hz = p.hz
	}
	klog.SetRate(hz, baud)
}

// portOfKind returns the port of a kind, or nil.
func portOfKind(k uart.Kind) *boardPort {
	for i := range boardPorts {
		if p := &boardPorts[i]; p.kind == k {
			return p
		}
	}
	return nil
}

// portOfTree returns what the device tree says of the console.
func portOfTree(t *fdt.Tree) (p *boardPort, baud uint32) {
	n, options, ok := t.Stdout()
	if !ok {
		n, ok = t.Path("serial0")
	}
	for i := range boardPorts {
		if ok && t.Is(n, boardPorts[i].compatible) {
			p = &boardPorts[i]
		}
	}
	return p, uart.ParseRate(options)
}

// boardConsoleLine returns the interrupt of the console.
func boardConsoleLine() (line int, ok bool) {
	for i := range boardPorts {
		if p := &boardPorts[i]; p.base == console.pa {
			return bcm2837.LineDevice + int(p.source) | irq.Level, true
		}
	}
	return 0, false
}
