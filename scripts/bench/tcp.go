package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
)

// The program, which is the other end as well, and the port it listens on.
const (
	tcpProgram = "apps/tcpbench"
	tcpMarker  = "tcpbench: listening"
	tcpPort    = 5201
	tcpLimit   = 5 * time.Minute // for the transfers of a turn
)

// TCP is what a system carried one way, a figure for each transfer.
type TCP struct {
	Path, Way, System string
	Size              int       // bytes of each
	Rates             []float64 // Mbit/s
}

// Ways, as the machine sees them, by what tcpbench calls them here.
var ways = []struct{ name, flag string }{{"sends", "in"}, {"receives", "out"}}

// A tcpLoad is a number of transfers, of which a turn makes some.
type tcpLoad struct{ size, turns, runs int }

// tcpLoads are the thesis's two: 100 of 10 MB, 20 of 100 MB.
func (b *bench) tcpLoads() []tcpLoad {
	if b.quick {
		return []tcpLoad{{10e6, 2, 3}, {100e6, 1, 1}}
	}
	return []tcpLoad{{10e6, 10, 10}, {100e6, 5, 4}}
}

// pathLoad is for a bad network.
func (b *bench) pathLoad() tcpLoad {
	if b.quick {
		return tcpLoad{2e6, 1, 1}
	}
	return tcpLoad{10e6, 5, 1}
}

// A tcpSystem is a machine with the program, without a card.
type tcpSystem struct {
	name   string
	config func(host, guest string) qemu.Config
}

// measureTCP has systems carry bytes by turns: over taps, and over bad networks.
func (b *bench) measureTCP() error {
	netns, remove, err := namespace()
	if err != nil {
		return err
	}
	defer remove()
	b.say("building tcpbench")
	client := filepath.Join(b.work, "tcpbench")
	cmd := exec.CommandContext(b.ctx, "go", "build", "-o", client, "./"+tcpProgram)
	cmd.Dir = b.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w: %s", tcpProgram, err, out)
	}
	systems, err := b.tcpSystems()
	if err != nil {
		return err
	}
	if err := b.measureBulk(netns, client, systems); err != nil {
		return err
	}
	return b.measurePaths(netns, client, systems)
}

func (b *bench) tcpSystems() ([]tcpSystem, error) {
	args := []string{"-listen", fmt.Sprint(":", tcpPort)}
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.root, tcpProgram), Platform: b.main().plat, Output: filepath.Join(b.work, "tcpbench.yolk"),
	})
	if err != nil {
		return nil, err
	}
	systems := []tcpSystem{{"Yolk", func(host, guest string) qemu.Config {
		return b.machine(b.main(), linuxguest.Machine, r.Image, []string{"ip=" + guest + "/24", "gw=" + host}, args)
	}}}
	linux, err := b.linux.Make(b.main().plat.Arch, tcpProgram, nil)
	if err != nil {
		b.leftOut("TCP on Linux", err)
		return systems, nil
	}
	return append(systems, tcpSystem{"Linux", func(_, guest string) qemu.Config {
		return linux.Config(b.machine(b.main(), linuxguest.Machine, "", nil, nil), guest+"/24", args)
	}}), nil
}

// A tcpEnd is a system with a card: a contestant, and where it is.
type tcpEnd struct {
	*contestant
	addr string
}

// measureBulk measures over taps.
func (b *bench) measureBulk(netns, client string, systems []tcpSystem) error {
	var ends []tcpEnd
	for i, s := range systems {
		host, guest, tap := fmt.Sprintf("10.77.%d.1", i), fmt.Sprintf("10.77.%d.2", i), fmt.Sprint("tap", i)
		if err := addTap(netns, tap, host+"/24", "vnet_hdr"); err != nil {
			return err
		}
		c := &contestant{number: i, name: s.name, netns: netns, marker: tcpMarker, config: func() (qemu.Config, error) {
			c := s.config(host, guest)
			c.Memory, c.CPUs, c.Net = arenaMemory, 1, qemu.Net{Kind: qemu.NetTap, Iface: tap}
			return c, nil
		}}
		defer c.end()
		ends = append(ends, tcpEnd{c, guest})
	}
	for _, load := range b.tcpLoads() {
		if err := b.transfers(netns, client, "tap", load, ends); err != nil {
			return err
		}
	}
	return nil
}

// transfers makes the transfers of a load, both ways, the ends taking turns.
func (b *bench) transfers(netns, client, path string, load tcpLoad, ends []tcpEnd) error {
	for turn := range load.turns {
		for _, way := range ways {
			for _, end := range ends {
				t := TCP{Path: path, Way: way.name, System: end.name, Size: load.size}
				what := fmt.Sprintf("tcp %s, %s, %s, %d bytes, turn %d", path, end.name, way.name, load.size, turn)
				err := b.journal.Once(what, &t, func() error {
					return b.turn(end.contestant, func() (err error) {
						t.Rates, err = b.transfer(netns, client, end.addr, way.flag, load)
						return err
					})
				})
				if b.ctx.Err() != nil {
					return b.ctx.Err()
				}
				if err != nil {
					b.failed(what, err)
					continue
				}
				b.report.TCP = append(b.report.TCP, t)
				b.say("%s: %.1f Mbit/s", what, mean(t.Rates))
			}
		}
	}
	return nil
}

// transfer makes those of one turn.
func (b *bench) transfer(netns, client, addr, way string, load tcpLoad) ([]float64, error) {
	argv := within(netns, []string{client, "-to", fmt.Sprintf("%s:%d", addr, tcpPort), "-way", way, "-each",
		"-runs", strconv.Itoa(load.runs), "-size", strconv.Itoa(load.size)})
	out, err := b.output(argv, tcpLimit)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return parseTransfers(out, load.runs)
}

var transferRate = regexp.MustCompile(`(?m)^tcpbench: (?:in|out): ([0-9.]+) Mbit/s$`)

// parseTransfers reads n figures of tcpbench -each.
func parseTransfers(text string, n int) (rates []float64, err error) {
	for _, m := range transferRate.FindAllStringSubmatch(text, -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return nil, err
		}
		rates = append(rates, v)
	}
	if len(rates) != n {
		return nil, fmt.Errorf("%d figures of %d transfers: %q", len(rates), n, text)
	}
	return rates, nil
}
