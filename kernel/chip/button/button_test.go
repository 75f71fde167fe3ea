package button

import (
	"fmt"
	"strings"
	"testing"

	"yolk/arch/mmio/mmiotest"
	"yolk/kernel/firmware/acpi"
)

// A chipset acts as the fixed hardware of a PC.
type chipset struct {
	status, enable, control uint16
	deaf                    bool // does not hand over its events
	log                     []string
}

func (c *chipset) in(port uint16) uint16 {
	switch port {
	case 0x600:
		return c.status
	case 0x602:
		return c.enable
	case 0x604:
		return c.control
	}
	return 0xffff
}

func (c *chipset) out(port, v uint16) {
	c.log = append(c.log, fmt.Sprintf("%x=%x", port, v))
	switch port {
	case 0x600:
		c.status &^= v // write one to clear
	case 0x602:
		c.enable = v
	}
}

func (c *chipset) out8(port uint16, v uint8) {
	c.log = append(c.log, fmt.Sprintf("%x=%x", port, v))
	if port == 0xb2 && v == 2 && !c.deaf {
		c.control |= cntSCI
	}
}

func (c *chipset) button(command uint16) *Fixed {
	return &Fixed{Ports{c.in, c.out8, c.out}, acpi.PowerButton{SCI: 9, Event: 0x600, Enable: 0x602, Control: 0x604, Command: command, ACPI: 2}}
}

func TestFixed(t *testing.T) {
	for _, c := range []struct {
		what    string
		chip    chipset
		command uint16
		want    string
	}{
		{"legacy mode", chipset{status: 0x8100, enable: 0x321}, 0xb2, "b2=2 602=0 600=c731 602=100"},
		{"ACPI mode", chipset{control: cntSCI}, 0xb2, "602=0 600=c731 602=100"},
		{"no legacy mode", chipset{}, 0, "602=0 600=c731 602=100"},
	} {
		b := c.chip.button(c.command)
		if !b.SwitchOn() || strings.Join(c.chip.log, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.chip.log, c.want)
		}
		if b.Pressed() {
			t.Errorf("%s: pressed before", c.what)
		}
		c.chip.status = pm1PowerButton | 1<<5
		if !b.Pressed() || c.chip.status != 1<<5 {
			t.Errorf("%s: status %#x after the press: only what was seen is cleared", c.what, c.chip.status)
		}
		if b.Pressed() {
			t.Errorf("%s: one press counts twice", c.what)
		}
	}
	deaf := chipset{deaf: true}
	if deaf.button(0xb2).SwitchOn() || deaf.enable != 0 {
		t.Error("switched on, though the firmware keeps the events")
	}
}

func TestGeneric(t *testing.T) {
	selector := uint32(0)
	d := &mmiotest.Device{OnRead: func(off uint32) (uint32, bool) {
		v := selector
		selector = 0
		return v, off == 0
	}}
	g := Generic{d}
	for _, c := range []struct {
		selector uint32
		want     bool
	}{{0, false}, {gedPowerDown, true}, {0, false}, {1, false}, {7, true}} {
		selector = c.selector
		if got := g.Pressed(); got != c.want {
			t.Errorf("events %#x: %v", c.selector, got)
		}
	}
}

func TestKey(t *testing.T) {
	for _, c := range []struct {
		low  bool
		want string
	}{
		{false, "w 410=0, w 400=f7, w 404=f7, w 408=f7, w 40c=8, w 41c=8, w 410=8"},
		{true, "w 410=0, w 400=f7, w 404=f7, w 408=f7, w 40c=0, w 41c=8, w 410=8"},
	} {
		d := &mmiotest.Device{Regs: map[uint32]uint32{gpioDIR: 0xff, gpioIS: 0xff, gpioIBE: 0xff, gpioIEV: 0}}
		k := Key{d, 3, c.low}
		k.SwitchOn()
		if got := d.Writes(); got != c.want {
			t.Errorf("low %v:\n got %s\nwant %s", c.low, got, c.want)
		}
		d.Regs[gpioMIS] = 1 << 4
		if k.Pressed() || d.Writes() != "" {
			t.Error("another pin is taken for the key")
		}
		d.Regs[gpioMIS] = 1<<4 | 1<<3
		if got := k.Pressed(); !got || d.Writes() != "w 41c=8" {
			t.Error("the press is not seen and cleared, alone")
		}
	}
}
