// Package qemu starts images under the QEMU emulator.
//
// The command line is a pure function of a [Config]; [Config.Run] starts it, passes
// signals on, and returns the status the program in the machine exited with.
//
// An x86 machine reports that status through two devices: it writes the status
// byte to port 0xe9 (isa-debugcon, which QEMU passes on to a pipe) and then ends
// QEMU through port 0xf4 (isa-debug-exit, whose own exit status cannot be
// even). An arm64 machine ends QEMU with the status by a semihosting call, of
// which QEMU under KVM has none: the status of an arm64 machine there is
// always 0. The calls that would reach files of the host are led to a debugger.
//
// Source: QEMU 7.2 documentation, "Invocation", "microvm" and "virt"; Arm,
// "Semihosting for AArch32 and AArch64", SYS_EXIT_EXTENDED.
package qemu

import (
	"io"
	"time"
)

// A Config is everything the command line depends on.
type Config struct {
	Arch    string // GOARCH of the machine
	Machine string // "microvm", "q35", "virt", "virt-gic3" or "raspi3b", and options after a comma
	Accel   Accel
	Memory  int64 // bytes
	CPUs    int
	Kernel  string        // the image
	Tree    string        // the device tree, for a machine that does not make its own
	Append  string        // the kernel's command line (yolk/kernel/cmdline.Join)
	Second  bool          // a board's console is its second serial port, the mini UART
	Status  string        // where the status byte of an x86 machine goes: Run has a pipe for it
	Net     Net           // the first network card
	More    []Net         // and further ones
	USB     int           // the inherited sockets of a board's network card: Run has a model of that
	Wire    int           // and the one for its frames; 0: QEMU's own CDC Ethernet card instead
	Control int           // the inherited socket for QEMU's control protocol, 0 for none
	Grace   time.Duration // how long the program may take to end when a signal asked it to; 0 is no limit
	Side    string        // the file that takes what the virtio console is given; "" for no such device
	Debug   int           // the inherited socket for a debugger, for which the machine waits; 0 for none
	Monitor string        // where QEMU makes another socket for its control protocol (Dial); "" for none
	Memfd   bool          // memory is such that Client.Save can save the machine; not for a board
	RAM     int           // and the inherited file that it is: Run has one
	Saved   string        // the folder that Client.Save wrote, and the machine goes on from; "" to boot
	Volumes []Volume      // folders of this computer that the machine sees
	Extra   []string      // passed through at the end

	// Card is called with a board's network card when the machine has started, on a
	// goroutine of its own. No part of the command line.
	Card func(*Card) `json:"-"`
	// Debugger, if there is one, is called with a connection for GDB's remote protocol when
	// the emulator was started, on a goroutine of its own, for which Run waits. The machine
	// has executed nothing, and waits to be told to go on.
	Debugger func(io.ReadWriter) `json:"-"`
	// Started is called with QEMU's process when the machine is made and runs.
	Started func(pid int) `json:"-"`
}

// An Accel is how guest instructions are executed.
type Accel string

const (
	KVM Accel = "kvm" // by the processor
	TCG Accel = "tcg" // by translation
)
