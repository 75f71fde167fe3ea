// Conformance runs the Go standard library's own tests on Linux and on Yolk's
// machines, and publishes the comparison.
//
//	go run ./scripts/conformance              what has no result at this commit, then RESULTS.md
//	go run ./scripts/conformance net os       only these packages
//	go run ./scripts/conformance -on rpi3     only this configuration
//	go run ./scripts/conformance -check       a quick selection, for CI
//	go run ./scripts/conformance -table       RESULTS.md from the stored results
//	go run ./scripts/conformance -modules     the same for other people's modules, MODULES.md
//
// README.md says how the results are to be read.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	yolk    string        // the yolk command
	out     string        // the folder for logs, test binaries and Linux's outcomes
	on      string        // names of configs, "" for all
	memory  string        // of the machines that have a choice
	timeout time.Duration // for one package's tests, on every system
	jobs    int
	check   bool
	table   bool
	again   bool
	missing bool
	modules bool
}

func main() {
	var o options
	flag.StringVar(&o.yolk, "yolk", "out/yolk", "the yolk command")
	flag.StringVar(&o.out, "out", "out/conformance", "folder for logs")
	flag.StringVar(&o.on, "on", "", "only these of the configurations "+allNames())
	flag.StringVar(&o.memory, "memory", "512M", "memory of the machines")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "time for the tests of one package")
	flag.IntVar(&o.jobs, "j", 2, "packages at a time")
	flag.BoolVar(&o.check, "check", false, "run on Yolk only (the quick packages when none are named) and fail on what Linux passes")
	flag.BoolVar(&o.table, "table", false, "only write the table again")
	flag.BoolVar(&o.again, "again", false, "also what has a result at this commit, and on Linux")
	flag.BoolVar(&o.missing, "missing", false, "only what has no result at any commit")
	flag.BoolVar(&o.modules, "modules", false, "the tests of other people's modules instead, in virtual time: MODULES.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run does what the command line asks.
func run(ctx context.Context, o *options, names []string) error {
	for _, p := range []*string{&o.yolk, &o.out} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	of := standard
	if o.modules {
		of = others
	}
	on, err := selected(cmp.Or(o.on, strings.Join(of.columns, ",")))
	if err != nil {
		return err
	}
	lib, err := of.list(ctx, names)
	if err != nil {
		return err
	}
	if o.check {
		return check(ctx, o, lib, on, names)
	}
	s, err := openStore(of, o.out)
	if err != nil {
		return err
	}
	if !o.table {
		err = fill(ctx, o, s, lib, on, names)
	}
	return errors.Join(err, publish(s, lib))
}
