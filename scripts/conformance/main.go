// Conformance runs the Go standard library's own tests on Linux and on Yolk,
// and publishes the comparison.
//
//	go run ./scripts/conformance              all packages, then RESULTS.md
//	go run ./scripts/conformance net os       these again, then RESULTS.md
//	go run ./scripts/conformance -check       a quick selection, for CI
//	go run ./scripts/conformance -table       RESULTS.md from the stored results
//
// README.md says how the results are to be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
)

// options are the command line.
type options struct {
	yolk    string        // the yolk command
	out     string        // the folder for logs, test binaries and results
	memory  string        // of the machine, as yolk test takes it
	machine string        // "" for yolk's choice
	timeout time.Duration // for one package's tests, on either system
	jobs    int
	check   bool
	table   bool
	linux   bool
	missing bool
}

func main() {
	var o options
	flag.StringVar(&o.yolk, "yolk", "out/yolk", "the yolk command")
	flag.StringVar(&o.out, "out", "out/conformance", "folder for logs and results")
	flag.StringVar(&o.memory, "memory", "512M", "memory of the machine")
	flag.StringVar(&o.machine, "machine", "", "emulated machine (default: yolk's choice)")
	flag.DurationVar(&o.timeout, "timeout", 3*time.Minute, "time for the tests of one package")
	flag.IntVar(&o.jobs, "j", 2, "packages at a time")
	flag.BoolVar(&o.check, "check", false, "run on Yolk only (the quick packages when none are named) and fail on what Linux passes")
	flag.BoolVar(&o.table, "table", false, "only write the table again")
	flag.BoolVar(&o.linux, "linux", true, "run on Linux too; -linux=false keeps the stored results of Linux")
	flag.BoolVar(&o.missing, "missing", false, "only packages that have no stored result")
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
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	all, err := packages(ctx)
	if err != nil {
		return err
	}
	if o.check {
		if len(names) == 0 {
			names = quick
		}
		return check(ctx, o, all.named(names))
	}
	s, err := openStore(o.out)
	if err != nil {
		return err
	}
	if !o.table {
		selected := all
		if len(names) > 0 {
			selected = all.named(names)
		}
		if err := both(ctx, o, s, selected); err != nil {
			return err
		}
	}
	return publish(s, all)
}

// both runs the packages on both systems and stores each result at once.
func both(ctx context.Context, o *options, s *store, list pkgs) error {
	return each(o.jobs, list, func(p *pkg) error {
		old := s.get(p.ImportPath)
		if o.missing && old.Yolk.Status != "" {
			return nil
		}
		linux := old.Linux
		if o.linux || linux.Status == "" {
			linux = onLinux(ctx, o, p)
		}
		yolk := onYolk(ctx, o, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := compare(p.ImportPath, linux, yolk)
		fmt.Printf("%-10s %-40s linux %s %.1fs, yolk %s %.1fs\n", c.verdict, p.ImportPath, linux.Status, linux.Seconds, yolk.Status, yolk.Seconds)
		for _, f := range c.failures {
			fmt.Printf("             %s: %s\n", f.Test, f.Why)
		}
		return s.put(p.ImportPath, pair{linux, yolk})
	})
}

// check runs the packages on Yolk and fails for every test that fails there
// without a known reason.
func check(ctx context.Context, o *options, list pkgs) error {
	var mu sync.Mutex
	bad := 0
	err := each(o.jobs, list, func(p *pkg) error {
		r := onYolk(ctx, o, p)
		c := compare(p.ImportPath, outcome{Status: passed}, r)
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf("%-10s %s %.1fs\n", c.verdict, p.ImportPath, r.Seconds)
		for _, f := range c.failures {
			fmt.Printf("             %s: %s\n", f.Test, f.Why)
		}
		if c.verdict == worse {
			bad++
			fmt.Println("             log:", logFile(o, "yolk", p))
		}
		return ctx.Err()
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d packages fail", bad, len(list))
	}
	return err
}

// each calls f for all packages, n at a time, and returns the errors.
func each(n int, list pkgs, f func(*pkg) error) error {
	next := make(chan *pkg)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs error
	for range max(n, 1) {
		wg.Go(func() {
			for p := range next {
				if err := f(p); err != nil {
					mu.Lock()
					errs = errors.Join(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, p := range list {
		next <- p
	}
	close(next)
	wg.Wait()
	return errs
}
