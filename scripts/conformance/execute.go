package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
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
	ctx, cancel := context.WithTimeout(ctx, o.timeout+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append([]string{"-test.paniconexit0"}, flags(o, p)...)...)
	cmd.Dir = p.Dir
	cmd.Env = append(environment(p), "PWD="+p.Dir)
	return execute(cmd, logFile(o, "linux", p))
}

// onYolk does the same through yolk test on the config's machine.
func onYolk(ctx context.Context, o *options, c config, p *pkg) outcome {
	args, target, memory := []string{"test", "-timeout", o.timeout.String()}, p.ImportPath, memories[p.ImportPath]
	if p.module != nil {
		args, target, memory = append(args, virtual...), p.Dir, p.module.memory
	}
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

// execute runs cmd, keeps its output in the file log and reads it.
func execute(cmd *exec.Cmd, log string) outcome {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	start := time.Now()
	err := child.Run(cmd)
	took := time.Since(start).Seconds()
	head := fmt.Sprintf("# %s\n# %v\n", cmd, err)
	if err := errors.Join(os.MkdirAll(filepath.Dir(log), 0o755), os.WriteFile(log, append([]byte(head), out.Bytes()...), 0o644)); err != nil {
		return outcome{Status: unbuilt, Why: err.Error()}
	}
	r := read(out.String(), err == nil)
	r.Seconds = took
	return r
}
