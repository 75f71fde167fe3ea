// Package lapic is an x86 processor's own interrupt controller, the local APIC:
// interrupts from one processor to another, the end of an interrupt, the timer. It
// is written from Intel's SDM, volume 3A, chapter 11 (revision of 2023; xAPIC and
// x2APIC mode), and Linux documentation, virt/kvm/x86/msr.rst, for KVM's end of an
// interrupt without leaving the guest.
//
// In x2APIC mode the registers are MSRs: under KVM an interrupt for another
// processor then leaves the guest once instead of four times, and no instruction has
// to be decoded. Where the processor has that mode it is used.
//
// Everything runs in kernel context, on the processor whose APIC it is. The package
// may import arch.
package lapic
