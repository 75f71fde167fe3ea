package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"yolk/boot/child"
)

// grace is what a system gets beyond the test binary's own timeout.
const grace = 45 * time.Second

// retries is how often tests of a module that did not pass on Linux are run once more: its time is
// real, and a busy host is no reason for a test to fail there.
const retries = 2

// slower is how much more of the host's time a machine in virtual time may take.
const slower = 6

// environment is what the tests see on both systems, besides PWD. PATH leads
// to the go command on Linux; there is none to find on Yolk.
func environment(p *pkg) []string {
	return []string{"GOROOT=" + p.Root, "HOME=/root", "USER=root", "LANG=C.UTF-8",
		"PATH=" + filepath.Join(p.Root, "bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
}

// flags are what the test binary is started with on both systems. The format
// test2json marks the lines that the testing package writes.
func flags(o *options, p *pkg) []string {
	flags := []string{"-test.short", "-test.v=test2json", "-test.timeout=" + o.timeout.String()}
	if p.module != nil {
		flags = append(flags, p.module.flags()...)
	}
	return flags
}

func logFile(o *options, system string, p *pkg) string {
	return filepath.Join(o.out, system, p.file()+".log")
}

// onLinux builds p's tests and runs them as go test does.
func onLinux(ctx context.Context, o *options, p *pkg) outcome {
	bin := filepath.Join(o.out, "bin", p.file()+".test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", bin, p.ImportPath)
	build.Env = append(build.Environ(), target(p.arch)...)
	if p.module != nil {
		build.Dir, build.Env = p.Dir, append(build.Env, moduleEnv...)
	}
	if text, err := build.CombinedOutput(); err != nil {
		return outcome{Status: unbuilt, Why: string(text)}
	}
	defer os.Remove(bin)
	run := func(system string, more ...string) outcome {
		ctx, cancel := context.WithTimeout(ctx, o.timeout+grace)
		defer cancel()
		cmd := exec.CommandContext(ctx, bin, slices.Concat([]string{"-test.paniconexit0"}, flags(o, p), more)...)
		cmd.Dir = p.Dir
		cmd.Env = append(environment(p), "PWD="+p.Dir)
		return execute(cmd, logFile(o, system, p))
	}
	first := run("linux")
	for range retries {
		if p.module == nil || first.Status == passed || first.Status == unbuilt {
			break
		}
		done := "^(" + strings.Join(first.done(), "|") + ")$"
		if p.module.skip != "" {
			done += "|" + p.module.skip
		}
		first.mend(run("linux-again", "-test.skip="+done))
	}
	return first
}

// onYolk does the same through yolk test on the config's machine.
func onYolk(ctx context.Context, o *options, c config, p *pkg) outcome {
	args, target, memory, limit := []string{"test"}, p.ImportPath, memories[p.ImportPath], o.timeout
	if p.module != nil {
		args, target, memory, limit = append(args, virtual...), p.Dir, p.module.memory, slower*o.timeout
	}
	args = append(args, "-timeout", limit.String())
	args = append(args, c.flags(cmp.Or(memory, o.memory))...)
	if p.module == nil && !strings.HasPrefix(p.ImportPath, "net") {
		// The network comes up beside the program, and some tests count allocations.
		args = append(args, "-net", "none")
	}
	for _, e := range environment(p) {
		args = append(args, "-env", e)
	}
	args = append(append(append(args, p.packed()...), target, "--"), flags(o, p)...)
	if f := fatal[p.ImportPath]; f != nil {
		args = append(args, "-test.skip=^("+strings.Join(slices.Sorted(maps.Keys(f)), "|")+")$")
	}
	return execute(exec.CommandContext(ctx, o.yolk, args...), logFile(o, c.name, p))
}

// execute runs cmd, reads its output and keeps it in the file log, where it can be followed.
func execute(cmd *exec.Cmd, log string) outcome {
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return outcome{Status: unbuilt, Why: err.Error()}
	}
	kept, err := os.Create(log)
	if err != nil {
		return outcome{Status: unbuilt, Why: err.Error()}
	}
	defer kept.Close()
	fmt.Fprintf(kept, "# %s\n", cmd)
	var out bytes.Buffer
	both := io.MultiWriter(&out, kept)
	cmd.Stdout, cmd.Stderr = both, both
	cmd.WaitDelay = time.Second
	start := time.Now()
	err = child.Run(cmd)
	took := time.Since(start).Seconds()
	fmt.Fprintf(kept, "# %v\n", err)
	r := read(out.String(), err == nil)
	r.Seconds = took
	return r
}
