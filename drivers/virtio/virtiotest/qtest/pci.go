package qtest

// PCI configuration mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2).
const (
	configAddress = 0xcf8
	configData    = 0xcfc
)

// Function is a function on PCI bus 0; it is a pci.ConfigSpace.
type Function struct {
	m    *Machine
	slot uint32
}

// Function returns function 0 in a slot of bus 0, with its memory BARs placed
// from base on, 16 KiB apart, and its port BARs by slot from 0xc000 on: no
// firmware has run that would have done it.
func (m *Machine) Function(slot uint32, base uint32) *Function {
	f := &Function{m, slot}
	for bar := uint32(0); bar < 6; bar++ {
		off := 0x10 + 4*bar
		kind := f.Read32(off)
		f.Write32(off, 0xffffffff)
		size := f.Read32(off)
		if size == 0 {
			continue // absent
		}
		if size&1 != 0 {
			f.Write32(off, 0xc000+slot<<8)
			continue
		}
		f.Write32(off, base+bar<<14)
		if kind&4 != 0 { // 64-bit: the next register is the upper half
			f.Write32(off+4, 0)
			bar++
		}
	}
	return f
}

func (f *Function) address(off uint32) uint32 { return 1<<31 | f.slot<<11 | off&0xfc }

// Read32 implements pci.ConfigSpace.
func (f *Function) Read32(off uint32) uint32 {
	f.m.ask("outl %#x %#x", configAddress, f.address(off))
	return uint32(f.m.ask("inl %#x", configData))
}

// Write32 implements pci.ConfigSpace.
func (f *Function) Write32(off, v uint32) {
	f.m.ask("outl %#x %#x", configAddress, f.address(off))
	f.m.ask("outl %#x %#x", configData, v)
}
