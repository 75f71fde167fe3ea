package pool

import (
	"math/rand"
	"runtime"
	"testing"
	"unsafe"

	"yolk/kernel/alloc"
)

// objects is what Pool and Shared have in common.
type objects interface {
	alloc.Allocator
	Init(addr, size, object, align uintptr) alloc.Code
	Get() (uintptr, bool)
	GetBurst([]uintptr) int
	Put(uintptr) alloc.Code
	PutBurst([]uintptr) (int, alloc.Code)
	Len() int
}

// each runs a test on both kinds of pool.
func each(t *testing.T, f func(t *testing.T, p objects)) {
	t.Run("Pool", func(t *testing.T) { f(t, new(Pool)) })
	t.Run("Shared", func(t *testing.T) { f(t, new(Shared)) })
}

// memory returns the address of n dirty heap bytes, aligned to 4096, that live
// as long as the test.
func memory(t testing.TB, n int) uintptr {
	mem := make([]byte, n+4096)
	for i := range mem {
		mem[i] = 0xa5
	}
	t.Cleanup(func() { runtime.KeepAlive(mem) })
	return (uintptr(unsafe.Pointer(&mem[0])) + 4095) &^ 4095
}

// bytesAt returns the n bytes at addr, which the test keeps alive.
func bytesAt(addr uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n)
}

func TestDivide(t *testing.T) {
	tests := []struct {
		skip, size, object, align uintptr
		count                     int // 0: refused
		stride                    uint64
	}{
		{0, 4096, 2048, 64, 1, 2048}, // the second buffer's room goes to links
		{0, 4096 + 8, 2048, 64, 2, 2048},
		{1, 4096 + 8, 2048, 64, 1, 2048},
		{0, 1000, 24, 0, 35, 24},
		{0, 1000, 1, 1, 83, 8},
		{0, 1000, 65, 64, 7, 128},
		{0, 12, 8, 8, 1, 8},
		{0, 11, 8, 8, 0, 0},
		{0, 0, 8, 8, 0, 0},
		{0, 1000, 0, 8, 0, 0},
		{0, 1000, 8, 24, 0, 0},
		{0, 1000, ^uintptr(0), 8, 0, 0},
		{0, 1000, ^uintptr(7), 8, 0, 0},
		{0, ^uintptr(0), 8, 8, 0, 0},
	}
	each(t, func(t *testing.T, p objects) {
		for _, tt := range tests {
			addr := memory(t, 8192) + tt.skip
			code := p.Init(addr, tt.size, tt.object, tt.align)
			if tt.count == 0 {
				if _, ok := p.Get(); code != alloc.ErrRange || ok {
					t.Errorf("%+v: %v, Get %v", tt, code, ok)
				}
				continue
			}
			if code != alloc.OK || p.Len() != tt.count || p.Stats().Total != uint64(tt.count)*tt.stride {
				t.Errorf("%+v: %v, %d objects, %+v", tt, code, p.Len(), p.Stats())
				continue
			}
			drain(t, p, addr, tt.size, tt.object, tt.align)
		}
	})
}

// drain takes all objects, fills them, and fails unless they are aligned, inside
// the memory and disjoint from each other and from what the pool relies on.
func drain(t *testing.T, p objects, addr, size, object, align uintptr) {
	t.Helper()
	var got []uintptr
	for {
		a, ok := p.Get()
		if !ok {
			break
		}
		if a%max(align, 1) != 0 || a < addr || a+object > addr+size {
			t.Fatalf("object at %#x, alignment %d, memory %#x-%#x", a, align, addr, addr+size)
		}
		b := bytesAt(a, int(object))
		for i := range b {
			b[i] = byte(len(got))
		}
		got = append(got, a)
	}
	if len(got) != p.Len() {
		t.Fatalf("%d objects of %d", len(got), p.Len())
	}
	for n, a := range got {
		for _, c := range bytesAt(a, int(object)) {
			if c != byte(n) {
				t.Fatalf("object %d was overwritten", n)
			}
		}
	}
	if n, code := p.PutBurst(got); n != len(got) || code != alloc.OK {
		t.Fatalf("put %d of %d: %v", n, len(got), code)
	}
	if s := p.Stats(); s.Used != 0 || s.Peak != s.Total || s.Frees != s.Allocs || s.Failures != 1 {
		t.Fatalf("stats %+v", s)
	}
}

func TestWrongPuts(t *testing.T) {
	each(t, func(t *testing.T, p objects) {
		addr := memory(t, 4096)
		p.Init(addr, 10*52, 48, 16)
		a, _ := p.Get()
		b, _ := p.Get()
		p.Put(b)
		tests := []struct {
			name string
			addr uintptr
			want alloc.Code
		}{
			{"inside", a + 8, alloc.ErrUnaligned},
			{"below", addr - 48, alloc.ErrUnknown},
			{"links", addr + 480, alloc.ErrUnknown},
			{"zero", 0, alloc.ErrUnknown},
			{"free", b, alloc.ErrFreed},
			{"never allocated", addr + 9*48, alloc.ErrFreed},
		}
		for i, tt := range tests {
			if got := p.Put(tt.addr); got != tt.want {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
			if s := p.Stats(); s.BadFrees != uint64(i+1) || s.Frees != 1 {
				t.Errorf("%s: %+v", tt.name, s)
			}
		}
		if n, code := p.PutBurst([]uintptr{a, a}); n != 1 || code != alloc.ErrFreed {
			t.Errorf("the same object twice in a burst: %d, %v", n, code)
		}
		if got := p.Stats().Used; got != 0 {
			t.Errorf("used %d", got)
		}
		drainCount(t, p)
	})
}

// drainCount fails unless the free list holds every object exactly once.
func drainCount(t *testing.T, p objects) {
	t.Helper()
	seen := map[uintptr]bool{}
	for {
		a, ok := p.Get()
		if !ok {
			break
		}
		if seen[a] {
			t.Fatalf("%#x handed out twice", a)
		}
		seen[a] = true
	}
	if len(seen) != p.Len() {
		t.Errorf("%d objects of %d on the list", len(seen), p.Len())
	}
}

func TestBurstRunsDry(t *testing.T) {
	each(t, func(t *testing.T, p objects) {
		p.Init(memory(t, 4096), 10*12, 8, 8)
		var addrs [8]uintptr
		for _, want := range []int{8, 2, 0} {
			if got := p.GetBurst(addrs[:]); got != want {
				t.Errorf("burst of %d, want %d", got, want)
			}
		}
		if got := p.GetBurst(nil); got != 0 {
			t.Errorf("empty burst: %d", got)
		}
		if s := p.Stats(); s.Failures != 1 || s.Allocs != 10 || s.LargestFree != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAllocator(t *testing.T) {
	each(t, func(t *testing.T, p objects) {
		p.Init(memory(t, 4096), 4096, 100, 64)
		for _, tt := range []struct{ size, align uintptr }{{101, 8}, {1, 128}, {1, 24}} {
			if _, ok := p.Alloc(tt.size, tt.align); ok {
				t.Errorf("Alloc(%d, %d) succeeded", tt.size, tt.align)
			}
		}
		a, ok := p.Alloc(100, 64)
		if !ok || p.Free(a, 101) != alloc.ErrSize || p.Free(a, 100) != alloc.OK {
			t.Error("Alloc and Free of a fitting size")
		}
		if s := p.Stats(); s.Failures != 3 || s.BadFrees != 1 || s.LargestFree != 100 {
			t.Errorf("stats %+v", s)
		}
	})
}

// FuzzPools plays the same operations on a Pool, a Shared and a model.
func FuzzPools(f *testing.F) {
	f.Add([]byte{4, 8, 1, 12, 3, 255, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		var pool Pool
		var shared Shared
		for _, p := range []objects{&pool, &shared} {
			base := memory(t, 4096)
			p.Init(base, 20*28, 24, 8)
			play(t, p, base, script)
		}
	})
}

func play(t *testing.T, p objects, base uintptr, script []byte) {
	live := map[uintptr]bool{}
	for _, c := range script {
		n := uintptr(c >> 1)
		if c&1 == 0 {
			addrs := make([]uintptr, n%7)
			got := p.GetBurst(addrs)
			if want := min(len(addrs), p.Len()-len(live)); got != want {
				t.Fatalf("burst of %d, want %d", got, want)
			}
			for _, a := range addrs[:got] {
				if live[a] {
					t.Fatalf("%#x handed out twice", a)
				}
				live[a] = true
			}
			continue
		}
		a := base + n*12
		if ok := p.Put(a) == alloc.OK; ok != live[a] {
			t.Fatalf("Put(%#x) = %v, live %v", a, ok, live[a])
		}
		delete(live, a)
	}
	if got := p.Stats().Used; got != uint64(len(live))*24 {
		t.Fatalf("used %d, live %d", got, len(live))
	}
}

func TestRandomScripts(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	each(t, func(t *testing.T, p objects) {
		for range 50 {
			script := make([]byte, 500)
			rng.Read(script)
			base := memory(t, 4096)
			p.Init(base, 20*28, 24, 8)
			play(t, p, base, script)
		}
	})
}

func BenchmarkGetPut(b *testing.B) {
	run := func(b *testing.B, p objects, object uintptr) {
		p.Init(memory(b, 1<<16), 1<<16, object, 64)
		b.ReportAllocs()
		for b.Loop() {
			a, _ := p.Get()
			p.Put(a)
		}
	}
	b.Run("Pool", func(b *testing.B) { run(b, new(Pool), 2048) })
	b.Run("Pool/odd", func(b *testing.B) { run(b, new(Pool), 1600) })
	b.Run("Shared", func(b *testing.B) { run(b, new(Shared), 2048) })
}

// BenchmarkBurst is the cost of 32 objects, got and put.
func BenchmarkBurst(b *testing.B) {
	run := func(b *testing.B, p objects) {
		p.Init(memory(b, 1<<18), 1<<18, 2048, 64)
		var addrs [32]uintptr
		b.ReportAllocs()
		for b.Loop() {
			n := p.GetBurst(addrs[:])
			p.PutBurst(addrs[:n])
		}
	}
	b.Run("Pool", func(b *testing.B) { run(b, new(Pool)) })
	b.Run("Shared", func(b *testing.B) { run(b, new(Shared)) })
}
