package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"yolk/boot/qemu"
)

// The search for the smallest memory, in KiB.
const (
	memoryMost  = 128 << 10
	memoryStep  = 1 << 10
	memoryFine  = 64
	memoryLimit = 8 * time.Second  // for a boot that is short of memory
	answerLimit = 10 * time.Second // for a web server to answer once it listens
)

// measureMemory searches the smallest memory with which each program does its
// work: helloworld prints its line, httpd answers a request.
func (b *bench) measureMemory() error {
	for _, d := range b.beds {
		for _, name := range []string{"helloworld", "httpd"} {
			for _, machine := range d.machines {
				switch {
				case d.images[name] == nil:
					continue
				case d.fixed() != 0:
					b.leftOut("smallest memory of "+name+" on "+machine, fmt.Errorf("it always has %s", d.plat.Memory))
					continue
				}
				if err := b.smallest(d, name, machine); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *bench) smallest(d *bed, name, machine string) error {
	b.say("looking for the smallest memory of %s on %s", name, machine)
	works := func(kib int) bool { return b.works(d, name, machine, kib) == nil }
	if err := b.works(d, name, machine, memoryMost); err != nil {
		return fmt.Errorf("%s on %s: %w", name, machine, err)
	}
	whole := search(0, memoryMost, memoryStep, works)
	fine := search(whole-memoryStep, whole, memoryFine, works)
	b.report.Memory = append(b.report.Memory, Memory{name, machine, whole >> 10, fine})
	return b.ctx.Err()
}

// search returns the smallest multiple of step above low and up to high for
// which works holds, given that it holds for high and, once true, stays so.
func search(low, high, step int, works func(int) bool) int {
	for high-low > step {
		mid := low + (high-low)/2/step*step
		if works(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// works runs a program with that much memory and reports whether it did what
// it is for.
func (b *bench) works(d *bed, name, machine string, kib int) error {
	p := d.images[name]
	c := b.machine(d, machine, p.image, qemu.UserNetOptions, nil)
	if name == "httpd" {
		port, err := qemu.FreePort("tcp")
		if err != nil {
			return err
		}
		c = b.withUserNet(c, port)
		c.Memory = int64(kib) << 10
		return b.answers(c, p, port)
	}
	c.Memory = int64(kib) << 10
	g, err := b.boot(c, p.marker, memoryLimit)
	if err == nil {
		g.stop()
	}
	return err
}

// answers boots a web server and asks it for its page.
func (b *bench) answers(c qemu.Config, p *program, port uint16) error {
	g, err := b.boot(c, p.marker, memoryLimit)
	if err != nil {
		return err
	}
	defer g.stop()
	// It listens before its network is up, when the emulator's first packet to
	// it may be lost: a connection of its own for each try.
	client := http.Client{Timeout: answerLimit / 5, Transport: &http.Transport{DisableKeepAlives: true}}
	var r *http.Response
	for end := time.Now().Add(answerLimit); ; {
		r, err = client.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return err
		}
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != http.StatusOK {
		return fmt.Errorf("httpd answered %s, %v", r.Status, err)
	}
	return nil
}
