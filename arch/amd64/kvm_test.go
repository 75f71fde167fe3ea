package amd64

import "testing"

func TestIsKVM(t *testing.T) {
	// "KVMKVMKVM\0\0\0" in EBX, ECX, EDX (Linux documentation, virt/kvm/x86/cpuid.rst).
	if !isKVM(0x4b4d564b, 0x564b4d56, 0x4d) {
		t.Error("KVM is not known")
	}
	for _, w := range [][3]uint32{{0x54474354, 0x43544743, 0x47435447}, {0x7263694d, 0x666f736f, 0x76482074}, {}, {0x4b4d564b, 0x564b4d56, 0}} {
		if isKVM(w[0], w[1], w[2]) {
			t.Errorf("%x is taken for KVM", w)
		}
	}
}
