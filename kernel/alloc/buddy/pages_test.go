package buddy

import (
	"testing"

	"yolk/kernel/alloc"
)

var _ alloc.Allocator = (*Pages)(nil)

func TestOrder(t *testing.T) {
	for _, tt := range []struct {
		size uintptr
		want int
	}{
		{0, 0}, {1, 0}, {4096, 0}, {4097, 1}, {8192, 1}, {8193, 2},
		{1 << 30, MaxOrder}, {1<<30 + 1, MaxOrder + 1}, {^uintptr(0), 52},
	} {
		if got := Order(tt.size); got != tt.want {
			t.Errorf("Order(%#x) = %d, want %d", tt.size, got, tt.want)
		}
	}
}

func TestPages(t *testing.T) {
	a := machine(t, 4<<20)
	add(t, a, arena, arena+4<<20)
	p := (*Pages)(a)
	addr, ok := p.Alloc(10000, 64<<10)
	if phys := uint64(addr - a.direct); !ok || phys%(64<<10) != 0 || p.Stats().Used != 64<<10 {
		t.Fatalf("%#x, %v, %+v", phys, ok, p.Stats())
	}
	for _, tt := range []struct {
		addr, size uintptr
		want       alloc.Code
	}{
		{addr, 64<<10 + 1, alloc.ErrSize},
		{addr, ^uintptr(0), alloc.ErrSize},
		{addr + 1, 1, alloc.ErrUnaligned},
		{a.direct, 1, alloc.ErrUnknown},
		{addr, 10000, alloc.OK},
		{addr, 10000, alloc.ErrFreed},
	} {
		if got := p.Free(tt.addr, tt.size); got != tt.want {
			t.Errorf("Free(%#x, %d): %v, want %v", tt.addr, tt.size, got, tt.want)
		}
	}
	check(t, a)
	failures := a.Stats().Failures
	for _, tt := range []struct{ size, align uintptr }{{1, 3}, {8 << 20, 1}, {1, 1 << 40}, {^uintptr(0), 0}} {
		if _, ok := p.Alloc(tt.size, tt.align); ok {
			t.Errorf("Alloc(%#x, %#x) succeeded", tt.size, tt.align)
		}
		failures++
	}
	if got := a.Stats().Failures; got != failures {
		t.Errorf("failures %d, want %d", got, failures)
	}
}
