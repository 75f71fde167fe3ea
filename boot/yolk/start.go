package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"yolk/boot/fleet"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/boot/vmm"
)

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
