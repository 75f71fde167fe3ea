package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"yolk/boot/qemu"
	"yolk/scripts/bench/linuxguest"
)

// bootLimit is how long any guest may take to print its marker.
const bootLimit = 30 * time.Second

// Linux boots a few times only, since each takes seconds, and on a busy host a
// minute.
const (
	linuxBoots = 5
	linuxLimit = 4 * bootLimit
)

// measureSizes records what the images take as files.
func (b *bench) measureSizes() error {
	for _, d := range b.beds {
		for _, p := range programs() {
			built := d.images[p.name]
			if built == nil {
				continue
			}
			st, err := os.Stat(built.image)
			if err != nil {
				return err
			}
			b.report.Size = append(b.report.Size, Size{p.name, d.name(), st.Size()})
		}
	}
	return nil
}

// measureBoots times the floor and the images in turn, so that a busy moment
// of the host meets all of them.
func (b *bench) measureBoots() error {
	for _, d := range b.beds {
		for _, machine := range d.machines {
			if err := b.bootsOn(d, machine); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) bootsOn(d *bed, machine string) error {
	b.say("booting on %s, %d times each", machine, b.boots)
	floor, err := b.floor(machine)
	if err != nil {
		return err
	}
	hello, httpd := d.images["helloworld"], d.images["httpd"]
	boots := []*bootTimes{
		{system: "floor", marker: floorMarker, config: b.machine(d, machine, floor, nil, nil)},
		{system: hello.name, marker: hello.marker, config: b.machine(d, machine, hello.image, nil, nil)},
	}
	if httpd != nil {
		boots = append(boots, &bootTimes{system: httpd.name, marker: httpd.marker,
			config: b.withUserNet(b.machine(d, machine, httpd.image, qemu.UserNetOptions, nil), 0)})
	}
	for _, t := range boots {
		t.most, t.limit = b.boots, bootLimit
	}
	if linuxguest.RunsOn(machine) {
		if linux, err := b.linux.Make(d.plat.Arch, hello.dir, nil); err != nil {
			b.leftOut("booting Linux on "+machine, err)
		} else {
			c := linux.Config(b.machine(d, machine, "", nil, nil), "", nil)
			boots = append(boots, &bootTimes{system: "Linux + helloworld", marker: hello.marker, config: c, most: linuxBoots, limit: linuxLimit})
		}
	}
	for i := range b.boots {
		for _, t := range boots {
			if i >= t.most {
				continue
			}
			g, err := b.boot(t.config, t.marker, t.limit)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", t.system, machine, err)
			}
			g.stop()
			t.wall = append(t.wall, milliseconds(g.ready))
			t.used = append(t.used, milliseconds(g.used))
		}
	}
	for _, t := range boots {
		b.report.Boot = append(b.report.Boot, t.report(machine, boots[0]))
	}
	return nil
}

// bootTimes collects the boots of one system, in milliseconds.
type bootTimes struct {
	system, marker string
	config         qemu.Config
	most           int // boots
	limit          time.Duration
	wall, used     []float64
}

func (t *bootTimes) report(machine string, floor *bootTimes) Boot {
	return Boot{
		Machine: machine, System: t.system, Min: slices.Min(t.wall), Median: median(t.wall), Max: slices.Max(t.wall),
		AfterFloor: median(t.wall) - median(floor.wall),
		Used:       median(t.used), UsedAfterFloor: median(t.used) - median(floor.used),
	}
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

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
