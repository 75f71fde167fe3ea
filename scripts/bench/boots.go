package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"yolk/boot/qemu"
)

// bootLimit is how long any guest may take to print its marker.
const bootLimit = 30 * time.Second

// measureSizes records what the images take as files.
func (b *bench) measureSizes() error {
	for _, p := range programs() {
		st, err := os.Stat(b.images[p.name].image)
		if err != nil {
			return err
		}
		b.report.Size = append(b.report.Size, Size{p.name, st.Size()})
	}
	return nil
}

// measureBoots times the floor and the images in turn, so that a busy moment
// of the host meets all of them.
func (b *bench) measureBoots() error {
	for _, machine := range b.machines {
		b.say("booting on %s, %d times each", machine, b.boots)
		runners := []struct {
			system, marker string
			config         qemu.Config
		}{
			{"floor", floorMarker, b.machine(machine, b.floor(), nil, nil)},
			{"helloworld", b.images["helloworld"].marker, b.machine(machine, b.images["helloworld"].image, nil, nil)},
			{"httpd", b.images["httpd"].marker, b.withUserNet(b.machine(machine, b.images["httpd"].image, nil, nil), 0)},
		}
		times, used := make([][]float64, len(runners)), make([][]float64, len(runners))
		for range b.boots {
			for i, r := range runners {
				g, err := b.boot(r.config, r.marker, bootLimit)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", r.system, machine, err)
				}
				g.stop()
				times[i] = append(times[i], milliseconds(g.ready))
				used[i] = append(used[i], milliseconds(g.used))
			}
		}
		base := median(times[0])
		for i, r := range runners {
			b.report.Boot = append(b.report.Boot, Boot{
				Machine: machine, System: r.system, Min: slices.Min(times[i]), Median: median(times[i]),
				Max: slices.Max(times[i]), AfterFloor: median(times[i]) - base,
				Used: median(used[i]), UsedAfterFloor: median(used[i]) - median(used[0]),
			})
		}
	}
	return nil
}

// withUserNet gives c a network card behind the emulator's NAT; port of this
// host leads to the web server unless it is 0.
func (b *bench) withUserNet(c qemu.Config, port uint16) qemu.Config {
	c.Net = qemu.Net{Kind: qemu.NetUser}
	if port != 0 {
		c.Net.Forwards = []qemu.Forward{{Proto: "tcp", Addr: "127.0.0.1", Host: port, Guest: httpdPort}}
	}
	return c
}

// instructionClock makes the guest's clock advance one nanosecond with each
// instruction, so that times are exact counts; the wall clock chip, which the
// kernel waits for at boot, is made to start at a fixed time.
var instructionClock = []string{"-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm"}

// measureCounts counts, on each machine, the instructions from the start of
// the kernel's clock to main, and the blocks that the emulator translates.
func (b *bench) measureCounts() error {
	if b.host.accel != qemu.TCG {
		return errors.New("only software emulation counts")
	}
	for _, machine := range b.machines {
		b.say("counting on %s", machine)
		var clocks []float64
		for range countRuns {
			n, err := b.countInstructions(machine)
			if err != nil {
				return fmt.Errorf("probe on %s: %w", machine, err)
			}
			clocks = append(clocks, n)
		}
		b.count("instructions to main", machine, clocks)
		probe, httpd := b.images["probe"], b.images["httpd"]
		for _, s := range []struct {
			what, marker string
			config       qemu.Config
		}{
			{"blocks, probe", probe.marker, b.machine(machine, probe.image, nil, []string{"idle"})},
			{"blocks, httpd", httpd.marker, b.withUserNet(b.machine(machine, httpd.image, nil, nil), 0)},
		} {
			var blocks []float64
			for range countRuns {
				n, err := b.countBlocks(s.config, s.marker)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", s.what, machine, err)
				}
				blocks = append(blocks, n)
			}
			b.count(s.what, machine, blocks)
		}
	}
	return nil
}

// countRuns is how often something is counted that should not vary.
const countRuns = 3

func (b *bench) count(what, machine string, n []float64) {
	b.report.Count = append(b.report.Count, Count{what, machine, slices.Min(n), median(n), slices.Max(n)})
}

// countInstructions boots the probe with a clock that counts instructions.
func (b *bench) countInstructions(machine string) (float64, error) {
	c := b.machine(machine, b.images["probe"].image, nil, nil)
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

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median returns the middle value, or the mean of the middle two. It panics
// without values.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
