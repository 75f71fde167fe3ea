package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"yolk/boot/build"
)

// A voice is how much a command says, and in what form.
type voice struct{ quiet, verbose, json bool }

func (v *voice) add(f *pflag.FlagSet) {
	f.BoolVar(&v.quiet, "q", false, "say nothing but what is wrong")
	f.BoolVar(&v.verbose, "verbose", false, "say what is done, and the emulator's command")
}

// addJSON adds the flag for a result that programs read.
func (v *voice) addJSON(f *pflag.FlagSet, usage string) { f.BoolVar(&v.json, "json", false, usage) }

// check refuses flags that contradict each other.
func (v *voice) check() error {
	if v.quiet && v.verbose {
		return &exitError{exitUsage, errors.New("-q and -verbose contradict each other")}
	}
	return nil
}

// say prints a line for the user that is not the result, unless it shall be quiet.
func (v *voice) say(format string, args ...any) {
	if !v.quiet {
		fmt.Fprintf(os.Stderr, "yolk: "+format+"\n", args...)
	}
}

// progress shows what goes on: on one line of a terminal, elsewhere in lines.
func (v *voice) progress() *build.Progress {
	switch {
	case v.quiet:
		return nil
	case term.IsTerminal(int(os.Stderr.Fd())):
		return build.NewProgress(os.Stderr)
	}
	return build.NewLines(os.Stderr)
}

// printJSON prints a value on lines of its own, for programs and people.
func printJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return fail(e.Encode(value))
}
