package bus

import (
	"errors"
	"testing"
)

// registers is a configuration space whose address registers keep the bits of
// size, above what they are.
type registers struct {
	at   [64]uint32
	size map[uint32]uint32 // by register: bits that can be written
	kind map[uint32]uint32 // by register: bits that cannot
}

func (r *registers) Read32(off uint32) uint32 { return r.at[off/4] | r.kind[off] }

func (r *registers) Write32(off, v uint32) { r.at[off/4] = v & r.size[off] }

// varied has memory, ports, 64-bit memory and nothing behind its registers.
func varied() *registers {
	return &registers{
		size: map[uint32]uint32{4: 0xffff, 0x10: 0xfffff000, 0x14: 0xffe0, 0x20: 0xffffc000, 0x24: ^uint32(0)},
		kind: map[uint32]uint32{0x14: barPorts, 0x20: bar64 | 8},
	}
}

func TestAssign(t *testing.T) {
	r := ranges{memory: window{0xfd000800, 0xfd010000}, ports: window{0xc001, 0x10000}}
	c := varied()
	f := &function{ConfigSpace: c}
	if err := r.assign(f, plainBARs); err != nil {
		t.Fatal(err)
	}
	for off, want := range map[uint32]uint32{0x10: 0xfd001000, 0x14: 0xc020 | barPorts, 0x18: 0, 0x1c: 0, 0x20: 0xfd004000 | bar64 | 8, 0x24: 0} {
		if got := c.Read32(off); got != want {
			t.Errorf("register %#x: %#x, want %#x", off, got, want)
		}
	}
	if r.memory.next != 0xfd008000 || r.ports.next != 0xc040 {
		t.Errorf("next free: %#x", r)
	}
	// A card that firmware has switched on keeps its addresses.
	c.at[1] = commandMemory
	before := *c
	if err := r.assign(f, plainBARs); err != nil || c.at != before.at {
		t.Errorf("%v, %#x", err, c.at)
	}
}

// TestAssignLittle: a bridge that passes on no ports, or too little memory.
func TestAssignLittle(t *testing.T) {
	c := varied()
	r := ranges{memory: window{0x10000000, 0x10100000}}
	if err := r.assign(&function{ConfigSpace: c}, plainBARs); err != nil || c.Read32(0x14) != barPorts {
		t.Errorf("without ports: %v, %#x", err, c.at)
	}
	for _, w := range []window{{0xfd000000, 0xfd004000}, {^uint64(0) - 0xfff, ^uint64(0)}} {
		if err := (&ranges{memory: w}).assign(&function{ConfigSpace: varied()}, plainBARs); !errors.Is(err, errWindow) {
			t.Errorf("%#x: %v", w, err)
		}
	}
}
