package bus

import (
	"fmt"
	"slices"
	"testing"

	"yolk/drivers/virtio"
)

// board is QEMU's registers of hot plug, of which only 32-bit accesses are allowed, and
// the slots of its buses.
type board struct {
	virtio.Region
	selected uint32
	up, down map[uint32]uint32 // by bus
	stuck    bool              // cards do not leave
	ejected  []string
}

func (b *board) Read32(off uint32) (v uint32) {
	switch off {
	case plugUp:
		v = b.up[b.selected]
		delete(b.up, b.selected)
	case plugDown:
		v = b.down[b.selected]
	default:
		panic(off)
	}
	return v
}

func (b *board) Write32(off, v uint32) {
	switch off {
	case plugSelect:
		b.selected = v
	case plugEject:
		b.ejected = append(b.ejected, fmt.Sprintf("%d:%x", b.selected, v))
		if !b.stuck {
			b.down[b.selected] &^= v & -v // QEMU looks at the lowest bit
		}
	default:
		panic(off)
	}
}

// TestPlug: what shall leave is let go, one card at a time and each once, whatever bus
// it is on; who has left is told, and nobody else. A machine that keeps what it was
// given does not keep us.
func TestPlug(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		b := &board{up: map[uint32]uint32{1: 1}, down: map[uint32]uint32{0: 1, 3: 0x80000010, 255: 1}, stuck: stuck}
		p := &plug{regs: b}
		told := map[string]int{}
		cards := map[string]*card{}
		for name, gone := range map[string]bool{"stays": false, "goes": true} {
			cards[name] = &card{gone: func() bool { return gone }, wake: func() { told[name]++ }}
			p.add(cards[name])
		}
		p.serve()
		if want := []string{"0:1", "3:10", "3:80000000", "255:1"}; !slices.Equal(b.ejected, want) {
			t.Errorf("ejected %q, want %q", b.ejected, want)
		}
		if len(told) != 1 || told["goes"] != 1 || cards["stays"].left.Load() || !cards["goes"].left.Load() {
			t.Errorf("told %v", told)
		}
		if len(b.up) != 0 {
			t.Error("who came is announced again")
		}
	}
}

// TestGone: a device has left when nothing answers, or another that has no addresses.
func TestGone(t *testing.T) {
	there := plain(0x1000)
	there.at[cfgCommand/4] = commandMemory
	for what, c := range map[string]struct {
		f    *function
		want bool
	}{
		"there":   {&function{ConfigSpace: there}, false},
		"nothing": {&function{ConfigSpace: nothing{}}, true},
		"another": {&function{ConfigSpace: plain(0x1000)}, true},
	} {
		if got := c.f.gone(); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
