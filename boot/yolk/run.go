package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/fleet"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

func newRun() *cobra.Command {
	var b buildFlags
	var m machineFlags
	cmd := &cobra.Command{
		Use:   "run [flags] PACKAGE|IMAGE [-- ARGUMENTS]",
		Short: "build a program and run it on an emulated machine",
		Long: `Run builds the package like build does, or takes an image that build made, a
NAME.yolk, boots it, and exits with the status of the program. Ctrl-C and SIGTERM reach the program as SIGINT and SIGTERM;
the second one ends the machine. What follows "--" goes to the program. With -d the
machine runs in the background, whatever becomes of this terminal.`,
		Example: "  yolk run ./apps/helloworld\n  yolk run -memory 64M -p 8080:8080 ./apps/httpd\n  yolk run -p 8080:8080 -files ./apps/httpd/site:/srv ./apps/httpd -- -root /srv\n  yolk run -v ./data:/data ./server\n  yolk run -memory 64M server.yolk -- -verbose",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, guest := splitArgs(cmd, args)
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			if err := m.checkDetached(); err != nil {
				return err
			}
			if b.plat == processPlatform {
				return m.process(cmd, &b, args, guest)
			}
			p, r, err := m.image(cmd.Context(), &b, args)
			if err != nil {
				return err
			}
			if m.detach {
				return m.background(p, r, &b.voice, guest)
			}
			return m.boot(cmd.Context(), p, r, &b.voice, guest)
		},
	}
	m.addRun(cmd, &b)
	return cmd
}

// image returns what boots: the image that args name, or that of the package, which it
// builds when the rest of the command line is right.
func (m *machineFlags) image(ctx context.Context, b *buildFlags, args []string) (build.Platform, *build.Result, error) {
	if isImage(args) {
		return b.built(args[0], m.set)
	}
	b.side, b.volumes = m.side != "", len(m.volumes) > 0
	o, err := b.options(args)
	if err != nil {
		return o.Platform, nil, err
	}
	m.showStatus(b.status, &b.voice)
	if _, err := m.config(o.Platform, nil, nil); err != nil {
		return o.Platform, nil, &exitError{exitUsage, err}
	}
	r, err := b.buildImage(ctx, o)
	return o.Platform, r, err
}

// addRun adds the flags of yolk run.
func (m *machineFlags) addRun(cmd *cobra.Command, b *buildFlags) {
	b.add(cmd.Flags())
	b.addJSON(cmd.Flags(), "print how it ended as a line of JSON, to standard error, where the program's output is not")
	m.add(cmd.Flags(), "128M")
	cmd.Flags().Lookup("volumes").Shorthand = "v"
	cmd.Flags().BoolVar(&m.detach, "d", false, "run in the background, and print the name for yolk ps, logs, stop and rm")
	cmd.Flags().StringVar(&m.crash, "crash", "", "if the machine ends with another status than 0, write a report to `FILE`: what it was and said last, all goroutines (GOTRACEBACK=crash), registers if a fault ended it, the kernel's threads, memory and its regions, with functions and lines at addresses")
	cmd.Flags().StringVar(&m.timeline, "timeline", "", "write when the boot's phases began to `FILE`, and the instructions of each in software emulation, as a picture if its name ends in .svg")
	cmd.Flags().StringVar(&m.network, "network", "", "put the machine on the network of that `NAME`, where those that name it reach each other, instead of -net; -p leads there as well")
	cmd.Flags().StringVar(&m.name, "name", "", "with -d, the `NAME` (default the program's)")
}

// showStatus leads a port of this computer to the status page, if there is one and no
// other leads there.
func (m *machineFlags) showStatus(address string, v *voice) {
	port, err := statusPort(address)
	if err != nil || len(m.net) > 0 && m.net[0] != string(qemu.NetUser) {
		return
	}
	if slices.ContainsFunc(m.forwards, func(s string) bool { f, err := qemu.ParseForward(s); return err == nil && f.Guest == port }) {
		return
	}
	f := qemu.Forward{Proto: "tcp", Addr: "127.0.0.1", Host: port, Guest: port}
	m.forwards = append(m.forwards, f.String())
	if !m.print {
		v.say("status page: %s", url("http", f))
	}
}

// splitArgs separates our arguments from those after "--".
func splitArgs(cmd *cobra.Command, args []string) (ours, guests []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// A ranImage is what yolk run -json prints.
type ranImage struct {
	Image   string  `json:"image"`
	Package string  `json:"package"`
	Status  int     `json:"status"`          // the program's, if there is no error
	Error   string  `json:"error,omitempty"` // why the machine did not run to its end
	Seconds float64 `json:"seconds"`
}

// text is an error's, "" for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// boot runs a built program and turns its status into ours.
func (m *machineFlags) boot(ctx context.Context, p build.Platform, r *build.Result, v *voice, args []string) error {
	c, err := m.config(p, []string{"argv0=" + r.Name}, args)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	begun := time.Now()
	report, err := newCrashReport(m.crash)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	noTimeline, err := m.recordTimeline(&c, r, v)
	if err != nil {
		return err
	}
	status, err := m.start(ctx, c, r.Image, v, report.watch(coloured(stdout, os.Stdout)))
	if v.json && !m.print {
		json.NewEncoder(os.Stderr).Encode(ranImage{r.Image, r.Package.ImportPath, status, text(err), time.Since(begun).Seconds()})
	}
	if !m.print {
		if err := report.save(r, m.shown(c, r.Image), status, err, v); err != nil {
			return fail(err)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitMachine, err}
	case status != 0:
		return &exitError{status: status}
	}
	return fail(noTimeline())
}

// shown is the command that starts c with an image.
func (m *machineFlags) shown(c qemu.Config, image string) string {
	c.Kernel = image
	if c.Accel == "" {
		c.Accel, _ = qemu.ThisHost().Choose(c.Arch)
	}
	return c.Command()
}

// start runs an image on the machine c, whose serial line is led to out, or prints how.
func (m *machineFlags) start(ctx context.Context, c qemu.Config, kernel string, v *voice, out io.Writer) (int, error) {
	if err := m.ready(&c, kernel, v); m.print || err != nil {
		return 0, err
	}
	network, err := connect(&c, v)
	if err != nil {
		return 0, err
	}
	defer network.Close()
	return watch(ctx, c, v, out, func(ctx context.Context) { v.announce(ctx, c.Net.Forwards) })
}

// connect puts a machine in the foreground on its network, if it is one of ours. The closer
// is for when it has ended.
func connect(c *qemu.Config, v *voice) (io.Closer, error) {
	if c.Net.Kind != qemu.NetSwitch {
		return io.NopCloser(nil), nil
	}
	f, err := ourFleet()
	if err != nil {
		return nil, err
	}
	m := &fleet.Machine{Name: f.FreeName(strings.TrimSuffix(filepath.Base(c.Kernel), ".yolk")), Config: *c}
	network, err := f.Connect(networkServer(), m)
	if err != nil {
		return nil, err
	}
	*c = m.Config
	v.say("it is %s on network %s", c.Net.Address, c.Net.Switch)
	return network, nil
}

// watch starts a machine on our terminal, its output led to out, passes signals on, and
// returns its program's status. begun is called when that begins.
func watch(ctx context.Context, m vmm.Monitor, v *voice, out io.Writer, begun func(context.Context)) (int, error) {
	if v.verbose {
		v.say("%s", m.Command())
	}
	// Reading a terminal in the background must fail, not stop the process.
	signal.Ignore(syscall.SIGTTIN)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endSignals...)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	ctx, cancel := deadlineOf(ctx)
	defer cancel()
	begun(ctx)
	status, err := m.Run(ctx, vmm.IO{In: os.Stdin, Out: out, Err: os.Stderr, Signals: signals})
	if err != nil && !errors.Is(err, vmm.ErrMissing) && !errors.Is(err, vmm.ErrOutput) && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "yolk: to see it again:", m.Command())
	}
	return status, err
}

// ready completes c for an image, and says what is remarkable about it. With -n it prints
// it, and that is all.
func (m *machineFlags) ready(c *qemu.Config, kernel string, v *voice) error {
	c.Kernel = kernel
	why := "-accel"
	if c.Accel == "" {
		c.Accel, why = qemu.ThisHost().Choose(c.Arch)
	}
	if m.print {
		fmt.Fprintln(stdout, c.Command())
		return nil
	}
	if err := fits(kernel, c.Memory); err != nil {
		return err
	}
	if c.Accel == qemu.TCG {
		v.say("software emulation: %s", why)
	} else if c.Arch == "arm64" {
		v.say("QEMU under KVM passes on no exit status of an arm64 machine: it will be 0")
	}
	return nil
}

// deadlineOf returns a context that ends at the deadline of ctx, if it has one, and
// not by a signal: that is the program's.
func deadlineOf(ctx context.Context) (context.Context, context.CancelFunc) {
	if at, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), at)
	}
	return context.WithoutCancel(ctx), func() {}
}

// fits refuses a machine that has no room for the image itself: what loaders
// do then ranges from a reset to silence.
func fits(name string, memory int64) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := image.End(f)
	if err == nil && int64(end) >= memory {
		err = fmt.Errorf("the image alone reaches to %.1f MiB of memory: -memory %dM is too little", float64(end)/(1<<20), memory>>20)
	}
	return err
}
