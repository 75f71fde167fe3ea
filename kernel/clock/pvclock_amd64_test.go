package clock

import (
	"testing"

	"yolk/arch/amd64"
)

func TestPVRate(t *testing.T) {
	for _, c := range []struct {
		mul   uint32
		shift int8
		want  uint64
	}{
		{1 << 31, 0, 2e9},
		{1 << 31, -1, 4e9},
		{1 << 31, 1, 1e9},
		{0xf4240000, -2, 4194304000},
		{4294967295, 0, 1000000000},
	} {
		if got := pvHz(&amd64.PVClock{Mul: c.mul, Shift: c.shift}); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

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
