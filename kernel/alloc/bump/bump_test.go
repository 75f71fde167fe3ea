package bump

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/alloc"
)

// arena is the physical address of machine's memory.
const arena = 1 << 32

func machine(t testing.TB, frames int) *Allocator {
	t.Helper()
	b, err := syscall.Mmap(-1, 0, frames*FrameSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	a := new(Allocator)
	a.Init(uintptr(unsafe.Pointer(&b[0])) - arena)
	return a
}

func add(t testing.TB, a *Allocator, start, end uint64) {
	t.Helper()
	if code := a.AddRange(start, end); code != alloc.OK {
		t.Fatalf("AddRange(%#x, %#x): %v", start, end, code)
	}
}

func TestZeroValueHasNoMemory(t *testing.T) {
	var a Allocator
	if _, ok := a.Alloc(0); ok {
		t.Error("memory from nowhere")
	}
	if s := a.Stats(); s.Failures != 1 || s.Total != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestRangesThatAreRefused(t *testing.T) {
	a := machine(t, 64)
	add(t, a, arena+FrameSize, arena+10*FrameSize)
	for _, c := range []struct {
		start, end uint64
		want       alloc.Code
	}{
		{arena + 9*FrameSize, arena + 12*FrameSize, alloc.ErrOverlap},
		{arena + 20*FrameSize + 1, arena + 21*FrameSize, alloc.ErrRange},
		{arena + 30*FrameSize, arena + 20*FrameSize, alloc.ErrRange},
	} {
		if got := a.AddRange(c.start, c.end); got != c.want {
			t.Errorf("AddRange(%#x, %#x) = %v, want %v", c.start, c.end, got, c.want)
		}
	}
}

func TestBadFreesChangeNothing(t *testing.T) {
	a := machine(t, 64)
	add(t, a, arena, arena+64*FrameSize)
	pa, _ := a.Alloc(1)
	before := a.Stats()
	for _, c := range []struct {
		pa    uint64
		order int
		want  alloc.Code
	}{
		{pa + 1, 0, alloc.ErrUnaligned},
		{pa + FrameSize, 1, alloc.ErrUnaligned},
		{pa, MaxOrder + 1, alloc.ErrUnaligned},
		{pa + 2*FrameSize, 0, alloc.ErrUnknown}, // never handed out
		{0, 0, alloc.ErrUnknown},
		{pa, 2, alloc.ErrUnknown},
	} {
		if got := a.Free(c.pa, c.order); got != c.want {
			t.Errorf("Free(%#x, %d) = %v, want %v", c.pa, c.order, got, c.want)
		}
	}
	before.BadFrees = 6
	if after := a.Stats(); after != before {
		t.Errorf("stats %+v, want %+v", after, before)
	}
}

// play lets script allocate and free against a model that owns every frame at
// most once, and ends with all memory back.
func play(t testing.TB, frames int, script []byte) {
	a := machine(t, frames)
	add(t, a, arena+FrameSize, arena+uint64(frames/2)*FrameSize)
	add(t, a, arena+uint64(frames/2+3)*FrameSize, arena+uint64(frames)*FrameSize)
	type block struct {
		pa    uint64
		order int
	}
	var held []block
	owner := map[uint64]bool{}
	for _, op := range script {
		if order := int(op & 3); op&4 != 0 || len(held) == 0 {
			pa, ok := a.Alloc(order)
			if !ok {
				continue
			}
			if pa&(FrameSize<<order-1) != 0 {
				t.Fatalf("block %#x of order %d is not aligned", pa, order)
			}
			for i := range uint64(1) << order {
				f := pa + i*FrameSize
				if owner[f] || f < arena+FrameSize || f >= arena+uint64(frames)*FrameSize {
					t.Fatalf("frame %#x handed out twice or from nowhere", f)
				}
				owner[f] = true
			}
			held = append(held, block{pa, order})
			continue
		}
		i := int(op>>3) % len(held)
		b := held[i]
		held = append(held[:i], held[i+1:]...)
		for i := range uint64(1) << b.order {
			delete(owner, b.pa+i*FrameSize)
		}
		if code := a.Free(b.pa, b.order); code != alloc.OK {
			t.Fatalf("Free(%#x, %d): %v", b.pa, b.order, code)
		}
	}
	if s := a.Stats(); s.Used != uint64(len(owner))*FrameSize || s.Used+s.Free != s.Total {
		t.Fatalf("stats %+v with %d frames held", s, len(owner))
	}
	for _, b := range held {
		a.Free(b.pa, b.order)
	}
	for n := a.Stats().Total / FrameSize; n > 0; n-- { // every frame is there still
		if _, ok := a.Alloc(0); !ok {
			t.Fatalf("%d frames are lost", n)
		}
	}
	if _, ok := a.Alloc(0); ok {
		t.Fatal("one frame too many")
	}
}

func TestRandomAgainstModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		script := make([]byte, 3000)
		for i := range script {
			script[i] = byte(rnd.Uint32())
		}
		play(t, 64+rnd.IntN(200), script)
	}
}

func FuzzAllocator(f *testing.F) {
	f.Add([]byte{4, 5, 6, 7, 0, 0, 4, 7, 1})
	f.Fuzz(func(t *testing.T, script []byte) { play(t, 80, script[:min(len(script), 4000)]) })
}

func BenchmarkFrame(b *testing.B) {
	a := machine(b, 1024)
	add(b, a, arena, arena+1024*FrameSize)
	for b.Loop() {
		pa, _ := a.Alloc(0)
		a.Free(pa, 0)
	}
}
