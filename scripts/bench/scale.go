package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
)

const (
	scaleProgram  = "scripts/bench/scale"
	scalePortions = "3000" // a few seconds under emulation
	scaleLimit    = 3 * time.Minute
)

// A contender is a system that does the work of scale.
type contender struct {
	system string
	config func(cpus int) qemu.Config
}

// measureScale lets the same CPU-bound program work on one and on two
// processors, on Yolk and on Linux in turn, with the same settings of the
// emulator. As many guest processors as this host has is the most that makes
// sense.
func (b *bench) measureScale() error {
	if n := runtime.NumCPU(); n < 2 {
		return errors.New("this host has one processor")
	}
	contenders, err := b.contenders()
	if err != nil {
		return err
	}
	rows := make([]Scale, len(contenders))
	sums := map[string]bool{}
	for i, c := range contenders {
		rows[i] = Scale{System: c.system, Machine: linuxguest.Machine}
	}
	for round := range b.rounds {
		for i, c := range contenders {
			b.say("working on 1 and 2 processors: %s, %d of %d", c.system, round+1, b.rounds)
			for k, seconds := range []*[]float64{&rows[i].One, &rows[i].Two} {
				took, sum, err := b.workOn(c.config(k+1), k+1)
				if err != nil {
					return fmt.Errorf("%s: %w", c.system, err)
				}
				*seconds = append(*seconds, took)
				sums[sum] = true
			}
		}
	}
	if len(sums) != 1 {
		return fmt.Errorf("the results differ: %v", sums)
	}
	for i := range rows {
		rows[i].SpeedUp = median(rows[i].One) / median(rows[i].Two)
	}
	if len(rows) > 1 {
		rows[0].Ratio = rows[0].SpeedUp / rows[1].SpeedUp
	}
	b.report.Scale = rows
	return nil
}

// contenders are Yolk and, unless it cannot be had, Linux.
func (b *bench) contenders() ([]contender, error) {
	b.say("building scale")
	args := []string{"-portions", scalePortions}
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.root, scaleProgram), Platform: b.main().plat, Output: filepath.Join(b.work, "scale.yolk"),
	})
	if err != nil {
		return nil, err
	}
	list := []contender{{"Yolk", func(cpus int) qemu.Config {
		c := b.machine(b.main(), linuxguest.Machine, r.Image, nil, args)
		c.CPUs = cpus
		return c
	}}}
	linux, err := b.linux.Make(b.main().plat.Arch, scaleProgram, nil)
	if err != nil {
		b.leftOut("scaling on Linux", err)
		return list, nil
	}
	return append(list, contender{"Linux", func(cpus int) qemu.Config {
		c := linux.Config(b.machine(b.main(), linuxguest.Machine, "", nil, nil), "", args)
		c.CPUs = cpus
		return c
	}}), nil
}

var scaleSum = regexp.MustCompile(`scale: sum ([0-9a-f]{16})`)

// workOn runs scale and returns how many seconds its work took, and its result.
func (b *bench) workOn(c qemu.Config, cpus int) (seconds float64, sum string, err error) {
	g, err := b.boot(c, "scale: go", bootLimit)
	if err != nil {
		return 0, "", err
	}
	defer g.stop()
	if _, err := g.await(fmt.Sprintf("scale: %d processors", cpus), scaleLimit); err != nil {
		return 0, "", err
	}
	done, err := g.await("scale: done", scaleLimit)
	if err != nil {
		return 0, "", err
	}
	m := scaleSum.FindSubmatch(g.text)
	if m == nil {
		return 0, "", fmt.Errorf("no result in %q", g.last())
	}
	return (done - g.ready).Seconds(), string(m[1]), nil
}
