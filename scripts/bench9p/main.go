// Bench9p measures what a program gets of a folder of its host, by 9p over virtio, on
// Yolk and on Debian's Linux in turn: the same program, machine and folder, and messages
// of the same size. It prints a table of medians.
//
//	go run ./scripts/bench9p [-rounds 3] [-ops 2000]
//
// The emulator runs on software here, as for all benchmarks, and what the folder is on
// counts as well: only the two systems of one session can be compared.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"yolk/boot/build"
	"yolk/boot/child"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/linuxguest"
)

const program = "scripts/bench9p/load"

// limit is how long one round of one system may take.
const limit = 10 * time.Minute

var errLoad = errors.New("the guest ended before its program did")

func main() {
	rounds := flag.Int("rounds", 3, "how often each system is measured")
	ops := flag.Int("ops", 2000, "how many small reads, writes and files")
	folder := flag.String("folder", "", "where on this computer the guests' folder is (default: a new one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *ops, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "bench9p:", err)
		os.Exit(1)
	}
}

// A system is one of those that are compared.
type system struct {
	name    string
	config  qemu.Config
	figures map[string][]float64
}

func run(ctx context.Context, rounds, ops int, folder string) error {
	work, err := os.MkdirTemp(folder, "bench9p")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	systems, err := both(ctx, work, fmt.Sprint(ops))
	if err != nil {
		return err
	}
	var order []string
	for range rounds {
		for _, s := range systems {
			if order, err = s.measure(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	fmt.Println("| | Yolk | Linux | Yolk / Linux |\n|---|---|---|---|")
	for _, name := range order {
		a, b := median(systems[0].figures[name]), median(systems[1].figures[name])
		fmt.Printf("| %s | %.0f | %.0f | %.2f |\n", name, a, b, a/b)
	}
	return nil
}

// both makes the two systems, on the same machine.
func both(ctx context.Context, work, ops string) ([]*system, error) {
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
	var systems []*system
	for _, name := range []string{"Yolk", "Linux"} {
		data := filepath.Join(work, name)
		if err := os.Mkdir(data, 0o755); err != nil {
			return nil, err
		}
		c := c
		c.Volumes = []qemu.Volume{{Host: data, Guest: "/data"}}
		if args := []string{"-ops", ops}; name == "Linux" {
			c = g.Config(c, "", append(args, "-mount"))
		} else {
			c.Kernel = r.Image
			if c.Append, err = cmdline.Join([]string{qemu.MountOption(c.Volumes)}, args); err != nil {
				return nil, err
			}
		}
		systems = append(systems, &system{name, c, map[string][]float64{}})
	}
	return systems, nil
}

// measure runs the program once, and returns the names of its figures.
func (s *system) measure(ctx context.Context) (order []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.config.Program(), s.config.Args()...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(cmd); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		said = append(said, line)
		if line == "end" {
			return order, nil
		}
		var v float64
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "figure "), " = ")
		if _, err := fmt.Sscan(value, &v); ok && err == nil {
			order = append(order, name)
			s.figures[name] = append(s.figures[name], v)
			fmt.Fprintf(os.Stderr, "%s: %s %.0f\n", s.name, name, v)
		}
	}
	return nil, fmt.Errorf("%w; it said %q", errLoad, said[max(0, len(said)-5):])
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
