// Rpi3 measures the Raspberry Pi's Ethernet in the emulator, and checks it: the same
// program on Yolk and on Debian's Linux, on the same machine and the same model of the
// LAN9514. That Linux's driver, which nobody here wrote, works with the model is what
// says that the model is right.
//
//	go run ./scripts/rpi3 -check    100 MB each way on both, by SHA-256
//	go run ./scripts/rpi3           and speed, boot and idle cost
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/linuxguest"
)

// options are the command line.
type options struct {
	check bool
	linux bool
	yolk  string
	bytes int64         // that are moved each way, and checked
	time  time.Duration // of each measurement
}

func main() {
	var o options
	flag.BoolVar(&o.check, "check", false, "only check that bytes arrive as they were sent")
	flag.BoolVar(&o.linux, "linux", true, "measure Debian's Linux as well")
	flag.StringVar(&o.yolk, "yolk", "out/yolk", "the yolk command")
	flag.Int64Var(&o.bytes, "bytes", 100_000_000, "how many bytes to move each way, and check")
	flag.DurationVar(&o.time, "time", 3*time.Second, "how long each measurement takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rpi3:", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	work, err := os.MkdirTemp("", "rpi3")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	yolk, err := o.yolkImage(ctx, work)
	if err != nil {
		return err
	}
	systems := []system{{"Yolk", yolk}}
	if o.linux {
		linux, err := linuxImage(ctx, work)
		if err != nil {
			return fmt.Errorf("%w; -linux=false leaves Linux out", err)
		}
		systems = append(systems, system{"Linux", linux})
	}
	for _, s := range systems {
		if err := o.measure(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// A system is a machine with the program.
type system struct {
	name string
	qemu.Config
}

// guestPort is the program's.
const guestPort = 8080

// board is the machine, but for what boots on it.
func board() (qemu.Config, error) {
	p, err := build.FindPlatform("rpi3", "")
	if err != nil {
		return qemu.Config{}, err
	}
	c := qemu.Config{Arch: p.Arch, Machine: p.Machines[0], Accel: qemu.TCG, Memory: 1 << 30, CPUs: p.CPUs[0], Net: qemu.Net{Kind: qemu.NetUser}}
	c.Tree, err = p.DeviceTree()
	return c, err
}

// yolkImage builds the program as an image.
func (o *options) yolkImage(ctx context.Context, work string) (qemu.Config, error) {
	c, err := board()
	if err != nil {
		return c, err
	}
	c.Kernel = work + "/kernel8.img"
	if out, err := exec.CommandContext(ctx, o.yolk, "build", "-plat", "rpi3", "-o", c.Kernel, "./scripts/rpi3/probe").CombinedOutput(); err != nil {
		return c, fmt.Errorf("yolk build: %w: %s", err, out)
	}
	c.Append, err = cmdline.Join(qemu.UserNetOptions, nil)
	return c, err
}

// linuxImage is the program on Debian's kernel.
func linuxImage(ctx context.Context, work string) (qemu.Config, error) {
	c, err := board()
	if err != nil {
		return c, err
	}
	m := linuxguest.Maker{Context: ctx, Work: work, Board: true, Say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) }}
	g, err := m.Make(c.Arch, "scripts/rpi3/probe", nil)
	if err != nil {
		return c, err
	}
	return g.Config(c, "10.0.2.15/24", nil), nil
}

var errEnded = errors.New("the machine ended")
