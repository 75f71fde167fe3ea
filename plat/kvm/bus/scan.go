package bus

import (
	"fmt"

	virtiopci "yolk/drivers/virtio/pci"
)

// Header (PCI Local Bus 3.0, 6.1).
const (
	cfgVendor = 0x00 // R vendor id, 16 bits; device id
	cfgHeader = 0x0c // R header type in 22:16, several functions in 23

	none        = 0xffff // vendor id where there is no function
	severalBit  = 1 << 23
	headerPlain = 0
	headerBus   = 1

	devices   = 32 // on a bus
	functions = 8  // of a device
	buses     = 256
)

// A bdf is where a function is: bus, device and function number.
type bdf struct{ bus, device, function uint8 }

// String is as lspci has it.
func (a bdf) String() string { return fmt.Sprintf("PCI %02x:%02x.%x", a.bus, a.device, a.function) }

// A function of a device, with its base address registers assigned.
type function struct {
	virtiopci.ConfigSpace
	bdf
	up *function // the bridge to its bus, nil on the first one
}

// An access gives the configuration space of a function, which need not be there.
type access func(bdf) (virtiopci.ConfigSpace, error)

// A scan finds all functions of header type 0 behind a host bridge. What the
// devices say of themselves is not trusted: each bus is looked at once, whatever
// number of bridges lead there.
type scan struct {
	access access
	logf   func(format string, args ...any)
	seen   [buses]bool
	found  []*function
}

// scanAll returns the functions of all buses. Addresses and bus numbers that
// firmware has not assigned come from r.
func scanAll(a access, r ranges, logf func(string, ...any)) []*function {
	s := scan{access: a, logf: logf}
	s.bus(0, nil, &r)
	return s.found
}

// bus scans one bus, which bridge up leads to.
func (s *scan) bus(number uint8, up *function, r *ranges) {
	if s.seen[number] {
		return
	}
	s.seen[number] = true
	here := s.list(number, up)
	for _, f := range here {
		switch {
		case f.header() == headerBus:
			r.buses.next = max(r.buses.next, uint64(f.Read32(cfgBuses)>>16&0xff)+1)
		case up != nil && f.assigned():
			r.memory = window{} // which parts of it firmware has given away is not known
		}
	}
	for _, f := range here {
		var err error
		switch f.header() {
		case headerPlain:
			if err = r.assign(f, plainBARs); err == nil {
				s.found = append(s.found, f)
			}
		case headerBus:
			err = s.bridge(f, r)
		}
		if err != nil {
			s.logf("%v: %v", f.bdf, err)
		}
	}
}

// list returns the functions on a bus.
func (s *scan) list(number uint8, up *function) (here []*function) {
	n := uint8(devices)
	if up != nil {
		if single, _ := up.slot(); single {
			n = 1
		}
	}
	for d := range n {
		for i := range uint8(functions) {
			f := &function{bdf: bdf{number, d, i}, up: up}
			var err error
			if f.ConfigSpace, err = s.access(f.bdf); err != nil {
				s.logf("%v: %v", f.bdf, err)
				return here
			}
			there := f.Read32(cfgVendor)&0xffff != none
			if there {
				here = append(here, f)
			}
			if i == 0 && (!there || f.Read32(cfgHeader)&severalBit == 0) {
				break
			}
		}
	}
	return here
}

// header is the layout of the function's header.
func (f *function) header() uint32 { return f.Read32(cfgHeader) >> 16 & 0x7f }

// origin is where the interrupt of one of the function's pins, 1 to 4, arrives on
// the first bus, and as which pin: each bridge turns the pins by the number of the
// device behind it (PCI-to-PCI Bridge Architecture 1.2, 9.1).
func (f *function) origin(pin uint8) (bdf, uint8) {
	for ; f.up != nil && pin != 0; f = f.up {
		pin = (pin-1+f.device)%4 + 1
	}
	return f.bdf, pin
}
