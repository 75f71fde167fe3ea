package efi

import (
	"runtime"
	"slices"
	"testing"
	"unsafe"

	_ "yolk/arch/amd64" // where other loaders enter
)

type span = struct{ start, end uint64 }

// TestRAM: what firmware lists in any order becomes ascending ranges with gaps between.
func TestRAM(t *testing.T) {
	for _, c := range []struct{ add, want []span }{
		{[]span{{1, 2}, {2, 3}}, []span{{1, 3}}},
		{[]span{{2, 3}, {1, 2}}, []span{{1, 3}}},
		{[]span{{1, 2}, {5, 6}, {3, 4}}, []span{{1, 2}, {3, 4}, {5, 6}}},
		{[]span{{1, 2}, {3, 4}, {8, 9}, {2, 3}}, []span{{1, 4}, {8, 9}}},
		{[]span{{8, 9}, {4, 5}, {1, 4}}, []span{{1, 5}, {8, 9}}},
	} {
		var m ram
		for _, s := range c.add {
			m.add(s.start, s.end)
		}
		if !slices.Equal(m.r[:m.n], c.want) {
			t.Errorf("%v become %v, want %v", c.add, m.r[:m.n], c.want)
		}
	}
	var m ram
	for i := range uint64(100) { // the first 64 stay
		m.add(10*i, 10*i+5)
	}
	m.add(5, 10)
	if m.n != 63 || m.r[0] != (span{0, 15}) || m.r[62] != (span{630, 635}) || !m.holds(2, 15) || m.holds(2, 16) || m.holds(700, 701) {
		t.Errorf("%d: %v", m.n, m.r)
	}
}

// TestTake: firmware's own memory and devices are no RAM; what is for after a sleep is
// where the image belongs.
func TestTake(t *testing.T) {
	type longer struct { // than the specification's, as edk2's are
		descriptor
		_ uint64
	}
	const mib = 1 << 20
	list := []longer{
		{descriptor: descriptor{kind: conventional, start: mib, pages: 7 * mib / pageSize}},
		{descriptor: descriptor{kind: sleepData, start: 8 * mib, pages: mib / pageSize}},
		{descriptor: descriptor{kind: servicesData, start: 9 * mib, pages: mib / pageSize}},
		{descriptor: descriptor{kind: sleepData, start: 20 * mib, pages: 1}},
		{descriptor: descriptor{kind: 6, start: 30 * mib, pages: 1}},  // of runtime services
		{descriptor: descriptor{kind: 9, start: 40 * mib, pages: 1}},  // ACPI's tables
		{descriptor: descriptor{kind: 11, start: 50 * mib, pages: 1}}, // devices
		{descriptor: descriptor{kind: 99, start: 60 * mib, pages: 1}},
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(list)))
	size := unsafe.Sizeof(longer{})
	for _, c := range []struct {
		home image
		want []span
	}{
		{image{home: mib, size: 8 * mib}, []span{{mib, 10 * mib}}},
		{image{home: mib, size: 7*mib + pageSize}, []span{{mib, 8*mib + pageSize}, {9 * mib, 10 * mib}}},
		{image{home: mib, size: mib}, []span{{mib, 8 * mib}, {9 * mib, 10 * mib}}},
	} {
		var m ram
		all := memoryMap{at: at, end: at + uintptr(len(list))*size, each: size}
		m.take(&all, &c.home)
		if !slices.Equal(m.r[:m.n], c.want) {
			t.Errorf("%+v: %#x, want %#x", c.home, m.r[:m.n], c.want)
		}
		if place := c.home; !place.place(&m) || place != c.home {
			t.Errorf("no place for %+v", c.home)
		}
	}
	runtime.KeepAlive(list) // which is known by its address only
	var none memoryMap
	if none.next() != nil {
		t.Error("a descriptor of nothing")
	}
}
