package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"yolk/boot/qemu"
)

// instructionClock makes the guest's clock advance one nanosecond with each
// instruction, so that times are exact counts; the wall clock chip, which the
// kernel waits for at boot, is made to start at a fixed time.
var instructionClock = []string{"-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm"}

// measureCounts counts, on each x86-64 machine, the instructions from the start of
// the kernel's clock to main, and the blocks that the emulator translates.
func (b *bench) measureCounts() error {
	d := b.main()
	if d.accel != qemu.TCG {
		return errors.New("only software emulation counts")
	}
	probe, httpd := d.images["probe"], d.images["httpd"]
	for _, machine := range d.machines {
		b.say("counting on %s", machine)
		idle := b.machine(d, machine, probe.image, nil, []string{"idle"})
		web := b.withUserNet(b.machine(d, machine, httpd.image, qemu.UserNetOptions, nil), 0)
		err := errors.Join(
			b.count("instructions to main", machine, func() (float64, error) { return b.countInstructions(machine) }),
			b.count("blocks, probe", machine, func() (float64, error) { return b.countBlocks(idle, probe.marker) }),
			b.count("blocks, httpd", machine, func() (float64, error) { return b.countBlocks(web, httpd.marker) }))
		if err != nil {
			return err
		}
	}
	return nil
}

// countRuns is how often something is counted that should not vary.
const countRuns = 3

// count counts a few times and records it.
func (b *bench) count(what, machine string, once func() (float64, error)) error {
	var n []float64
	for range countRuns {
		v, err := once()
		if err != nil {
			return fmt.Errorf("%s on %s: %w", what, machine, err)
		}
		n = append(n, v)
	}
	b.report.Count = append(b.report.Count, Count{what, machine, slices.Min(n), median(n), slices.Max(n)})
	return nil
}

// countInstructions boots the probe with a clock that counts instructions.
func (b *bench) countInstructions(machine string) (float64, error) {
	c := b.machine(b.main(), machine, b.main().images["probe"].image, nil, nil)
	c.Accel = "tcg,thread=single"
	c.Extra = instructionClock
	g, err := b.boot(c, " ns\r\n", bootLimit)
	if err != nil {
		return 0, err
	}
	defer g.stop()
	return probeClock(string(g.text))
}

// probeClock finds the clock in the probe's output.
func probeClock(text string) (float64, error) {
	_, rest, _ := strings.Cut(text, "probe: clock ")
	digits, _, found := strings.Cut(rest, " ns")
	n, err := strconv.ParseUint(digits, 10, 64)
	if !found || err != nil {
		return 0, fmt.Errorf("the probe printed %q", text)
	}
	return float64(n), nil
}
