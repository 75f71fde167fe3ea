package kernel

import (
	"yolk/kernel/bcm2837"
	"yolk/kernel/fdt"
	"yolk/kernel/irq"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/uart"
)

// The Raspberry Pi has two serial ports that its connector's pins can lead to.
// Which is the console says, in this order: console= on the command line, in
// Linux's words; /chosen of the loader's device tree; what the firmware has
// connected the pins to.

const defaultBaud = 115200

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
	p, baud := portOfLine(lastWord(l, "console="))
	if p == nil && given {
		p, baud = portOfTree(t)
	}
	if p == nil {
		p, baud = connectedPort(), defaultBaud
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

// portOfLine reads the value of console=: ttyAMA0 or pl011 is the PL011, ttyS0
// or miniuart the other, and a rate may follow a comma. Others, such as tty1, are
// not serial ports.
func portOfLine(v []byte) (p *boardPort, baud uint32) {
	name := v
	for i, c := range v {
		if c == ',' {
			name, v = v[:i], v[i+1:]
			break
		}
	}
	switch string(name) {
	case "pl011", "ttyAMA0", "ttyAMA1":
		p = &boardPorts[0]
	case "miniuart", "ttyS0", "ttyS1":
		p = &boardPorts[1]
	}
	return p, rate(v)
}

// portOfTree reads /chosen of the device tree.
func portOfTree(t *fdt.Tree) (p *boardPort, baud uint32) {
	n, options, ok := t.Stdout()
	for i := range boardPorts {
		if ok && t.Is(n, boardPorts[i].compatible) {
			p = &boardPorts[i]
		}
	}
	return p, rate(options)
}

// rate reads the number that v begins with: "115200n8".
func rate(v []byte) (baud uint32) {
	for _, c := range v {
		if c < '0' || c > '9' || baud > 1e6 {
			break
		}
		baud = baud*10 + uint32(c-'0')
	}
	if baud < 300 {
		return defaultBaud
	}
	return baud
}

// lastWord returns what follows key in the last word of the loader's command
// line, before any --, that begins with it. It reads the line before the options
// are, so that it can say what is wrong with those.
func lastWord(l *loader, key string) (value []byte) {
	if l.cmdline == 0 {
		return nil
	}
	const most = 1 << 16
	line := mem.Bytes(mem.Addr(l.cmdline), most)
	for i := 0; i < most && line[i] != 0; {
		end := i
		for end < most && line[end] != 0 && line[end] != ' ' {
			end++
		}
		w := line[i:end]
		switch {
		case string(w) == "--":
			return value
		case len(w) > len(key) && string(w[:len(key)]) == key:
			value = w[len(key):]
		}
		for i = end; i < most && line[i] == ' '; i++ {
		}
	}
	return value
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
