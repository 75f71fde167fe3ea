package dwc2_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"yolk/arch/mmio/mmiotest"
	"yolk/drivers/usb"
	"yolk/drivers/usb/dwc2"
)

// healthy is what a core's registers are, those that Init looks at.
func healthy() map[uint32]uint32 {
	return map[uint32]uint32{
		0x40: 0x4f54280a, 0x48: 0x228ddd50, 0x4c: 0x0ff000e8, 0x50: 0x1ff00020, // identity
		0x10: 1 << 31, 0x14: 1, // AHB idle, host
	}
}

// TestInitFails breaks the core in one way after the other: each ends in time, and the
// error names the register.
func TestInitFails(t *testing.T) {
	for name, c := range map[string]struct {
		reg, value uint32
		stays      bool // whatever is written
	}{
		"GSNPSID":         {0x40, 0, false},
		"no internal DMA": {0x48, 0x228ddd40, false},
		"words of FIFO":   {0x4c, 0x010000e8, false},
		"GRSTCTL.AHBIdle": {0x10, 0, true},
		"GRSTCTL.CSftRst": {0x10, 1<<31 | 1, true},
		"GRSTCTL.TxFFlsh": {0x10, 1<<31 | 1<<5, true},
		"GRSTCTL.RxFFlsh": {0x10, 1<<31 | 1<<4, true},
		"GINTSTS.CurMod":  {0x14, 0, true},
		"HCCHAR3.ChEna":   {0x560, 1 << 31, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &mmiotest.Device{Regs: healthy()}
				d.Regs[c.reg] = c.value
				d.OnWrite = func(off, v uint32) bool {
					switch {
					case off == c.reg && c.stays:
						return true
					case off == 0x10:
						d.Regs[off] = 1 << 31 // what it was told it has done
						return true
					}
					return off == 0x14
				}
				err := dwc2.New(dwc2.Config{Regs: d, Interrupt: never{}}).Init()
				if !errors.Is(err, usb.ErrController) || !strings.Contains(fmt.Sprint(err), name) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// never is an interrupt that does not come.
type never struct{}

func (never) Wait() { select {} }
func (never) Fire() {}

// TestInitOrder looks at what is written, in its order: the PHY, a reset, host mode, DMA,
// FIFOs and their flushing, and interrupts last.
func TestInitOrder(t *testing.T) {
	d := &mmiotest.Device{Regs: healthy()}
	d.OnWrite = func(off, v uint32) bool { return off == 0x10 || off == 0x14 }
	d.Regs[0x0c] = 0x1758 // what must not stay: a ULPI PHY of 16 bits
	if err := dwc2.New(dwc2.Config{Regs: d, Interrupt: never{}}).Init(); err != nil {
		t.Fatal(err)
	}
	got := d.Writes()
	want := "w 08=0, w 18=0, w e00=0, w 0c=2400, w 10=1, w 0c=20002400, w 08=30, w 400=0, " +
		"w 24=400, w 28=4000400, w 100=2000800, w 10=420, w 10=10, w 508=7ff, w 50c=6, "
	if !strings.HasPrefix(got, want) {
		t.Errorf("written: %s\nwant: %s", got, want)
	}
	if end := "w 5e8=7ff, w 5ec=6, w 418=ff, w 14=ffffffff, w 18=23000000, w 08=31"; !strings.HasSuffix(got, end) {
		t.Errorf("written: %s\nat the end: %s", got, end)
	}
}
