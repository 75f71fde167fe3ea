package pool

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"yolk/kernel/alloc"
)

// TestSharedConcurrently has goroutines take objects, in bursts and singly,
// write their own number into each, and find it there when they put it back.
// Under the race detector it also shows that a put happens before the get that
// hands the same object out again.
func TestSharedConcurrently(t *testing.T) {
	b, code := NewBytes(make([]byte, 64*(64+4)+64), 64, 64)
	if code != alloc.OK {
		t.Fatal(code)
	}
	const workers, rounds = 4, 5000
	var wg sync.WaitGroup
	for w := range byte(workers) {
		wg.Go(func() {
			for r := range rounds {
				hold(t, b, w+1, r%9)
			}
		})
	}
	wg.Wait()
	s := b.Stats()
	if s.Used != 0 || s.Allocs != s.Frees || s.BadFrees != 0 || s.Peak > s.Total {
		t.Errorf("stats %+v", s)
	}
	drainCount(t, &b.pool)
}

// hold takes up to n+1 objects for a moment.
func hold(t *testing.T, b *Bytes, mark byte, n int) {
	var addrs [8]uintptr
	got := b.pool.GetBurst(addrs[:n%8])
	one := b.Get()
	for _, a := range addrs[:got] {
		p := bytesAt(a, 64)
		p[0], p[63] = mark, mark
	}
	if one != nil {
		one[5] = mark
	}
	runtime.Gosched()
	for _, a := range addrs[:got] {
		if p := bytesAt(a, 64); p[0] != mark || p[63] != mark {
			t.Errorf("object of %d was overwritten: %d %d", mark, p[0], p[63])
		}
	}
	if one != nil && (one[5] != mark || b.Put(one) != alloc.OK) {
		t.Errorf("single object of %d was overwritten or refused", mark)
	}
	if k, code := b.pool.PutBurst(addrs[:got]); k != got {
		t.Errorf("put %d of %d: %v", k, got, code)
	}
}

// TestSharedDoublePutRace puts every object from two goroutines at once: one of
// the two must be refused, whichever it is.
func TestSharedDoublePutRace(t *testing.T) {
	var s Shared
	s.Init(memory(t, 4096), 12, 8, 8)
	for round := range 2000 {
		a, ok := s.Get()
		if !ok {
			t.Fatalf("round %d: no object", round)
		}
		var accepted atomic.Int32
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if s.Put(a) == alloc.OK {
					accepted.Add(1)
				}
			})
		}
		wg.Wait()
		if accepted.Load() != 1 {
			t.Fatalf("round %d: %d puts accepted", round, accepted.Load())
		}
	}
	drainCount(t, &s)
}

// TestSharedStalePop checks the case that the tag is for: the head is the same
// object again, but what was below it is gone.
func TestSharedStalePop(t *testing.T) {
	var s Shared
	s.Init(memory(t, 4096), 3*12, 8, 8)
	stale := s.head.Load() // a pop that stops here would set object 2 as next
	a, _ := s.Get()
	s.Get()
	s.Put(a)
	now := s.head.Load()
	if now&indexMask != stale&indexMask {
		t.Fatalf("head %#x, then %#x: the test needs the same first object", stale, now)
	}
	if s.head.CompareAndSwap(stale, stale&^indexMask|2) {
		t.Fatal("a stale swap succeeded: object 2 would be handed out twice")
	}
}

func TestBytes(t *testing.T) {
	if _, code := NewBytes(make([]byte, 10), 64, 64); code != alloc.ErrRange {
		t.Errorf("too small: %v", code)
	}
	if _, code := NewBytes(nil, 64, 64); code != alloc.ErrRange {
		t.Errorf("nil: %v", code)
	}
	b, _ := NewBytes(make([]byte, 1000), 100, 8)
	p := b.Get()
	if len(p) != 100 || cap(p) != 100 {
		t.Errorf("length %d, capacity %d", len(p), cap(p))
	}
	if code := b.Put(p[1:]); code != alloc.ErrUnaligned {
		t.Errorf("put of a later part: %v", code)
	}
	if code := b.Put(make([]byte, 100)); code != alloc.ErrUnknown {
		t.Errorf("put of other memory: %v", code)
	}
	if code := b.Put(p[:0]); code != alloc.OK {
		t.Errorf("put of the shortened slice: %v", code)
	}
	n := 0
	for b.Get() != nil {
		n++
	}
	if n != b.Len() || b.Stats().Free != 0 {
		t.Errorf("%d objects of %d, %+v", n, b.Len(), b.Stats())
	}
	if b.Put(nil) != alloc.ErrUnknown {
		t.Error("put of nil")
	}
}

func BenchmarkSharedParallel(b *testing.B) {
	var s Shared
	s.Init(memory(b, 1<<18), 1<<18, 2048, 64)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, ok := s.Get(); ok {
				s.Put(a)
			}
		}
	})
}
