package lapic

import (
	"slices"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
)

// registers is a processor with its APIC, of either kind, and what register reg holds.
func registers(t *testing.T, x2apic bool) (get func(reg uint32) uint64, set func(reg uint32, v uint64)) {
	amd64test.Enter(t)
	amd64test.Map(t, Base, 4096)
	x2 = x2apic
	t.Cleanup(func() { x2 = false })
	if x2apic {
		return func(reg uint32) uint64 { return amd64test.MSR(msrX2 + reg>>4) },
			func(reg uint32, v uint64) { amd64test.SetMSR(msrX2+reg>>4, v) }
	}
	at := func(reg uint32) *uint32 { return (*uint32)(unsafe.Pointer(uintptr(Base + reg))) }
	return func(reg uint32) uint64 { return uint64(*at(reg)) }, func(reg uint32, v uint64) { *at(reg) = uint32(v) }
}

// TestModes: the same by memory and by model-specific registers.
func TestModes(t *testing.T) {
	t.Run("xAPIC", func(t *testing.T) { testMode(t, false) })
	t.Run("x2APIC", func(t *testing.T) { testMode(t, true) })
}

func testMode(t *testing.T, x2apic bool) {
	get, set := registers(t, x2apic)
	set(regID, map[bool]uint64{false: 7 << 24, true: 0x12345}[x2apic])
	if id := ID(); id != map[bool]uint32{false: 7, true: 0x12345}[x2apic] {
		t.Errorf("this is processor %#x", id)
	}
	Send(3, Fixed, 254)
	if low, high := get(regICR)&0xffffffff, get(regICRHigh); low != 254 || !x2apic && high != 3<<24 || x2apic && get(regICR)>>32 != 3 {
		t.Errorf("sent %#x %#x", get(regICR), high)
	}
	for c, want := range map[Command]uint64{NMI: 0x400, Init: 0x4500, StartUp: 0x4600} {
		if Send(5, c, 8); get(regICR)&0xffffffff != want|8 {
			t.Errorf("sent %#x, want %#x", get(regICR), want|8)
		}
	}
	SetTimer(32, OneShot)
	if get(regTimer) != 32 || get(regDivide) != 0xb {
		t.Errorf("timer %#x, divided by %#x", get(regTimer), get(regDivide))
	}
	set(regDivide, 0)
	SetTimer(32, TSCDeadline)
	if get(regTimer) != 2<<17|32 || get(regDivide) != 0 {
		t.Errorf("timer %#x, divided by %#x", get(regTimer), get(regDivide))
	}
	SetCount(12345)
	set(regCurrent, 777)
	if get(regInitial) != 12345 || Count() != 777 {
		t.Errorf("from %d, %d left", get(regInitial), Count())
	}
}

// TestEnd: the end of an interrupt is told, but where KVM says that it need not be.
func TestEnd(t *testing.T) {
	get, set := registers(t, false)
	set(regEOI, 5)
	amd64.This().NoEOI = 1
	if End(); get(regEOI) != 5 || amd64.This().NoEOI != 0 {
		t.Errorf("EOI %d, and %d", get(regEOI), amd64.This().NoEOI)
	}
	if End(); get(regEOI) != 0 {
		t.Error("no EOI")
	}
}

// TestEnable: in the mode that the processor has.
func TestEnable(t *testing.T) {
	get, set := registers(t, false)
	_, _, c, _ := amd64.CPUID(1, 0)
	set(regSpurious, 0xff)
	amd64test.SetMSR(msrX2+regSpurious>>4, 0xff)
	amd64test.SetMSR(msrBase, Base|1<<8)
	Enable()
	if has := c&(1<<21) != 0; x2 != has || has && amd64test.MSR(msrBase) != Base|1<<8|baseEnable|baseX2 {
		t.Errorf("x2APIC mode %v, and the processor has it: %v; base %#x", x2, has, amd64test.MSR(msrBase))
	}
	if v := read(regSpurious); v != 0x1ff {
		t.Errorf("spurious %#x of %#x", v, get(regSpurious))
	}
}

// TestSkipEOI: KVM is told where, if there is KVM.
func TestSkipEOI(t *testing.T) {
	registers(t, false)
	SkipEOI(0x5000)
	told := amd64test.Take(amd64test.WriteMSR)
	var want []amd64test.Event
	if amd64.KVMFeatures()&amd64.KVMNoEOI != 0 {
		want = []amd64test.Event{{Op: amd64test.WriteMSR, At: msrNoEOI, Value: 0x5001}}
	}
	if !slices.Equal(told, want) {
		t.Errorf("%x, want %x", told, want)
	}
}
