package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"yolk/boot/build"
	"yolk/boot/child"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/linuxguest"
)

// image builds an application once.
func (b *bench) image(name string) (string, error) {
	if path := b.images[name]; path != "" {
		return path, nil
	}
	root, err := build.Root()
	if err != nil {
		return "", err
	}
	plat, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return "", err
	}
	r, err := build.Build(b.ctx, build.Options{Target: filepath.Join(root, "apps", name), Platform: plat, Output: filepath.Join(b.work, name+".yolk")})
	if err != nil {
		return "", err
	}
	b.images[name] = r.Image
	return r.Image, nil
}

// machine is what all systems run on, with the cards that the backend describes.
func machine(memory int64, cards []string) qemu.Config {
	return qemu.Config{
		Arch: "amd64", Machine: linuxguest.Machine, Accel: qemu.TCG, Memory: memory, CPUs: 1,
		Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone}, Extra: cards,
	}
}

// yolk is the command of a machine that runs an application.
func (b *bench) yolk(app string, cards []string, args ...string) ([]string, error) {
	image, err := b.image(app)
	if err != nil {
		return nil, err
	}
	line, err := cmdline.Join(nil, args)
	if err != nil {
		return nil, err
	}
	c := machine(128<<20, cards)
	c.Kernel, c.Append = image, line
	return append([]string{c.Program()}, c.Args()...), nil
}

// card is a card's options on a backend's netdev.
func card(netdev, properties string) []string {
	return []string{"-device", "virtio-net-pci,netdev=" + netdev + ",disable-legacy=on,romfile=" + properties}
}

// Lines with a rate: apps/pktgen, apps/l2fwd and netlinux; testpmd says it for
// both directions.
var (
	ownRate  = regexp.MustCompile(`(\d+) packets/s`)
	dpdkRate = map[string]*regexp.Regexp{
		"send":    regexp.MustCompile(`Tx-pps:\s+(\d+)`),
		"receive": regexp.MustCompile(`Rx-pps:\s+(\d+)`),
		"forward": regexp.MustCompile(`Tx-pps:\s+(\d+)`),
	}
)

// output runs a machine, for a minute at most, and returns what it says.
func (b *bench) output(argv []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	return child.Output(exec.CommandContext(ctx, argv[0], argv[1:]...))
}

// rates runs a machine until it has printed so many rates, and returns all but
// the first that is not 0.
func (b *bench) rates(argv []string, rate *regexp.Regexp, n int) ([]float64, error) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Duration(40+n)*time.Second)
	defer cancel()
	b.say("$ %s", strings.Join(argv, " "))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := child.Start(cmd); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var found []float64
	var last string
	for s := bufio.NewScanner(out); s.Scan() && len(found) < n+1; {
		if m := rate.FindStringSubmatch(s.Text()); m != nil {
			if v, _ := strconv.ParseFloat(m[1], 64); v > 0 {
				found = append(found, v)
			}
		}
		if t := strings.TrimSpace(s.Text()); t != "" {
			last = t
		}
	}
	if len(found) < 2 {
		return nil, fmt.Errorf("no rates in time; last words: %s", last)
	}
	return found[1:], nil
}
