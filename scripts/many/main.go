// Many has one machine hold many of what programs have: open connections, files,
// goroutines; on Yolk and on Debian's Linux in turn. It prints a table of the time and the memory that
// each took, at several numbers: both should grow as the numbers do. Time is the machine's own, which its
// instructions make pass, so that what else the host does changes nothing.
//
//	go run ./scripts/many [-rounds 1] [-connections 10000] [-files 100000] [-goroutines 1000000]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/beside"
	"yolk/scripts/bench/linuxguest"
)

const program = "scripts/many/load"

// virtual has a machine execute an instruction each 2 ns of its time.
var virtual = []string{"-icount", "shift=1,sleep=off"}

// kinds are what there is many of, with the number and the machine's memory.
var kinds = []struct {
	name   string
	number *int
	memory int64
}{
	{"connections", flag.Int("connections", 10_000, "how many connections are open, each of which has both ends in the machine, 0 for no such measurement"), 1 << 30},
	{"files", flag.Int("files", 100_000, "how many files there are"), 1 << 30},
	{"goroutines", flag.Int("goroutines", 1_000_000, "how many goroutines wait"), 4 << 30},
}

func main() {
	rounds := flag.Int("rounds", 1, "how often each system is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "many:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	work, err := os.MkdirTemp("", "many")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	p, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return err
	}
	root, err := build.Root()
	if err != nil {
		return err
	}
	r, err := build.Build(ctx, build.Options{Target: filepath.Join(root, program), Platform: p, Output: filepath.Join(work, "load.yolk")})
	if err != nil {
		return err
	}
	maker := linuxguest.Maker{Context: ctx, Work: work, Say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	guest, err := maker.Make(p.Arch, program, nil)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if *k.number == 0 {
			continue
		}
		args := []string{"-" + k.name, fmt.Sprint(*k.number)}
		c := qemu.Config{Arch: p.Arch, Machine: linuxguest.Machine, Accel: qemu.TCG, CPUs: 1, Memory: k.memory, Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone}, Extra: virtual}
		yolk := c
		yolk.Kernel = r.Image
		if yolk.Append, err = cmdline.Join(nil, args); err != nil {
			return err
		}
		if err := beside.Measure(ctx, os.Stdout, &beside.System{Name: "Yolk", Config: yolk}, &beside.System{Name: "Linux", Config: guest.Config(c, "", args)}, rounds); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}
