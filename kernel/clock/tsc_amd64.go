package clock

import (
	"unsafe"

	"yolk/arch/amd64"
)

// From says where the rate of the time-stamp counter came from.
var From Source

// A Source is what stated the counter's rate.
type Source uint8

const (
	PIT Source = iota // compared with the interval timer
	HPET
	RTC
	Hypervisor
	Processor // CPUID 15H and 16H
	KVM       // its clock, from which the time comes as well
)

// String names the source.
func (s Source) String() string {
	switch s {
	case HPET:
		return "the HPET"
	case RTC:
		return "the RTC"
	case Hypervisor:
		return "the hypervisor"
	case Processor:
		return "CPUID 15H"
	case KVM:
		return "KVM's clock"
	}
	return "the PIT"
}

// Init finds the rate, starts the clock at zero, and prepares the local APIC's
// timer to interrupt with vector. The APIC and the HPET's page must be mapped. It
// reports false on a machine that has no clock to find the rate by.
func Init(vector int) bool {
	base := amd64.TSC()
	amd64.SetClock(amd64.ClockParams{Base: base})
	if startPVClock() {
		c := (*amd64.PVClock)(unsafe.Pointer(amd64.This().Clock))
		amd64.UsePVClock(c, amd64.KVMFeatures()&amd64.KVMStable != 0)
		Hz, From = pvHz(c), KVM
	} else {
		stateHz()
	}
	initTimer(vector)
	if (Hz == 0 || lapicHz == 0 && !tscDeadline) && !measure() {
		return false
	}
	amd64.SetClock(amd64.ClockParams{Base: base, Mult: nsPerTick(Hz, 1)})
	return true
}

// stateHz sets the rate that the processor or hypervisor declares, if any.
func stateHz() {
	if underHypervisor() {
		// Leaf 0x40000010 EAX: TSC kHz (VMware's, also KVM, Xen, bhyve).
		if max, _, _, _ := amd64.CPUID(0x40000000, 0); max >= 0x40000010 && max < 0x40010000 {
			if khz, _, _, _ := amd64.CPUID(0x40000010, 0); khz != 0 {
				Hz, From = uint64(khz)*1000, Hypervisor
				return
			}
		}
	}
	max, _, _, _ := amd64.CPUID(0, 0)
	if max < 0x15 {
		return
	}
	// SDM 2A, CPUID: the crystal's Hz * EBX / EAX; where the crystal is left out, that
	// is the base frequency, in MHz.
	den, num, crystal, _ := amd64.CPUID(0x15, 0)
	if den == 0 || num == 0 {
		return
	}
	Hz = uint64(crystal) * uint64(num) / uint64(den)
	if Hz == 0 && max >= 0x16 {
		mhz, _, _, _ := amd64.CPUID(0x16, 0)
		Hz = uint64(mhz&0xffff) * 1e6
	}
	if Hz != 0 {
		From = Processor
	}
}
