package machine

import (
	_ "unsafe" // for go:linkname

	"yolk/arch/amd64"
	"yolk/kernel/boot"
	"yolk/kernel/chip/uart"
	"yolk/kernel/firmware/fwcfg"
	"yolk/kernel/machine"
)

//go:linkname this yolk/kernel/machine.This
var this = machine.Machine{
	Find:        find,
	Console:     console,
	ConsoleLine: consoleLine,
	Random:      random,
	End:         end,
	Reset:       reset,
	ByArch:      machine.ByArch{CPUs: cpus},
}

// com1 is a PC's first serial port, and the console.
var com1 = uart.Port{Kind: &uart.NS16550, Regs: uart.COM1{}}

func console() *uart.Port { return &com1 }

// consoleLine is com1's interrupt, on every PC.
func consoleLine() (line int, ok bool) { return 4, true }

// find sets the modem lines and allows the serial port to interrupt. Firecracker makes
// ACPI's tables, but does not say in what it leaves for PVH where they are.
func find(start uintptr) (why string) {
	com1.Init(0, 0)
	why = boot.ReadStartInfo(start)
	if why == "" && machine.Loaded.Firmware == 0 {
		boot.FindACPI()
	}
	return why
}

// cpus asks QEMU.
func cpus() (n int, ok bool) {
	return fwcfg.CPUs(fwcfg.Ports{Out16: amd64.Out16, Out32: amd64.Out32, In8: amd64.In8})
}

// random has none: a virtio-rng needs its driver (plat/kvm/files).
func random() (word uint64, ok bool) { return 0, false }
