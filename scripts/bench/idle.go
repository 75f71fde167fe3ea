package main

import (
	"fmt"
	"time"

	"yolk/boot/qemu"
)

// idleTime is how long an idle machine is watched, idleSettle how long it is
// left alone before.
const (
	idleTime   = 10 * time.Second
	idleSettle = time.Second
)

// measureIdle watches machines that wait: a sleeping program without a
// network, and a web server that nobody asks.
func (b *bench) measureIdle() error {
	for _, d := range b.beds {
		for _, machine := range d.machines {
			probe, httpd := d.images["probe"], d.images["httpd"]
			err := b.idle("probe", machine, b.machine(d, machine, probe.image, nil, []string{"idle"}), probe.marker)
			if err != nil {
				return err
			}
			if httpd == nil {
				continue
			}
			err = b.idle("httpd", machine, b.withUserNet(b.machine(d, machine, httpd.image, qemu.UserNetOptions, nil), 0), httpd.marker)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// idle records the host processor time that a booted, waiting machine takes.
func (b *bench) idle(system, machine string, c qemu.Config, marker string) error {
	b.say("watching %s idle on %s for %v", system, machine, idleTime)
	g, err := b.boot(c, marker, bootLimit)
	if err != nil {
		return fmt.Errorf("%s on %s: %w", system, machine, err)
	}
	defer g.stop()
	b.sleep(idleSettle)
	before, err := qemu.ProcessorTime(g.cmd.Process.Pid)
	if err != nil {
		return err
	}
	start := time.Now()
	b.sleep(idleTime)
	after, err := qemu.ProcessorTime(g.cmd.Process.Pid)
	if err != nil {
		return err
	}
	share := 100 * float64(after-before) / float64(time.Since(start))
	b.report.Idle = append(b.report.Idle, Idle{system, machine, share})
	return nil
}

// sleep waits, or until the session is broken off.
func (b *bench) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-b.ctx.Done():
	}
}
