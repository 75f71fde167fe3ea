// Yolk builds ordinary Go programs into bootable machine images and runs them.
// `yolk help` describes the commands.
//
// Exit status: that of the program in the machine for run; 1 for tests that
// failed and for builds that did; 2 for a command line that is wrong; 125 when
// the machine itself could not be run to its end.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses of our own.
const (
	exitFailure = 1
	exitUsage   = 2
	exitMachine = 125
)

// An exitError ends the process with a status, after an optional message.
type exitError struct {
	status int
	err    error // nil when all has been said
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprint("exit status ", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:])) }

// stdout is what commands print to. A pipe that nobody reads any more ends the
// process in Write, with SIGPIPE.
var stdout = &printer{w: os.Stdout}

// A printer keeps the first error of writing.
type printer struct {
	w   io.WriteCloser
	err error
}

func (p *printer) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.err = cmp.Or(p.err, err)
	return n, err
}

// finish reports what could not be written. Some systems say so in the end only.
func (p *printer) finish() error { return cmp.Or(p.err, p.w.Close()) }

// run executes one command line and returns the exit status. A command that did
// its work has failed when its output was lost.
func run(args []string) int {
	status := execute(args)
	if err := stdout.finish(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, "yolk:", err)
		return exitFailure
	}
	return status
}

// endSignals ask a process to end.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// An endedBy is the signal that ended our work.
type endedBy syscall.Signal

func (s endedBy) Error() string { return syscall.Signal(s).String() }

// untilSignal returns a context that the first of endSignals ends, which is its cause.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endSignals...)
	go func() {
		select {
		case s := <-signals:
			cancel(endedBy(s.(syscall.Signal)))
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

func execute(args []string) int {
	ctx, stop := untilSignal()
	defer stop()
	root := newRoot()
	root.SetArgs(normalise(root, args))
	if completing(args) {
		root.SetOut(proposalsFor(args))
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{exitUsage, err} // cobra's own complaints
	}
	var ended endedBy
	if errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &ended) {
		return 128 + int(ended)
	}
	if e.err != nil {
		fmt.Fprintln(os.Stderr, "yolk:", e.err)
	}
	return e.status
}

// newRoot assembles the command tree.
func newRoot() *cobra.Command {
	root := parent(&cobra.Command{
		Use:           "yolk",
		Short:         "Go programs on bare virtual machines",
		Long:          "Yolk builds ordinary Go programs into bootable machine images and runs them.",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	})
	root.Flags().Bool("version", false, "print the version")
	root.SetVersionTemplate("yolk {{.Version}}\n")
	root.AddCommand(newBuild(), newRun(), newTest(), newFlash(), newList(), newClean(), newDebug(), newSymbolize(), newPackage(), newConfig(), newNew(), newSize(), newVersion(), newMan(),
		newPs(), newLogs(), newStop(), newRm(), newSnapshot(), newUp(), newDown(), newKeep(), newNetwork(), newEnter())
	help := newHelp()
	root.AddCommand(help)
	root.SetHelpCommand(help)
	addCompletion(root)
	root.SetOut(stdout)
	styleHelp(root)
	completeValues(root)
	return root
}

// fail marks err as a failure of the work, not of the command line.
func fail(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitFailure, err}
}
