package bus

import (
	"errors"
	"fmt"

	virtiopci "yolk/drivers/virtio/pci"
)

// Base address registers of header type 0, of which a bridge has two (PCI Local Bus 3.0, 6.1 and 6.2.5.1).
const (
	cfgCommand = 0x04 // RW
	cfgBAR0    = 0x10 // RW
	plainBARs  = 6

	commandPorts  = 1 << 0
	commandMemory = 1 << 1

	barPorts   = 1 << 0 // a range of I/O ports, with portBits below the address
	bar64      = 2 << 1 // memory, with an upper half in the next register
	portBits   = 0x3
	memoryBits = 0xf
)

// A window is a range of addresses that a bridge passes on, from its first free
// address to its end.
type window struct{ next, end uint64 }

// ranges are the windows of a bridge, and the numbers that buses behind it get; a
// window without an end is not used.
type ranges struct{ memory, ports, buses window }

var errWindow = errors.New("no room left in the bridge's window")

// take finds room for size bytes, a power of two, aligned to it.
func (w *window) take(size uint64) (uint64, bool) {
	if size == 0 {
		return 0, false
	}
	addr := (w.next + size - 1) &^ (size - 1)
	if addr < w.next || addr+size < addr || addr+size > w.end {
		return 0, false
	}
	w.next = addr + size
	return addr, true
}

// align leaves out what lies before the next multiple of size, a power of two.
func (w *window) align(size uint64) { w.next = min((w.next+size-1)&^(size-1), w.end) }

// assigned reports whether firmware gave the function addresses, as the command
// register tells.
func (f *function) assigned() bool {
	return f.Read32(cfgCommand)&(commandMemory|commandPorts) != 0
}

// assign gives addresses to a function that has none, in its first bars registers.
func (r *ranges) assign(f *function, bars uint32) error {
	if f.assigned() {
		return nil
	}
	cfg := f.ConfigSpace
	for i := uint32(0); i < bars; i++ {
		at := cfgBAR0 + i*4
		old := cfg.Read32(at)
		size, wide := sizeOf(cfg, at, old)
		w := &r.memory
		if old&barPorts != 0 {
			w = &r.ports
		}
		addr, ok := w.take(size)
		if !ok && size != 0 && w.end != 0 {
			return fmt.Errorf("BAR %d of %#x bytes: %w", i, size, errWindow)
		}
		cfg.Write32(at, uint32(addr)) // 0 without a window: not assigned
		if wide {
			cfg.Write32(at+4, uint32(addr>>32))
			i++
		}
	}
	return nil
}

// sizeOf writes ones to the register and sees which stay: the others are below
// the size. 0 is a register that is not there. wide says that it is two.
func sizeOf(cfg virtiopci.ConfigSpace, at, old uint32) (size uint64, wide bool) {
	cfg.Write32(at, ^uint32(0))
	got := cfg.Read32(at)
	switch {
	case got == 0:
		return 0, false
	case old&barPorts != 0:
		return -(uint64(got)&0xffff&^portBits | ^uint64(0xffff)), false
	case old&memoryBits&^8 != bar64:
		return -(uint64(got)&^memoryBits | ^uint64(0xffffffff)), false
	}
	cfg.Write32(at+4, ^uint32(0))
	return -(uint64(got)&^memoryBits | uint64(cfg.Read32(at+4))<<32), true
}
