package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/child"
	"yolk/boot/output"
	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

// debugFlags are those of yolk debug.
type debugFlags struct {
	buildFlags
	machineFlags
	commands []string
	batch    bool
}

func newDebug() *cobra.Command {
	var d debugFlags
	cmd := &cobra.Command{
		Use:   "debug [flags] PACKAGE [-- ARGUMENTS]",
		Short: "run a program on an emulated machine under gdb, from main.main on",
		Long: `Debug builds and boots the package like run does, and stops it at main.main, in gdb.
Go's own script for gdb is loaded: "info goroutines" lists goroutines, "goroutine 1 bt"
shows where one is. "info threads" are the machine's processors, and "kernel-threads"
lists the kernel's threads. Ctrl-C stops the machine, and "quit" ends it.

Variables that the compiler keeps in registers are "optimized out" at times.`,
		Example: "  yolk debug ./apps/httpd\n  yolk debug -ex 'break net/http.(*Server).Serve' -ex continue ./apps/httpd",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, guest := splitArgs(cmd, args)
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			return d.run(cmd.Context(), args, guest)
		},
	}
	d.buildFlags.add(cmd.Flags())
	d.machineFlags.add(cmd.Flags(), "128M")
	cmd.Flags().Lookup("volumes").Shorthand = "v"
	cmd.Flags().StringArrayVar(&d.commands, "ex", nil, "a gdb `COMMAND` for when it has stopped (repeatable)")
	cmd.Flags().BoolVar(&d.batch, "batch", false, "end after these commands")
	return cmd
}

func (d *debugFlags) run(ctx context.Context, args, guest []string) error {
	d.buildFlags.side = d.machineFlags.side != ""
	d.buildFlags.volumes = len(d.machineFlags.volumes) > 0
	o, err := d.options(args)
	if err != nil {
		return err
	}
	if o.Platform.Process() {
		return &exitError{exitUsage, fmt.Errorf("-plat %s makes a process: any debugger starts it", o.Platform.Name)}
	}
	gdb, err := findGDB(o.Platform.Arch)
	if err != nil {
		return fail(err)
	}
	port, err := qemu.FreePort("tcp")
	if err != nil {
		return fail(err)
	}
	place := fmt.Sprintf("127.0.0.1:%d", port)
	d.qemu = append(d.qemu, "-gdb", "tcp:"+place, "-S")
	if _, err := d.config(o.Platform, nil, nil); err != nil {
		return &exitError{exitUsage, err}
	}
	r, err := d.buildImage(ctx, o)
	if err != nil {
		return err
	}
	c, err := d.config(o.Platform, []string{"argv0=" + r.Name}, guest)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if err := d.ready(&c, r.Image, &d.voice); err != nil {
		return &exitError{exitMachine, err}
	}
	return d.attach(ctx, c, exec.Command(gdb, d.gdbArgs(r, place)...))
}

// attach runs a machine that waits, and gdb in front of it. Ctrl-C is for gdb.
func (d *debugFlags) attach(ctx context.Context, c qemu.Config, gdb *exec.Cmd) error {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	var complaint bytes.Buffer // that it was ended, at the end
	ended := make(chan error, 1)
	go func() {
		status, err := c.Run(ctx, vmm.IO{Out: stdout, Err: &complaint})
		switch {
		case ctx.Err() != nil:
			err = errQuit
		case err != nil:
			err = &exitError{exitMachine, err}
		case status != 0:
			err = &exitError{status: status}
		}
		ended <- err
	}()
	gdb.Stdin, gdb.Stdout, gdb.Stderr = os.Stdin, stdout, os.Stderr
	gdbs := withScript(gdb, gdbScript)
	if gdbs != nil { // perhaps because the machine ended, which then is about to say so
		time.AfterFunc(atOnce, end)
	} else {
		end()
	}
	err := <-ended
	var exit *exec.ExitError
	switch {
	case err != errQuit:
		return err
	case errors.As(gdbs, &exit):
		return &exitError{status: exitFailure} // and gdb has said why
	}
	return fail(gdbs)
}

//go:embed threads.gdb
var gdbScript string

// scriptFile is the first of cmd.ExtraFiles, as gdb sees it.
const scriptFile = "/dev/fd/3"

// withScript runs a gdb that reads commands from scriptFile, which has no name that could
// be left behind.
func withScript(gdb *exec.Cmd, script string) error {
	f, err := output.Create(filepath.Join(os.TempDir(), "yolk.gdb"), 0o600) // never committed
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(script); err != nil {
		return err
	}
	gdb.ExtraFiles = []*os.File{f.File}
	return child.Run(gdb)
}

// errQuit is of a machine that was ended because gdb is at its end.
var errQuit = errors.New("gdb has ended")

// atOnce is how long a machine that ends by itself takes to say how, after its debugger's
// connection.
const atOnce = 2 * time.Second

// gdbArgs begin with Go's script and the first stop. The program names the script as well,
// but where its runtime was compiled, which may have been for another program that is gone.
func (d *debugFlags) gdbArgs(r *build.Result, place string) []string {
	args := []string{"-q", "-iex", "set auto-load python-scripts off"}
	if d.batch {
		args = append(args, "-batch")
	}
	args = append(args, r.ELF, "-x", filepath.Join(goroot(), "src", "runtime", "runtime-gdb.py"), "-x", scriptFile, "-ex", "target remote "+place, "-ex", "hbreak main.main", "-ex", "continue")
	for _, c := range d.commands {
		args = append(args, "-ex", c)
	}
	return args
}

// goroot is where the go command in PATH is, or the one that it runs in its place.
func goroot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "" // gdb says what it misses
	}
	return string(bytes.TrimSpace(out))
}

// findGDB finds one for a machine of that architecture.
func findGDB(arch string) (string, error) {
	names := []string{"gdb-multiarch", "gdb"}
	if arch == runtime.GOARCH {
		names = []string{"gdb", "gdb-multiarch"}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: its package has that name", names[0])
}
