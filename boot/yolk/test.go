package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/vmm"
)

// lastWords is what a test binary gets beyond its own timeout, to print the
// goroutines it was stuck in.
const lastWords = 30 * time.Second

func newTest() *cobra.Command {
	var b buildFlags
	var m machineFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "test [flags] [PACKAGE...] [-- TEST FLAGS]",
		Short: "run packages' own tests on an emulated machine",
		Long: `Test builds each package's tests as "go test -c" does and runs them on a machine
of its own. The package's folder is packed into the image at the same path and
is the current folder there, so tests find their testdata. PACKAGE is a folder,
an import path (of the standard library too), or a pattern such as ./... .
What follows "--" goes to the tests: -v, -run, -count, -bench and so on.`,
		Example: "  yolk test ./kernel/...\n  yolk test strings -- -v -run Builder",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, flags := splitArgs(cmd, args)
			if len(args) == 0 {
				args = []string{"."}
			}
			p, err := build.FindPlatform(b.plat, b.arch)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			targets, err := build.Expand(cmd.Context(), p.Arch, args)
			if err != nil {
				return fail(err)
			}
			failed := 0
			for _, t := range targets {
				ok, err := testOne(cmd.Context(), t, &b, &m, timeout, flags)
				if err != nil {
					return err
				}
				if !ok {
					failed++
				}
			}
			if failed > 0 {
				return &exitError{status: exitFailure}
			}
			return nil
		},
	}
	b.add(cmd.Flags())
	m.add(cmd.Flags(), "512M")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Minute, "`TIME` that each package's tests may take")
	return cmd
}

// testOne builds and runs the tests of one package, prints the line go test
// prints, and reports whether they passed. An error ends the whole command.
func testOne(ctx context.Context, target string, b *buildFlags, m *machineFlags, timeout time.Duration, flags []string) (bool, error) {
	b.side = m.side != ""
	o, err := b.options([]string{target})
	if err != nil {
		return false, err
	}
	if _, err := m.config(o.Platform, nil, nil); err != nil {
		return false, &exitError{exitUsage, err}
	}
	o.Test, o.PackFolder = true, true
	r, err := b.buildImage(ctx, o)
	switch {
	case errors.Is(err, build.ErrNoTests):
		fmt.Fprintf(stdout, "?   \t%s\t[no test files]\n", target)
		return true, nil
	case errors.Is(err, build.ErrCompile), errors.Is(err, image.ErrFormat):
		fmt.Fprintln(os.Stderr, "yolk:", err)
		fmt.Fprintf(stdout, "FAIL\t%s [build failed]\n", target)
		return false, nil
	case err != nil:
		return false, err
	}
	dir := r.Package.Dir
	options := []string{"argv0=" + r.Name, "cwd=" + dir, "env=PWD=" + dir}
	c, err := m.config(o.Platform, options, testArgs(timeout, flags))
	if err != nil {
		return false, &exitError{exitUsage, err}
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, timeout+lastWords)
	defer cancel()
	status, err := m.start(limited, c, r.Image, &b.voice)
	took := time.Since(start).Seconds()
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, vmm.ErrOutput):
		return false, fail(err)
	case m.print:
		return true, nil
	case err == nil && status == 0:
		fmt.Fprintf(stdout, "ok  \t%s\t%.3fs\n", r.Package.ImportPath, took)
		return true, nil
	case err != nil:
		fmt.Fprintln(os.Stderr, "yolk:", err)
	}
	fmt.Fprintf(stdout, "FAIL\t%s\t%.3fs\n", r.Package.ImportPath, took)
	return false, nil
}

// testArgs gives the flags of go test the names they have in a test binary.
// After -args everything is the tests' own.
func testArgs(timeout time.Duration, flags []string) []string {
	args := []string{"-test.paniconexit0", "-test.timeout=" + timeout.String()}
	for i, f := range flags {
		if strings.TrimLeft(f, "-") == "args" {
			return append(args, flags[i+1:]...)
		}
		if strings.HasPrefix(f, "-") && len(f) > 1 {
			f = "-test." + strings.TrimPrefix(strings.TrimLeft(f, "-"), "test.")
		}
		args = append(args, f)
	}
	return args
}
