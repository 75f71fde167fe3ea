//go:build amd64

package amd64

// Features that KVM offers (Linux documentation, virt/kvm/x86/cpuid.rst).
const (
	KVMClock     = 1 << 3  // it tells the time
	KVMStealTime = 1 << 5  // it tells which processors do not run
	KVMNoEOI     = 1 << 6  // an interrupt may need no EOI
	KVMLateFlush = 1 << 9  // it drops the translations of one that does not run, when that runs again
	KVMYield     = 1 << 13 // a processor can let another run in its place
	KVMStable    = 1 << 24 // the flag PVStable can be believed
)

// KVMFeatures returns the features that KVM offers, none under anything else.
// Beside the leaves of another hypervisor that it imitates, KVM's are 100H above.
func KVMFeatures() uint32 {
	if _, _, c, _ := CPUID(1, 0); c>>31 == 0 {
		return 0 // no hypervisor
	}
	for leaf := uint32(0x40000000); leaf < 0x40000200; leaf += 0x100 {
		if _, b, c, d := CPUID(leaf, 0); isKVM(b, c, d) {
			features, _, _, _ := CPUID(leaf+1, 0)
			return features
		}
	}
	return 0
}

// isKVM tells whether registers hold KVM's signature.
func isKVM(b, c, d uint32) bool {
	return b == 0x4b4d564b && c == 0x564b4d56 && d == 0x4d // "KVMKVMKVM\0\0\0"
}

// Hypercall asks KVM for something, with one argument (Linux documentation,
// virt/kvm/x86/hypercalls.rst).
func Hypercall(number, argument uintptr) uintptr

// isAMD tells which of the two instructions for it the processor has. The initial
// value keeps it in the data segment.
var isAMD uint8 = 2

// initHypercall finds out which instruction Hypercall is.
func initHypercall() {
	isAMD = 0
	if _, b, _, _ := CPUID(0, 0); b == 0x68747541 || b == 0x6f677948 { // "Auth"enticAMD, "Hygo"nGenuine
		isAMD = 1
	}
}
