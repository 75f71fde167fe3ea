// Package task says what the host's side of `make test-kvm` asks of its outer guest.
package task

import (
	"time"

	"yolk/boot/qemu"
)

// File is where the outer guest finds its tasks, as JSON.
const File = "/tasks.json"

// Reasons is a variable of the environment that has the outer guest say why machines
// left the guest, and how often, beside how often.
const Reasons = "REASONS"

// Patience is how long a machine may take for whatever it does. One of eight processors
// takes a minute on a host with ten times its work.
const Patience = 4 * time.Minute

// Answer is how long the answer to a request may take. Ten at once took over ten seconds on
// a host with twenty times its work.
const Answer = 30 * time.Second

// The outer guest's end of a server's cable, a tap, its address, and the server's: QEMU's
// user network left requests unread under load (README.md).
const (
	Tap    = "tap0"
	Host   = "10.9.0.1"
	Server = "10.9.0.2"
)

// Passed is the last line of an outer guest in which every task did.
const Passed = "kvm: passed"

// A Kind is what is done with a machine, and what is expected of it.
type Kind string

const (
	Run     Kind = "run"     // it ends with status 0 and prints Want
	Serve   Kind = "serve"   // it prints Want and then answers every request
	Restore Kind = "restore" // it prints Want, and answers with the right time, and random bytes of its own, whatever is done to it
	Compare Kind = "compare" // as Run, and Linux too; each job of the stress program makes progress there and here
	Clone   Kind = "clone"   // those that go on from a snapshot of it answer, and how soon is told
)

// A Task is one machine to be run under KVM.
type Task struct {
	Kind Kind
	Name string
	Args []string // the emulator's command line
	Want string
	// Serve, Restore: where it answers, on the outer guest.
	Address string

	// Serve: the most exits that a request may cost with one connection, the host's
	// interrupts not counted, 0 for any number.
	Exits float64

	// Run, Restore: at the same time as the others of which that is true, when the rest
	// has ended: exits are not counted.
	Together bool

	Linux []string // Compare: the command line of a Linux guest with the same program

	// Clone: the machine, the port at which it answers, and what it is asked. The answer begins
	// with Want and has a line.
	Machine qemu.Config
	Port    uint16
	Request string
}
