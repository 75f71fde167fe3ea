package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"yolk/scripts/soak/served"
)

// losses are packets that were lost on the way to a machine, and in it: a connection whose
// SYN is among them is a second late, for that is when a client repeats it, and one of which
// it is the end of the handshake 0.2, 0.6 or 1.4 seconds.
type losses struct {
	tap     uint64 // before the machine
	device  uint64 // in its card, for want of buffers
	refused uint64 // ends of handshakes, for want of memory
	dropped uint64 // other packets, for the same reason
	ended   uint64 // idle connections
}

// lost are all since the machine was started, by its figures.
func (m *machine) lost(f served.Figures) losses {
	return losses{m.link.lost(), f.Drops, f.Sockets["MEM refused"], f.Sockets["MEM dropped"], f.Sockets["MEM ended"]}
}

// lost is how many frames a tap had no room for.
func (l link) lost() (frames uint64) {
	const sentDrops = 11 // of /proc/net/dev's columns
	text, _ := os.ReadFile("/proc/self/net/dev")
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if f := strings.Fields(rest); name == l.tap && len(f) > sentDrops {
			frames, _ = strconv.ParseUint(f[sentDrops], 10, 64)
		}
	}
	return frames
}

// since says what was lost after another look.
func (l losses) since(o losses) string {
	return fmt.Sprintf("%d frames by the tap, %d by the card; for want of memory %d of handshakes, %d others; %d idle connections ended",
		l.tap-o.tap, l.device-o.device, l.refused-o.refused, l.dropped-o.dropped, l.ended-o.ended)
}
