// Package mmiotest acts as a device for tests of drivers: registers that
// remember what is written to them and keep a record of every access, in order.
//
// It imports nothing but the standard library.
package mmiotest

import (
	"fmt"
	"strings"
)

// A Device is an mmio.Block. The zero Device has plain registers that read as
// zero until they are written.
type Device struct {
	Regs map[uint32]uint32
	// OnRead, when set and when it returns true, answers a read instead.
	OnRead func(off uint32) (uint32, bool)
	// OnWrite, when set, sees a write before Regs takes it; when it returns
	// true Regs does not.
	OnWrite func(off, v uint32) bool

	log []string
}

// Read32 implements mmio.Block.
func (d *Device) Read32(off uint32) uint32 {
	check(off)
	d.log = append(d.log, fmt.Sprintf("r %02x", off))
	if d.OnRead != nil {
		if v, ok := d.OnRead(off); ok {
			return v
		}
	}
	return d.Regs[off]
}

// Write32 implements mmio.Block.
func (d *Device) Write32(off, v uint32) {
	check(off)
	d.log = append(d.log, fmt.Sprintf("w %02x=%x", off, v))
	if d.OnWrite != nil && d.OnWrite(off, v) {
		return
	}
	if d.Regs == nil {
		d.Regs = map[uint32]uint32{}
	}
	d.Regs[off] = v
}

func check(off uint32) {
	if off%4 != 0 {
		panic(fmt.Sprintf("mmiotest: access at %#x, which is no multiple of four", off))
	}
}

// Take returns the accesses since the last call, as "r 18, w 24=1a", numbers in
// hexadecimal.
func (d *Device) Take() string {
	s := strings.Join(d.log, ", ")
	d.log = nil
	return s
}

// Writes is Take without the reads.
func (d *Device) Writes() string {
	var w []string
	for _, s := range d.log {
		if s[0] == 'w' {
			w = append(w, s)
		}
	}
	d.log = nil
	return strings.Join(w, ", ")
}
