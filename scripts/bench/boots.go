package main

import (
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

// measureCounts counts the instructions from the start of the kernel's clock
// to main.
func (b *bench) measureCounts() error {
	p := b.images["probe"]
	for _, machine := range b.machines {
		c := b.machine(machine, p.image, nil, nil)
		c.Accel = "tcg,thread=single"
		c.Extra = instructionClock
		var counts []float64
		for range 5 {
			g, err := b.boot(c, " ns\r\n", bootLimit)
			if err != nil {
				return fmt.Errorf("probe on %s: %w", machine, err)
			}
			g.stop()
			n, err := probeClock(string(g.text))
			if err != nil {
				return err
			}
			counts = append(counts, n)
		}
		b.report.Count = append(b.report.Count, Count{machine, slices.Min(counts), median(counts), slices.Max(counts)})
	}
	return nil
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
