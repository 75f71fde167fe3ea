package boot

import (
	"unsafe"

	"yolk/kernel/cmdline"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/syscalls"
)

// seed gives the random number generator its seed, or refuses to start: the
// program must never be handed predictable bytes. With no generator in the
// processor but a virtio-rng on the machine the program starts unseeded, and
// its first request for random bytes waits for the device (plat/kvm/files).
func seed() {
	if syscalls.SeedRandom() {
		return
	}
	if Option("entropy") != nil { // it is "insecure": readOptions refused all else
		klog.Line(klog.Boot, klog.Warn).Str("entropy=insecure: random bytes are PREDICTABLE").End()
		syscalls.Random.AssumeSeeded()
		return
	}
	if !hasRNG() {
		refuse("no source of entropy: the processor's random number generator does not work or is not there, and there is no virtio-rng; " +
			"use another -cpu, add a virtio-rng, or say entropy=insecure where predictable keys do no harm")
	}
	klog.Line(klog.Boot, klog.Info).Str("entropy will come from the virtio-rng").End()
}

// The virtio entropy device (VIRTIO 1.2, 5.4) as PCI and MMIO show it.
const (
	pciRNG             = 0x10441af4 // device and vendor id
	pciRNGTransitional = 0x10051af4
	pciSlots           = 32

	pciClass  = 8      // class of the function in the upper 16 bits (PCI Local Bus 3.0, 6.2.1)
	pciBridge = 0x0604 // to another bus

	mmioMagic  = 0x74726976 // "virt"
	mmioID     = 8          // offset of the device id
	mmioRNG    = 4
	mmioLength = 0x100
)

// hasRNG looks for the device on the first PCI bus and in the MMIO slots. It may as
// well be behind a bridge, on a bus that has no number yet: if it is not, the first
// request for random bytes fails.
func hasRNG() bool {
	for slot := uint32(0); slot < pciSlots; slot++ {
		switch pciConfig(slot, 0) {
		case pciRNG, pciRNGTransitional:
			return true
		case ^uint32(0):
			continue // nothing there
		}
		if pciConfig(slot, pciClass)>>16 == pciBridge {
			return true
		}
	}
	found := false
	MMIODevices(func(d cmdline.MMIODevice) {
		if va := mem.MapDevice(d.Base, mmioLength); va != 0 && *register(va) == mmioMagic {
			found = found || *register(va + mmioID) == mmioRNG
		}
	})
	return found
}

func register(va uintptr) *uint32 { return (*uint32)(unsafe.Pointer(va)) }
