package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/child"
)

// testFlags are the flags that yolk test has from go test.
type testFlags struct {
	timeout             time.Duration
	cover               bool
	mode, pkgs, profile string
	passed              *pflag.FlagSet // of passedOn
	given               []string       // after --
}

// passedOn are those that a test binary takes itself, with what they take, nothing if they
// are switches.
var passedOn = []struct{ name, usage string }{
	{"run", "only tests whose names match `REGEXP`"},
	{"skip", "no tests whose names match `REGEXP`"},
	{"count", "run each test `N` times"},
	{"bench", "run the benchmarks that match `REGEXP`"},
	{"benchtime", "run each for `TIME`, such as 1s or 100x"},
	{"benchmem", "and print its allocations"},
	{"cpu", "run with each number of threads of the `LIST`"},
	{"parallel", "`N` tests at a time that allow it"},
	{"shuffle", "the tests' order: `on|off|N`"},
	{"list", "only list the tests that match `REGEXP`"},
	{"short", "tell tests to be quick"},
	{"failfast", "end with the first test that fails"},
}

func (t *testFlags) add(f *pflag.FlagSet) {
	f.DurationVar(&t.timeout, "timeout", 10*time.Minute, "`TIME` that each package's tests may take")
	f.BoolVar(&t.cover, "cover", false, "say how much of the package its tests execute")
	f.StringVar(&t.mode, "covermode", "", "what is counted, `set|count|atomic`")
	f.StringVar(&t.pkgs, "coverpkg", "", "of the packages in the `LIST` of patterns")
	f.StringVar(&t.profile, "coverprofile", "", "write what was executed to `FILE`, for go tool cover")
	t.passed = f
	for _, p := range passedOn {
		if strings.Contains(p.usage, "`") {
			f.String(p.name, "", p.usage)
		} else {
			f.Bool(p.name, false, p.usage)
		}
	}
}

// covers reports whether coverage is asked for.
func (t *testFlags) covers() bool { return t.cover || t.mode+t.pkgs+t.profile != "" }

// build returns the flags for go test, when it compiles.
func (t *testFlags) build() (flags []string) {
	if !t.covers() {
		return nil
	}
	flags = []string{"-cover"}
	if t.mode != "" {
		flags = append(flags, "-covermode="+t.mode)
	}
	if t.pkgs != "" {
		flags = append(flags, "-coverpkg="+t.pkgs)
	}
	return flags
}

// sideConsole is what the program knows the console as whose output -coverprofile reads.
const sideConsole = "/dev/hvc0"

// args are the test binary's. v says how much it shall say, and in what form.
func (t *testFlags) args(v *voice) []string {
	args := []string{"-test.paniconexit0", "-test.timeout=" + t.timeout.String()}
	switch {
	case v.json:
		args = append(args, "-test.v=test2json")
	case v.verbose:
		args = append(args, "-test.v")
	}
	if t.profile != "" {
		args = append(args, "-test.coverprofile="+sideConsole)
	}
	t.passed.Visit(func(f *pflag.Flag) {
		if slices.ContainsFunc(passedOn, func(p struct{ name, usage string }) bool { return p.name == f.Name }) {
			args = append(args, "-test."+f.Name+"="+f.Value.String())
		}
	})
	return append(args, testArgs(t.given)...)
}

// testArgs gives the flags of go test the names they have in a test binary.
// After -args everything is the tests' own.
func testArgs(flags []string) (args []string) {
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

// A profile is the file of -coverprofile, which all packages' go to, and one package's.
type profile struct {
	all, one *os.File
	begun    bool
}

func (t *testFlags) newProfile(p build.Platform, m *machineFlags) (*profile, error) {
	switch {
	case t.profile == "" || m.print:
		return nil, nil
	case !p.Has(build.PartSide):
		return nil, &exitError{exitUsage, fmt.Errorf("-coverprofile: platform %s has no virtio console to get it by", p.Name)}
	case m.side != "":
		return nil, &exitError{exitUsage, errors.New("-coverprofile and -side both want the virtio console")}
	}
	all, err := os.Create(t.profile)
	if err != nil {
		return nil, fail(err)
	}
	one, err := os.CreateTemp("", "yolk-cover")
	if err != nil {
		return nil, fail(err)
	}
	return &profile{all: all, one: one}, nil
}

// add takes what a machine wrote over to the file, with the line that names the mode once.
func (p *profile) add() error {
	if p == nil {
		return nil
	}
	text, err := os.ReadFile(p.one.Name())
	if err != nil {
		return err
	}
	if mode, rest, ok := bytes.Cut(text, []byte("\n")); ok && p.begun && bytes.HasPrefix(mode, []byte("mode: ")) {
		text = rest
	}
	p.begun = p.begun || len(text) > 0
	_, err = p.all.Write(text)
	return err
}

func (p *profile) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.all.Close(), p.one.Close(), os.Remove(p.one.Name()))
}

// converted returns a writer that leads what tests say to w, as JSON if v asks for that, and
// a function to end it.
func converted(ctx context.Context, v *voice, pkg string, w io.Writer) (io.Writer, func() error, error) {
	if !v.json {
		return w, func() error { return nil }, nil
	}
	tool := exec.CommandContext(ctx, "go", "tool", "test2json", "-t", "-p", pkg)
	tool.Stdout, tool.Stderr = w, os.Stderr
	in, err := tool.StdinPipe()
	if err == nil {
		err = child.Start(tool)
	}
	if err != nil {
		return nil, nil, err
	}
	return in, func() error { return errors.Join(in.Close(), tool.Wait()) }, nil
}
