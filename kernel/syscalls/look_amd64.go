package syscalls

import (
	"yolk/arch/amd64"
	"yolk/kernel/abi"
)

// identify fills in what the calling processor says of itself; the others are like it
// (SDM 2A, CPUID).
func identify(p *abi.Processor) {
	const brand = 0x80000002 // and the two leaves behind it
	_, b, c, d := amd64.CPUID(0, 0)
	words(p.Vendor[:], b, d, c)
	a, _, _, _ := amd64.CPUID(1, 0)
	p.Kind = uint64(a)
	if most, _, _, _ := amd64.CPUID(0x80000000, 0); most < brand+2 {
		return
	}
	for i := range uint32(3) {
		a, b, c, d := amd64.CPUID(brand+i, 0)
		words(p.Brand[16*i:], a, b, c, d)
	}
}

// words puts registers one behind the other.
func words(to []byte, registers ...uint32) {
	for i, r := range registers {
		for k := range 4 {
			to[4*i+k] = byte(r >> (8 * k))
		}
	}
}
