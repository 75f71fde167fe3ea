package lapic

import "yolk/arch/amd64"

// msrNoEOI is given the address of a word whose lowest bit KVM sets with an
// interrupt that needs no EOI; bit 0 of the address turns that on
// (MSR_KVM_PV_EOI_EN).
const msrNoEOI = 0x4b564d04

// SkipEOI lets KVM spare the calling processor the end of interrupts, where KVM
// can. pa is the physical address of its CPU.NoEOI.
func SkipEOI(pa uint64) {
	if amd64.KVMFeatures()&amd64.KVMNoEOI != 0 {
		amd64.WriteMSR(msrNoEOI, pa|1)
	}
}
