// Bench9p measures what a program gets of a folder of its host, by 9p over virtio, on
// Yolk and on Debian's Linux in turn: the same program, machine and folder, and messages
// as large as each sends. It prints a table of medians, with the least and the most.
//
//	go run ./scripts/bench9p [-rounds 3] [-files 10000] [-lap 2s]
//
// The emulator runs on software here, as for all benchmarks, and what the folder is on
// counts as well: only the two systems of one session can be compared.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/beside"
	"yolk/scripts/bench/linuxguest"
)

const program = "scripts/bench9p/load"

// limit is how long one round of one system may take.
const limit = 10 * time.Minute

func main() {
	rounds := flag.Int("rounds", 3, "how often each system is measured")
	files := flag.Int("files", 10_000, "how many files are made, looked up and removed")
	lap := flag.Duration("lap", 2*time.Second, "how long each other use is measured")
	folder := flag.String("folder", "", "where on this computer the guests' folder is (default: a new one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *folder, "-files", fmt.Sprint(*files), "-lap", lap.String()); err != nil {
		fmt.Fprintln(os.Stderr, "bench9p:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, folder string, args ...string) error {
	work, err := os.MkdirTemp(folder, "bench9p")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	systems, err := both(ctx, work, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(2*rounds)*limit)
	defer cancel()
	return beside.Measure(ctx, os.Stdout, systems[0], systems[1], rounds)
}

// both makes the two systems, on the same machine.
func both(ctx context.Context, work string, args []string) ([]*beside.System, error) {
	p, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return nil, err
	}
	accel, _ := qemu.ThisHost().Choose(p.Arch)
	c := qemu.Config{Arch: p.Arch, Machine: linuxguest.Machine, Accel: accel, CPUs: 1, Memory: 512 << 20, Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone}}
	root, err := build.Root()
	if err != nil {
		return nil, err
	}
	r, err := build.Build(ctx, build.Options{Target: filepath.Join(root, program), Platform: p, Volumes: true, Output: filepath.Join(work, "load.yolk")})
	if err != nil {
		return nil, err
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	m := linuxguest.Maker{Context: ctx, Work: work, Say: say, Whole: true}
	g, err := m.Make(p.Arch, program, nil, "fs/fscache/fscache.ko", "fs/netfs/netfs.ko", "net/9p/9pnet.ko", "net/9p/9pnet_virtio.ko", "fs/9p/9p.ko")
	if err != nil {
		return nil, err
	}
	var systems []*beside.System
	for _, name := range []string{"Yolk", "Linux"} {
		data := filepath.Join(work, name)
		if err := os.Mkdir(data, 0o755); err != nil {
			return nil, err
		}
		c := c
		c.Volumes = []qemu.Volume{{Host: data, Guest: "/data"}}
		if name == "Linux" {
			c = g.Config(c, "", append(slices.Clip(args), "-mount"))
		} else {
			c.Kernel = r.Image
			if c.Append, err = cmdline.Join([]string{qemu.MountOption(c.Volumes)}, args); err != nil {
				return nil, err
			}
		}
		systems = append(systems, &beside.System{Name: name, Config: c})
	}
	return systems, nil
}
