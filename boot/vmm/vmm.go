// Package vmm says what a virtual machine monitor, or an emulator, has to be for the
// yolk command to start images with it. Package qemu has one; ARCHITECTURE.md has how
// another is added.
//
// It may import nothing of Yolk.
package vmm

import (
	"context"
	"errors"
	"io"
	"os"
)

// A Monitor is a machine that is described and not started yet.
type Monitor interface {
	// Command returns what starts it, quoted for a shell: for yolk run -n, and for
	// whoever wants to see a failure again.
	Command() string

	// Run starts the machine, waits for it, and returns the exit status of the program
	// in it, which is 128 and the signal's number when a signal ended it or the
	// machine. When ctx ends, the machine is ended, and the error is ErrTimeout for a
	// deadline and ctx's own otherwise; so it is, with ErrOutput, when Out takes no
	// more. Nothing outlives a killed process: the machine ends with it.
	Run(ctx context.Context, stdio IO) (status int, err error)
}

// IO is what the machine is connected to: In and Out are its serial line, Err
// takes what the monitor itself has to say. Any of them may be nil.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// Signals are passed on: the first to the program, which has some time to end; the
	// second ends the machine.
	Signals <-chan os.Signal
}

// Errors of Run that are not the machine's, wrapped with what happened.
var (
	ErrMissing = errors.New("the emulator is not installed")
	ErrTimeout = errors.New("the time is over")
	ErrOutput  = errors.New("the machine was ended, because its output cannot be written")
)
