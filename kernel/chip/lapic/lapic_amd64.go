package lapic

import (
	"sync/atomic"
	"unsafe"

	"yolk/arch/amd64"
)

// Base is the physical address of every processor's own registers in xAPIC mode
// (SDM 3A, 11.4.1). The kernel maps it at the same virtual address before Enable.
const Base = 0xfee00000

// Registers by their offset (SDM 3A, table 11-1). In x2APIC mode each is the MSR
// msrX2 + offset/16 (11.12.1.2).
const (
	regID       = 0x20  // R: bits 31-24 in xAPIC mode, else all
	regEOI      = 0xb0  // W
	regSpurious = 0xf0  // RW
	regICR      = 0x300 // RW; in x2APIC mode 64 bits
	regICRHigh  = 0x310 // RW; in xAPIC mode only
	regTimer    = 0x320 // RW
	regInitial  = 0x380 // RW
	regCurrent  = 0x390 // R
	regDivide   = 0x3e0 // RW

	msrX2 = 0x800
)

// Bits of IA32_APIC_BASE (SDM 3A, 11.4.4 and 11.12.1).
const (
	msrBase    = 0x1b
	baseX2     = 1 << 10
	baseEnable = 1 << 11
)

const (
	softwareEnable = 1 << 8  // of regSpurious (11.9)
	pending        = 1 << 12 // of regICR: the last one is not yet sent (11.6.1)
	divideBy1      = 0xb     // of regDivide (11.5.4)
)

// A Command is the low half of the interrupt command register: how to deliver, and
// a vector (SDM 3A, 11.6.1).
type Command uint32

const (
	Fixed   Command = 0 << 8 // and the vector
	NMI     Command = 4 << 8
	Init    Command = 5<<8 | 1<<14
	StartUp Command = 6<<8 | 1<<14 // and the number of the page to start at
)

// A Mode is how the timer counts (SDM 3A, 11.5.4).
type Mode uint32

const (
	OneShot     Mode = 0 << 17
	TSCDeadline Mode = 2 << 17
)

// x2 tells whether the processors are in x2APIC mode.
var x2 bool

func read(reg uint32) uint32 {
	if x2 {
		return uint32(amd64.ReadMSR(msrX2 + reg>>4))
	}
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(uintptr(Base + reg))))
}

func write(reg, v uint32) {
	if x2 {
		amd64.WriteMSR(msrX2+reg>>4, uint64(v))
		return
	}
	atomic.StoreUint32((*uint32)(unsafe.Pointer(uintptr(Base+reg))), v)
}

// Enable makes the calling processor take interrupts.
func Enable() {
	if _, _, c, _ := amd64.CPUID(1, 0); c&(1<<21) != 0 {
		x2 = true
		amd64.WriteMSR(msrBase, amd64.ReadMSR(msrBase)|baseEnable|baseX2)
	}
	write(regSpurious, read(regSpurious)|softwareEnable)
}

// ID returns what Send calls the processor by.
func ID() uint32 {
	if x2 {
		return read(regID)
	}
	return read(regID) >> 24
}

// Send interrupts the processor with that ID. What was written before is visible to
// it.
func Send(id uint32, c Command, vector uint8) {
	low := uint32(c) | uint32(vector)
	if x2 {
		amd64.Fence() // such a WRMSR waits for no store (11.12.3)
		amd64.WriteMSR(msrX2+regICR>>4, uint64(id)<<32|uint64(low))
		return
	}
	write(regICRHigh, id<<24)
	write(regICR, low)
	for read(regICR)&pending != 0 {
		amd64.Pause()
	}
}

// End ends the interrupt that is being served, so that the next can come.
func End() {
	if atomic.SwapUint32(&amd64.This().NoEOI, 0)&1 == 0 {
		write(regEOI, 0)
	}
}

// SetTimer chooses the timer's vector and how it counts.
func SetTimer(vector uint8, m Mode) {
	if m == OneShot {
		write(regDivide, divideBy1)
	}
	write(regTimer, uint32(m)|uint32(vector))
}

// SetCount makes a OneShot timer interrupt after that many ticks, never for 0.
func SetCount(ticks uint32) { write(regInitial, ticks) }

// Count returns how many ticks are left.
func Count() uint32 { return read(regCurrent) }

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
