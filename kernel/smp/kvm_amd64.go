package smp

import (
	"sync/atomic"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/kernel/abi"
)

// KVM tells of each processor whether it runs (Linux documentation,
// virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME). Where more run than the host has, to
// wait for one that does not takes as long as a host's time slice, which the one
// that waits uses up itself. So none is waited for: KVM drops the translations of
// one that does not run before that runs again, and a lock's waiter lets its holder
// run.

// A record is struct kvm_steal_time, of which the one word is used here.
type record struct {
	_     [2]uint64
	state uint32
	_     [11]uint32
}

// Bits of record.state.
const (
	notRunning = 1 << 0 // set by KVM, and cleared when it runs again
	flushFirst = 1 << 1 // set by us: then all translations are dropped before
)

const (
	msrStealTime = 0x4b564d03 // the record's physical address; bit 0 turns it on
	hcYield      = 11         // KVM_HC_SCHED_YIELD: lets the processor with an APIC id run
)

var host struct {
	records uintptr // a page with one for each processor, 0: none
	phys    uint64  // its physical address
	flushes bool    // KVMLateFlush
	yields  bool    // KVMYield
}

// HostTells reports whether a page given to UseRecords is of use.
func HostTells() bool { return amd64.KVMFeatures()&amd64.KVMStealTime != 0 }

// UseRecords gives KVM a zeroed page, at physical address pa and virtual address
// va, to tell there which processors run. It comes before the first Join.
func UseRecords(pa uint64, va uintptr) {
	features := amd64.KVMFeatures()
	host.flushes, host.yields = features&amd64.KVMLateFlush != 0, features&amd64.KVMYield != 0
	host.phys, host.records = pa, va
}

const recordSize = unsafe.Sizeof(record{})

const _ = uint(4096 - abi.MaxCPUs*recordSize)

// stateOf returns what KVM says of processor i.
func stateOf(i int) *uint32 {
	return &(*record)(unsafe.Pointer(host.records + uintptr(i)*recordSize)).state
}

// joinHost turns on the record of the calling processor.
func joinHost(id uintptr) {
	if host.records != 0 {
		amd64.WriteMSR(msrStealTime, host.phys+uint64(id*recordSize)|1)
	}
}

// flushLater leaves it to the host to drop the translations of processor i, and
// reports whether it will: i does not run now.
func flushLater(i int) bool {
	if !host.flushes {
		return false
	}
	state := stateOf(i)
	old := atomic.LoadUint32(state)
	return old&notRunning != 0 && atomic.CompareAndSwapUint32(state, old, old|flushFirst)
}

// waitFor passes a moment of waiting for processor i: it runs in place of this one
// when it does not run now.
func waitFor(i int) {
	if host.yields && atomic.LoadUint32(stateOf(i))&notRunning != 0 {
		amd64.Hypercall(hcYield, uintptr(s.cpu[i].hw))
		return
	}
	amd64.Pause()
}
