package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"
	"time"

	"yolk/boot/qemu"
)

// A contestant is a machine that takes part in a comparison, by turns with others. It is
// booted when its first turn comes; while others have theirs it is stopped, and takes
// nothing of the host.
type contestant struct {
	number int // among all
	name   string
	netns  string                      // where its emulator runs, "" for the host's own
	config func() (qemu.Config, error) // is asked before each boot
	marker string                      // what it prints when it is ready
	joined func() error                // is called when its emulator has started, if not nil
	failed int                         // turns in a row

	guest   *guest
	monitor monitor
	boots   int
}

// The memory of contestants, in bytes, and how long they are left alone before and after
// a turn, for what came meanwhile, and for connections to end.
const (
	arenaMemory   = 256 << 20
	arenaSettle   = 200 * time.Millisecond
	arenaFailures = 3 // that may come one after the other
)

var errBroken = errors.New("it failed three times in a row, and is given up")

// turn has a contestant run while measure does. One that fails is booted anew for its
// next turn.
func (b *bench) turn(c *contestant, measure func() error) error {
	if c.failed >= arenaFailures {
		return errBroken
	}
	err := b.resume(c)
	if err == nil {
		b.sleep(arenaSettle)
		err = measure()
	}
	if err == nil {
		b.sleep(arenaSettle)
		_, err = c.monitor.execute("stop", nil)
	}
	if err != nil {
		if c.failed++; c.failed == arenaFailures && b.ctx.Err() == nil {
			b.leftOut(c.name, errBroken)
		}
		c.end()
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.failed = 0
	return b.ctx.Err()
}

// failed records that a turn did, but for those that a contestant which was given up does
// not get.
func (b *bench) failed(what string, err error) {
	if !errors.Is(err, errBroken) {
		b.leftOut(what, err)
	}
}

// resume has it run, by booting it if need be.
func (b *bench) resume(c *contestant) error {
	if c.guest != nil {
		_, err := c.monitor.execute("cont", nil)
		return err
	}
	b.say("booting %s", c.name)
	config, err := c.config()
	if err != nil {
		return err
	}
	path := filepath.Join(b.work, fmt.Sprint("qmp-", c.number))
	config.Extra = append(config.Extra, "-qmp", "unix:"+path+",server=on,wait=off")
	g, err := launch(b.ctx, c.netns, append([]string{config.Program()}, config.Args()...))
	if err != nil {
		return err
	}
	c.guest, c.boots = g, c.boots+1
	if c.joined != nil {
		err = c.joined()
	}
	if err == nil {
		_, err = g.await(c.marker, linuxLimit)
	}
	if err == nil {
		err = c.connect(path)
	}
	if err == nil {
		go g.discard() // it may print
	}
	return err
}

// connect takes the emulator's monitor.
func (c *contestant) connect(path string) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	c.monitor = monitor{conn, json.NewDecoder(conn)}
	return c.monitor.start()
}

// end ends the machine, if there is one.
func (c *contestant) end() {
	if c.guest != nil {
		c.guest.stop()
		c.guest = nil
	}
}

// manyFiles allows this process, and those that it starts, as many open files as it may:
// a load of a thousand connections has more than are usual.
func manyFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
