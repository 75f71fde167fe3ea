// Package machine is what the kernel has to know of the machine it runs on and cannot
// find out in one way on all of them. It is a value: [This], which the platform of an
// image fills in (plat/kvm/machine is one). The rest of the kernel asks it and has no branch
// for any machine, so that an image carries nothing of others.
//
// This is written by the linker, not at run time, so that it can be used before anything
// else. Its functions run in kernel context; kernel/context_test.go sees to it that there
// is one in each place, and that they obey.
//
// It may import arch, kernel/abi, kernel/chip/uart and kernel/firmware/fdt.
package machine

import (
	_ "unsafe" // for go:linkname

	"yolk/kernel/chip/uart"
)

// A Machine is how one kind of machine does what each does in its own way. Package
// boot calls the functions in their order here, the first ones before BSS is mapped.
type Machine struct {
	// Find reads what the loader left at physical address start into Loaded, and makes
	// the console usable. It returns what is wrong, or "".
	Find Find

	// Console returns the serial port of the kernel's log, nil before Find has found it
	// and on a machine without. ConsoleLine returns its interrupt as package irq
	// numbers lines.
	Console     func() *uart.Port
	ConsoleLine func() (line int, ok bool)

	// Random returns a word of a generator that is the machine's and not its
	// processor's; ok is false where there is none, or when it does not answer.
	Random func() (word uint64, ok bool)

	// End stops the machine, with a status where somebody takes one; it returns where
	// that cannot be. Reset starts it again, or ends it with the status if its keeper
	// wants that.
	End, Reset func(status uint8)

	// ByArch is what only machines with this architecture are asked.
	ByArch
}

// This is the machine that the image is for.
//
//go:linkname This
var This Machine

// A Range is a stretch of physical memory.
type Range struct{ Addr, Size uint64 }

// End is where the range ends.
func (r *Range) End() uint64 { return r.Addr + r.Size }

// A Loader is what the kernel keeps of what the loader says. It is copied before the
// memory it lies in is used for anything else.
type Loader struct {
	RAM         [16]Range
	N           int    // how many of RAM there are
	CommandLine uint64 // physical address of a C string, 0: none
	Firmware    uint64 // of the firmware's tables: ACPI's root pointer or the device tree

	inData uint64 // not zero: keeps the variable in the data segment
}

// Loaded is what this machine's loader has said.
var Loaded = Loader{inData: 1}

// Total returns the bytes of RAM.
func (l *Loader) Total() (n uint64) {
	for i := range l.N {
		n += l.RAM[i].Size
	}
	return n
}

// Holding returns the index of the RAM that holds the image, [start, end), or -1.
func (l *Loader) Holding(start, end uint64) int {
	home := -1
	for i := range l.N {
		if r := &l.RAM[i]; r.Addr <= start && r.End() > end {
			home = i
		}
	}
	return home
}
