package boot

import (
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/lapic"
	"yolk/kernel/mem"
)

// TestHasRNG: a device on PCI, behind a bridge, or by MMIO.
func TestHasRNG(t *testing.T) {
	const nothing = ^uint32(0)
	const at = lapic.Base - 0x100000
	for _, c := range []struct {
		name string
		pci  []uint32
		line string
		id   uint32
		want bool
	}{
		{"nothing", nil, "", 0, false},
		{"on PCI", []uint32{nothing, pciRNG}, "", 0, true},
		{"of old on PCI", []uint32{pciRNGTransitional}, "", 0, true},
		{"another device", []uint32{0x10411af4, 0x02000000, nothing}, "", 0, false},
		{"a bridge", []uint32{0x00011b36, 0x06040000}, "", 0, true},
		{"by MMIO", nil, "virtio_mmio.device=512@0xfed00000:5 virtio_mmio.device=512@0xfed00200:6", mmioRNG, true},
		{"a card by MMIO", nil, "virtio_mmio.device=512@0xfed00200:5", 1, false},
	} {
		enter(t)
		amd64test.Map(t, at, mem.PageSize)
		*register(at + 0x200), *register(at + 0x208) = mmioMagic, c.id
		amd64test.SetPort(pciData, nothing)
		amd64test.Script(pciData, c.pci...)
		read(t, c.line)
		if got := hasRNG(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
