package buddy

import (
	"math/rand"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/alloc"
)

// arena is the physical address at which machine puts its memory: a multiple
// of the largest block, so that tests choose alignment by offset.
const arena = 4 << 30

// machine returns an empty allocator over size bytes of dirty memory at
// physical address arena.
func machine(t testing.TB, size int) *Allocator {
	t.Helper()
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	for i := 0; i < len(mem); i += 64 {
		mem[i] = 0xa5
	}
	a := new(Allocator)
	a.Init(uintptr(unsafe.Pointer(&mem[0])) - arena)
	return a
}

func add(t testing.TB, a *Allocator, start, end uint64) {
	t.Helper()
	if code := a.AddRange(start, end); code != alloc.OK {
		t.Fatalf("AddRange(%#x, %#x): %v", start, end, code)
	}
}

// check walks the free lists and the metadata and fails unless they describe
// the same tiling of every span, fully merged.
func check(t testing.TB, a *Allocator) {
	t.Helper()
	listed := map[uint64]int{}
	for k, head := range a.heads {
		if (head != 0) != (a.avail>>k&1 != 0) {
			t.Fatalf("order %d: head %#x, avail %b", k, head, a.avail)
		}
		prev := uint64(0)
		for p := head; p != 0; p = a.load(p + linkNext) {
			if got := a.load(p + linkPrev); got != prev {
				t.Fatalf("block %#x: prev %#x, want %#x", p, got, prev)
			}
			listed[p], prev = k, p
		}
	}
	var used, free uint64
	for i := range a.spans[:a.nspans] {
		u, f := checkSpan(t, a, i, listed)
		used, free = used+u, free+f
	}
	if s := a.Stats(); s.Used != used || s.Free != free || len(listed) != 0 {
		t.Fatalf("stats %+v; found used %d, free %d, stray blocks %v", s, used, free, listed)
	}
}

// checkSpan checks one span and takes its free blocks out of listed.
func checkSpan(t testing.TB, a *Allocator, i int, listed map[uint64]int) (used, free uint64) {
	t.Helper()
	s := a.spans[i]
	for p := s.base; p < s.end; {
		m := a.mark(i, p)
		k := int(m & markOrder)
		if m == markNone || p%blockSize(k) != 0 || p+blockSize(k) > s.end {
			t.Fatalf("frame %#x: mark %#x is no block", p, m)
		}
		for q := p + FrameSize; q < p+blockSize(k); q += FrameSize {
			if a.mark(i, q) != markNone {
				t.Fatalf("frame %#x inside block %#x has mark %#x", q, p, a.mark(i, q))
			}
		}
		if m&markTaken != 0 {
			used += blockSize(k)
		} else {
			free += blockSize(k)
			if order, ok := listed[p]; !ok || order != k {
				t.Fatalf("free block %#x of order %d is not in its list", p, k)
			}
			delete(listed, p)
			b := p ^ blockSize(k)
			if k < MaxOrder && b >= s.base && b < s.end && a.mark(i, b) == m {
				t.Fatalf("free buddies %#x and %#x of order %d are not merged", p, b, k)
			}
		}
		p += blockSize(k)
	}
	return used, free
}

func TestZeroValueHasNoMemory(t *testing.T) {
	var a Allocator
	if _, ok := a.Alloc(0); ok {
		t.Error("Alloc succeeded")
	}
	if _, ok := a.AllocFrame(); ok {
		t.Error("AllocFrame succeeded")
	}
	if code := a.Free(FrameSize); code != alloc.ErrUnknown {
		t.Errorf("Free: %v", code)
	}
	if s := a.Stats(); s.Failures != 2 || s.BadFrees != 1 || s.Total != 0 || s.LargestFree != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestSmallMachine(t *testing.T) {
	// 8 MiB, of which the first 1 MiB + 1234567 bytes are the image.
	a := machine(t, 8<<20)
	add(t, a, arena+1<<20+1234567, arena+8<<20)
	check(t, a)
	frames := (uint64(7<<20-1234567) / FrameSize)
	if got, want := a.Stats().Total, (frames-1)*FrameSize; got != want {
		t.Errorf("total %d, want %d: metadata must take one frame", got, want)
	}
	if got := a.Stats().LargestFree; got != 4<<20 {
		t.Errorf("largest free %d, want 4 MiB: metadata split the large block", got)
	}
	n := uint64(0)
	for {
		if _, ok := a.AllocFrame(); !ok {
			break
		}
		n++
	}
	if n != frames-1 || a.Stats().Free != 0 || a.Stats().LargestFree != 0 {
		t.Errorf("got %d frames of %d, stats %+v", n, frames-1, a.Stats())
	}
	check(t, a)
}

func TestEveryOrderIsAlignedAndMergesBack(t *testing.T) {
	const size = 16 << 20
	a := machine(t, size)
	add(t, a, arena+5*FrameSize, arena+size)
	before := a.Stats()
	for k := 0; k <= 11; k++ {
		p, ok := a.Alloc(k)
		if !ok || p%blockSize(k) != 0 {
			t.Fatalf("order %d: %#x, %v", k, p, ok)
		}
		check(t, a)
		if code := a.Free(p); code != alloc.OK {
			t.Fatal(code)
		}
		check(t, a)
	}
	after := a.Stats()
	if after.LargestFree != before.LargestFree || after.Used != 0 || after.Peak != blockSize(11) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	for _, k := range []int{-1, 12, MaxOrder, MaxOrder + 1, 1 << 40} {
		if p, ok := a.Alloc(k); ok {
			t.Errorf("Alloc(%d) = %#x", k, p)
		}
	}
	if got := a.Stats().Failures; got != 5 {
		t.Errorf("failures %d, want 5", got)
	}
}

// TestSplit: the frames of a block are given back one by one, in any order, and are the
// block again.
func TestSplit(t *testing.T) {
	a := machine(t, 8<<20)
	add(t, a, arena, arena+8<<20)
	before := a.Stats()
	p, ok := a.Alloc(9)
	if !ok || !a.Has(9) || a.Has(MaxOrder) {
		t.Fatal("no block of 2 MiB, or one of 1 GiB is free")
	}
	if code := a.Split(p + FrameSize); code != alloc.ErrNotHead {
		t.Errorf("a part was split: %v", code)
	}
	if code := a.Split(p); code != alloc.OK {
		t.Fatal(code)
	}
	check(t, a)
	for _, i := range rand.New(rand.NewSource(1)).Perm(1 << 9) {
		if code := a.FreeFrame(p + uint64(i)*FrameSize); code != alloc.OK {
			t.Fatalf("frame %d: %v", i, code)
		}
	}
	check(t, a)
	if after := a.Stats(); after.LargestFree != before.LargestFree || after.Used != 0 || after.Allocs != after.Frees {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if code := a.Split(p); code != alloc.ErrFreed {
		t.Errorf("a free block was split: %v", code)
	}
}

func TestBadFreesChangeNothing(t *testing.T) {
	a := machine(t, 8<<20)
	add(t, a, arena, arena+4<<20)
	p, _ := a.Alloc(3)
	q, _ := a.AllocFrame()
	s := a.spans[0]
	tests := []struct {
		name string
		free func(uint64) alloc.Code
		phys uint64
		want alloc.Code
	}{
		{"unaligned", a.Free, p + 8, alloc.ErrUnaligned},
		{"inside", a.Free, p + FrameSize, alloc.ErrNotHead},
		{"never allocated", a.Free, p ^ blockSize(3) + 5*FrameSize, alloc.ErrFreed},
		{"metadata", a.Free, s.meta, alloc.ErrUnknown},
		{"below", a.Free, 0, alloc.ErrUnknown},
		{"above", a.Free, arena + 8<<20, alloc.ErrUnknown},
		{"huge", a.Free, ^uint64(FrameSize - 1), alloc.ErrUnknown},
		{"block as frame", a.FreeFrame, p, alloc.ErrSize},
		{"frame unaligned", a.FreeFrame, q + 1, alloc.ErrUnaligned},
	}
	for i, tt := range tests {
		before := *a
		if got := tt.free(tt.phys); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		before.stats.BadFrees++
		if before != *a {
			t.Errorf("%s changed the allocator", tt.name)
		}
		if got := a.Stats().BadFrees; got != uint64(i+1) {
			t.Errorf("%s: %d bad frees", tt.name, got)
		}
		check(t, a)
	}
	for _, b := range []uint64{p, q} {
		if code := a.Free(b); code != alloc.OK {
			t.Fatal(code)
		}
		if code := a.Free(b); code != alloc.ErrFreed {
			t.Errorf("double free of %#x: %v", b, code)
		}
	}
	check(t, a)
}

func TestAddRange(t *testing.T) {
	a := machine(t, 64*FrameSize)
	const f = FrameSize
	add(t, a, arena+10*f, arena+20*f)
	add(t, a, arena+20*f, arena+30*f) // adjacent
	add(t, a, arena+32*f+1, arena+36*f-1)
	if got := a.spans[2].end - min(a.spans[2].base, a.spans[2].meta); got != 2*f {
		t.Errorf("a range of two whole frames covers %d bytes", got)
	}
	tests := []struct {
		start, end uint64
		want       alloc.Code
	}{
		{arena + 50*f, arena + 50*f, alloc.ErrRange},
		{arena + 50*f, arena + 49*f, alloc.ErrRange},
		{arena + 50*f, arena + 51*f, alloc.ErrRange},
		{arena + 50*f + 1, arena + 52*f, alloc.ErrRange},
		{arena + 50*f, ^uint64(0), alloc.ErrRange},
		{^uint64(0), ^uint64(0), alloc.ErrRange},
		{0, 2 * f, alloc.ErrRange}, // frame 0 is never used
		{arena + 19*f, arena + 22*f, alloc.ErrOverlap},
		{arena + 5*f, arena + 11*f, alloc.ErrOverlap},
		{arena, arena + 64*f, alloc.ErrOverlap},
		{arena + 12*f, arena + 14*f, alloc.ErrOverlap},
	}
	for _, tt := range tests {
		before := *a
		if got := a.AddRange(tt.start, tt.end); got != tt.want || before != *a {
			t.Errorf("AddRange(%#x, %#x): %v, want %v", tt.start, tt.end, got, tt.want)
		}
	}
	check(t, a)
}

func TestRangeTableFull(t *testing.T) {
	const f = FrameSize
	a := machine(t, 64*f)
	for i := uint64(0); i < MaxRanges; i++ {
		add(t, a, arena+3*i*f, arena+(3*i+2)*f)
	}
	if got := a.AddRange(arena+60*f, arena+62*f); got != alloc.ErrFull {
		t.Errorf("range %d: %v", MaxRanges+1, got)
	}
	for i := 0; i < MaxRanges; i++ {
		if _, ok := a.AllocFrame(); !ok {
			t.Fatalf("frame %d of %d", i, MaxRanges)
		}
	}
	check(t, a)
}

func TestMetadataOfLargeRange(t *testing.T) {
	// Around the sizes where one more frame of metadata is needed.
	for _, n := range []uint64{2, 4096, 4097, 4098, 4099, 8194, 8195} {
		a := machine(t, int(n)*FrameSize)
		add(t, a, arena, arena+n*FrameSize)
		check(t, a)
		want := n - (n+FrameSize)/(FrameSize+1)
		if got := a.Stats().Total / FrameSize; got != want {
			t.Errorf("%d frames: %d managed, want %d", n, got, want)
		}
	}
}

// play runs one operation for each byte of script and keeps a model of who
// owns what: every block is filled with its own pattern, which must be there
// when it is freed.
func play(t testing.TB, a *Allocator, script []byte) {
	type block struct {
		phys  uint64
		order int
	}
	var live []block
	for i, c := range script {
		if c&3 != 0 || len(live) == 0 {
			order := int(c>>2) % 8
			p, ok := a.Alloc(order)
			if ok {
				fill(a, p, blockSize(order), p)
				live = append(live, block{p, order})
			} else if s := a.Stats(); s.LargestFree >= blockSize(order) {
				t.Fatalf("order %d refused with %d free", order, s.LargestFree)
			}
			continue
		}
		j := int(c>>2) * 7919 % len(live)
		b := live[j]
		live[j] = live[len(live)-1]
		live = live[:len(live)-1]
		verify(t, a, b.phys, blockSize(b.order), b.phys)
		if code := a.Free(b.phys); code != alloc.OK {
			t.Fatalf("free %#x: %v", b.phys, code)
		}
		if i%16 == 0 {
			check(t, a)
		}
	}
	check(t, a)
	for _, b := range live {
		verify(t, a, b.phys, blockSize(b.order), b.phys)
		if code := a.Free(b.phys); code != alloc.OK {
			t.Fatalf("free %#x: %v", b.phys, code)
		}
	}
	check(t, a)
}

func fill(a *Allocator, p, n, v uint64) {
	for q := p; q < p+n; q += 512 {
		a.store(q, v^q)
	}
}

func verify(t testing.TB, a *Allocator, p, n, v uint64) {
	t.Helper()
	for q := p; q < p+n; q += 512 {
		if a.load(q) != v^q {
			t.Fatalf("block %#x was overwritten at %#x", p, q)
		}
	}
}

func TestRandomAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for round := 0; round < 20; round++ {
		a := machine(t, 2<<20)
		cut := uint64(rng.Intn(1 << 20))
		add(t, a, arena+uint64(rng.Intn(9000)), arena+cut&^(FrameSize-1)+20000)
		add(t, a, arena+cut&^(FrameSize-1)+40000, arena+2<<20-uint64(rng.Intn(9000)))
		script := make([]byte, 2000)
		rng.Read(script)
		before := a.Stats()
		play(t, a, script)
		if after := a.Stats(); after.LargestFree != before.LargestFree || after.Used != 0 {
			t.Errorf("round %d: before %+v, after %+v", round, before, after)
		}
	}
}

func FuzzAllocator(f *testing.F) {
	f.Add(uint16(0), uint16(512), []byte{1, 5, 9, 0, 4, 29})
	f.Fuzz(func(t *testing.T, start, frames uint16, script []byte) {
		const size = 2 << 20
		s := uint64(start)
		e := min(s+uint64(frames)*FrameSize, size)
		if e < s+3*FrameSize || len(script) > 4096 {
			t.Skip()
		}
		a := machine(t, size)
		add(t, a, arena+s, arena+e)
		play(t, a, script)
	})
}

func BenchmarkFrame(b *testing.B) {
	a := machine(b, 64<<20)
	add(b, a, arena, arena+64<<20)
	b.ReportAllocs()
	for b.Loop() {
		p, _ := a.AllocFrame()
		a.FreeFrame(p)
	}
}

func BenchmarkFrames64(b *testing.B) {
	a := machine(b, 64<<20)
	add(b, a, arena, arena+64<<20)
	var p [64]uint64
	b.ReportAllocs()
	for b.Loop() {
		for i := range p {
			p[i], _ = a.AllocFrame()
		}
		for i := range p {
			a.FreeFrame(p[i])
		}
	}
}
