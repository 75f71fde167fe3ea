// Cost measures what each library adds to an image and to its start, by building and
// booting a program with and without it, and writes that into the libraries' READMEs, each
// in a line of its own; and the table of sizes in README.md. Instructions are counted by
// the emulator, so that no figure depends on how busy the computer is. What was measured is
// kept in cost.json, from which a test makes the texts again.
//
//	go run ./scripts/cost [-yolk out/yolk] [-publish]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
)

func main() {
	yolk := flag.String("yolk", "out/yolk", "the yolk `COMMAND`")
	only := flag.Bool("publish", false, "write what was measured last")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *yolk, *only); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, yolk string, only bool) error {
	root, err := build.Root()
	if err != nil {
		return err
	}
	var r record
	if only {
		r, err = load(root)
	} else if r, err = measure(ctx, yolk, root); err == nil {
		err = r.save(root)
	}
	if err != nil {
		return err
	}
	return r.publish(root)
}

// measure does all of it.
func measure(ctx context.Context, yolk, root string) (r record, err error) {
	dir, err := os.MkdirTemp("", "cost")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	if yolk, err = filepath.Abs(yolk); err != nil {
		return r, err
	}
	m := &meter{ctx: ctx, yolk: yolk, root: root, dir: dir}
	r = record{Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version()}
	version, err := exec.CommandContext(ctx, qemu.Config{Arch: "amd64"}.Program(), "--version").Output()
	if err != nil {
		return r, err
	}
	r.Emulator, _, _ = strings.Cut(string(version), "\n")
	for _, l := range libraries {
		c, err := m.cost(l)
		if err != nil {
			return r, fmt.Errorf("%s: %w", l.what, err)
		}
		r.Libraries = append(r.Libraries, c)
	}
	return r, m.programs(&r)
}

// cost measures a library.
func (m *meter) cost(l library) (c cost, err error) {
	fmt.Fprintln(os.Stderr, "measuring", l.what)
	c.What = l.what
	with, err := m.bytes(l.with)
	if err != nil {
		return c, err
	}
	without, err := m.bytes(l.without)
	if err != nil {
		return c, err
	}
	c.Bytes = with - without
	if !l.timed {
		return c, nil
	}
	more, err := m.start(l.with)
	if err != nil || l.without.linux {
		c.Instructions = more.kernel
		return c, err
	}
	less, err := m.start(l.without)
	c.Instructions = more.all - less.all
	return c, err
}

// programs measures the table.
func (m *meter) programs(r *record) error {
	tls := filepath.Join(m.dir, "tls")
	if err := errors.Join(os.Mkdir(tls, 0o700), certificate(tls)); err != nil {
		return err
	}
	for _, p := range table {
		fmt.Fprintln(os.Stderr, "measuring", p.name)
		if p.secure {
			p.composition = p.also("-files", tls+":/tls")
		}
		s := size{Name: p.name}
		var err error
		if s.Bytes, err = m.bytes(p.composition); err != nil {
			return err
		}
		begun, err := m.start(p.composition)
		if err != nil {
			return err
		}
		s.Instructions = begun.all
		if s.Memory, err = m.memory(p); err != nil {
			return err
		}
		r.Programs = append(r.Programs, s)
	}
	return nil
}
