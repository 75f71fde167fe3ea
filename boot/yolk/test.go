package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/vmm"
)

// lastWords is what a test binary gets beyond its own timeout, to print the
// goroutines it was stuck in.
const lastWords = 30 * time.Second

func newTest() *cobra.Command {
	var r testRun
	cmd := &cobra.Command{
		Use:   "test [flags] [PACKAGE...] [-- TEST FLAGS]",
		Short: "run packages' own tests on an emulated machine",
		Long: `Test builds each package's tests as "go test -c" does and runs them on a machine
of its own. The package's folder is packed into the image at the same path and
is the current folder there, with go.mod and all folders testdata of its module, so
tests find their data. PACKAGE is a folder, an import path (of the standard library
too), or a pattern such as ./... . The yolk.yaml in a package's folder is heeded if the
package is named by that folder.
The frequent flags of go test are flags here as well. What follows "--" goes to the
tests: any flag of go test, and after -args their own.`,
		Example: "  yolk test ./kernel/...\n  yolk test -v -run Builder strings\n  yolk test -coverprofile c.out . -- -args -mine",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, r.flags.given = splitArgs(cmd, args)
			if len(args) == 0 {
				args = []string{"."}
			}
			p, err := build.FindPlatform(r.b.plat, r.b.arch)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			targets, err := build.Expand(cmd.Context(), p.Arch, args)
			if err != nil {
				return fail(err)
			}
			return r.all(cmd.Context(), cmd.Flags(), p, targets)
		},
	}
	r.add(cmd.Flags())
	return cmd
}

// A testRun is one yolk test.
type testRun struct {
	b       buildFlags
	m       machineFlags
	flags   testFlags
	profile *profile
}

func (r *testRun) add(f *pflag.FlagSet) {
	r.b.add(f)
	r.b.addJSON(f, "print what happens as JSON, as go test does")
	r.m.add(f, "512M")
	r.flags.add(f)
}

// of returns the run of one package: with the flags that were given, then those of its
// yolk.yaml, and the console on which its profile comes.
func (r *testRun) of(given *pflag.FlagSet, target string) (*testRun, error) {
	own, flags := &testRun{profile: r.profile}, pflag.NewFlagSet("test", pflag.ContinueOnError)
	own.add(flags)
	own.flags.given = r.flags.given
	var failed error
	given.Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			failed = errors.Join(failed, flags.Set(f.Name, v))
		}
	})
	failed = errors.Join(failed, settings(flags, []string{target}))
	if r.profile != nil {
		if own.m.side != "" { // by yolk.yaml: beside -side itself it is refused
			own.b.say("%s: without side: %s of its yolk.yaml, because -coverprofile has the virtio console", target, own.m.side)
		}
		own.m.side = r.profile.one.Name()
	}
	return own, failed
}

// all tests one package after the other.
func (r *testRun) all(ctx context.Context, given *pflag.FlagSet, p build.Platform, targets []string) (err error) {
	if r.profile, err = r.flags.newProfile(p, &r.m); err != nil {
		return err
	}
	failed := 0
	for _, t := range targets {
		ok := false
		own, err := r.of(given, t)
		if err == nil {
			ok, err = own.one(ctx, t)
		}
		if err != nil {
			return errors.Join(err, r.profile.close())
		}
		if !ok {
			failed++
		}
	}
	if err := r.profile.close(); err != nil {
		return fail(err)
	}
	if failed > 0 {
		return &exitError{status: exitFailure}
	}
	return nil
}

// one builds and runs the tests of one package, prints the line go test prints, and reports
// whether they passed. An error ends the whole command.
func (r *testRun) one(ctx context.Context, target string) (bool, error) {
	r.b.side = r.m.side != ""
	r.b.volumes = len(r.m.volumes) > 0
	o, err := r.b.options([]string{target})
	if err != nil {
		return false, err
	}
	if _, err := r.m.config(o.Platform, nil, nil); err != nil {
		return false, &exitError{exitUsage, err}
	}
	o.Test, o.PackFolder, o.TestFlags = true, true, r.flags.build()
	built, err := r.b.buildImage(ctx, o)
	switch {
	case err == nil:
		out, end, err := converted(ctx, &r.b.voice, built.Package.ImportPath, stdout)
		if err != nil {
			return false, fail(err)
		}
		ok, err := r.boot(ctx, o.Platform, built, out)
		return ok, errors.Join(err, fail(end()))
	case errors.Is(err, build.ErrNoTests):
		return true, r.verdict(ctx, target, fmt.Sprintf("?   \t%s\t[no test files]", target))
	case errors.Is(err, build.ErrCompile), errors.Is(err, image.ErrFormat):
		fmt.Fprintln(os.Stderr, "yolk:", err)
		return false, r.verdict(ctx, target, fmt.Sprintf("FAIL\t%s [build failed]", target))
	}
	return false, err
}

// verdict prints what became of a package that was not run.
func (r *testRun) verdict(ctx context.Context, target, line string) error {
	out, end, err := converted(ctx, &r.b.voice, target, stdout)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintln(out, line)
	return fail(end())
}

// boot runs a package's tests, with their output and the verdict led to out.
func (r *testRun) boot(ctx context.Context, p build.Platform, built *build.Result, out io.Writer) (bool, error) {
	dir := built.Package.Dir
	options := []string{"argv0=" + built.Name, "cwd=" + dir, "env=PWD=" + dir}
	c, err := r.m.config(p, options, r.flags.args(&r.b.voice))
	if err != nil {
		return false, &exitError{exitUsage, err}
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, r.flags.timeout+lastWords)
	defer cancel()
	status, err := r.m.start(limited, c, built.Image, &r.b.voice, out)
	took := time.Since(start).Seconds()
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, vmm.ErrOutput):
		return false, fail(err)
	case r.m.print:
		return true, nil
	case err == nil:
		err = r.profile.add()
	}
	if err == nil && status == 0 {
		fmt.Fprintf(out, "ok  \t%s\t%.3fs\n", built.Package.ImportPath, took)
		return true, nil
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "yolk:", err)
	}
	fmt.Fprintf(out, "FAIL\t%s\t%.3fs\n", built.Package.ImportPath, took)
	return false, nil
}
