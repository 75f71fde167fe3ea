package region

import (
	"testing"

	"yolk/kernel/alloc"
)

// A region never touches its memory, so the tests make addresses up.
const base, size = 0x10000, 0x1000

var _ alloc.Allocator = (*Region)(nil)

func TestAlloc(t *testing.T) {
	tests := []struct {
		name        string
		size, align uintptr
		addr        uintptr // 0: refused
	}{
		{"first", 10, 0, base},
		{"unaligned follows at once", 3, 1, base + 10},
		{"aligned skips", 8, 64, base + 64},
		{"nothing", 0, 8, base + 72},
		{"alignment not a power of two", 8, 24, 0},
		{"too large", size - 71, 1, 0},
		{"wraps", ^uintptr(0), 1, 0},
		{"alignment leaves the region", 1, 1 << 20, 0},
		{"alignment wraps", 1, 1 << 63, 0},
		{"the rest", size - 72, 8, base + 72},
		{"one more", 1, 1, 0},
		{"nothing at the end", 0, 1, base + size},
	}
	var r Region
	if code := r.Init(base, size); code != alloc.OK {
		t.Fatal(code)
	}
	failures := uint64(0)
	for _, tt := range tests {
		addr, ok := r.Alloc(tt.size, tt.align)
		if ok != (tt.addr != 0) || ok && addr != tt.addr {
			t.Errorf("%s: %#x, %v; want %#x", tt.name, addr, ok, tt.addr)
		}
		if tt.addr == 0 {
			failures++
		}
	}
	s := r.Stats()
	if s.Used != size || s.Free != 0 || s.Peak != size || s.Failures != failures || s.Allocs != 6 {
		t.Errorf("stats %+v", s)
	}
	r.Reset()
	if s := r.Stats(); s.Used != 0 || s.LargestFree != size || s.Peak != size {
		t.Errorf("stats after Reset %+v", s)
	}
	if addr, ok := r.Alloc(size, 4096); !ok || addr != base {
		t.Errorf("after Reset: %#x, %v", addr, ok)
	}
}

func TestFree(t *testing.T) {
	var r Region
	r.Init(base, size)
	a, _ := r.Alloc(100, 8)
	b, _ := r.Alloc(50, 8)
	if code := r.Free(a, 100); code != alloc.OK || r.Stats().Used != 154 {
		t.Errorf("free of an older block: %v, %+v", code, r.Stats())
	}
	if code := r.Free(b, 50); code != alloc.OK || r.Stats().Used != 104 {
		t.Errorf("free of the latest block: %v, %+v", code, r.Stats())
	}
	for _, addr := range []uintptr{b, base - 1, base + size, 0} {
		if code := r.Free(addr, 50); code != alloc.ErrUnknown {
			t.Errorf("free of %#x: %v", addr, code)
		}
	}
	if s := r.Stats(); s.Frees != 2 || s.BadFrees != 4 {
		t.Errorf("stats %+v", s)
	}
}

func TestNoMemory(t *testing.T) {
	var zero Region
	if _, ok := zero.Alloc(0, 1); ok || zero.Free(0, 0) != alloc.ErrUnknown {
		t.Error("the zero value handed something out or took something back")
	}
	for _, tt := range []struct{ addr, size uintptr }{{base, 0}, {0, size}, {base, ^uintptr(0)}} {
		var r Region
		if code := r.Init(tt.addr, tt.size); code != alloc.ErrRange {
			t.Errorf("Init(%#x, %#x): %v", tt.addr, tt.size, code)
		}
		if _, ok := r.Alloc(1, 1); ok {
			t.Errorf("Init(%#x, %#x): Alloc succeeded", tt.addr, tt.size)
		}
	}
}

func BenchmarkAlloc(b *testing.B) {
	var r Region
	r.Init(base, size)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.Alloc(24, 8); !ok {
			r.Reset()
		}
	}
}
