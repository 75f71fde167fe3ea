package clock

import "yolk/arch/amd64"

// From says where the rate of the time-stamp counter came from.
var From Source

// A Source is what stated the counter's rate.
type Source uint8

const (
	Measured Source = iota // against the interval timer
	Hypervisor
	Processor // CPUID 15H
)

// String names the source.
func (s Source) String() string {
	switch s {
	case Hypervisor:
		return "the hypervisor"
	case Processor:
		return "CPUID 15H"
	}
	return "the PIT"
}

// Init finds the rate, starts the clock at zero, and prepares the local APIC's
// timer to interrupt with vector. The APIC must be mapped.
func Init(vector int) {
	base := amd64.TSC()
	amd64.SetClock(amd64.ClockParams{Base: base})
	stateHz()
	InitTimer(vector)
	if Hz == 0 || lapicHz == 0 && !tscDeadline {
		measure()
	}
	amd64.SetClock(amd64.ClockParams{Base: base, Mult: nsPerTick(Hz, 1)})
}

// stateHz sets the rate that the processor or hypervisor declares, if any.
func stateHz() {
	if _, _, c, _ := amd64.CPUID(1, 0); c>>31 != 0 { // hypervisor present
		// Leaf 0x40000010 EAX: TSC kHz (VMware's, also KVM, Xen, bhyve).
		if max, _, _, _ := amd64.CPUID(0x40000000, 0); max >= 0x40000010 && max < 0x40010000 {
			if khz, _, _, _ := amd64.CPUID(0x40000010, 0); khz != 0 {
				Hz, From = uint64(khz)*1000, Hypervisor
				return
			}
		}
	}
	if max, _, _, _ := amd64.CPUID(0, 0); max >= 0x15 { // SDM 2A CPUID: crystal Hz * EBX / EAX
		if den, num, crystal, _ := amd64.CPUID(0x15, 0); den != 0 && num != 0 && crystal != 0 {
			Hz, From = uint64(crystal)*uint64(num)/uint64(den), Processor
		}
	}
}
