package main

import (
	"fmt"
	"regexp"
	"strconv"

	"yolk/boot/qemu"
)

// WebCount is what a request and its answer cost over loopback, both ends counted, in
// instructions.
type WebCount struct {
	System, Load string
	Instructions int
}

var webCount = regexp.MustCompile(`server: count (.+): (\d+) ns`)

// countWeb has the systems with our server ask themselves, on a clock that counts
// instructions.
func (b *bench) countWeb(systems []webSystem) {
	for _, s := range systems {
		if s.name == "nginx" {
			continue
		}
		var counts []WebCount
		err := b.journal.Once("count "+s.name, &counts, func() (err error) {
			b.say("counting instructions on %s", s.name)
			counts, err = b.countServer(s)
			return err
		})
		if err != nil {
			b.leftOut("instructions on "+s.name, err)
		}
		b.report.WebCount = append(b.report.WebCount, counts...)
	}
}

func (b *bench) countServer(s webSystem) ([]WebCount, error) {
	c := s.config(1, "-count")
	c.Net = qemu.Net{Kind: qemu.NetNone}
	c.Accel, c.Extra = "tcg,thread=single", append(c.Extra, instructionClock...)
	g, err := b.boot(c, "server: counted", linuxLimit)
	if err != nil {
		return nil, err
	}
	g.stop()
	return parseCounts(s.name, string(g.text))
}

// parseCounts reads what the server prints.
func parseCounts(system, text string) (counts []WebCount, err error) {
	for _, m := range webCount.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return nil, err
		}
		counts = append(counts, WebCount{system, m[1], n})
	}
	if counts == nil {
		return nil, fmt.Errorf("the server counted nothing: %q", text)
	}
	return counts, nil
}
