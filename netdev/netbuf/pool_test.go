package netbuf

import (
	"bytes"
	"errors"
	"runtime"
	"sync"
	"testing"
)

func pool(t testing.TB, count int) *Pool {
	t.Helper()
	p, err := NewPool(Heap, count, 256, 32)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBufferBounds(t *testing.T) {
	b := pool(t, 1).Get()
	if b.Len() != 0 || b.Headroom() != 32 || b.Tailroom() != 224 {
		t.Fatalf("%d, headroom %d, tailroom %d", b.Len(), b.Headroom(), b.Tailroom())
	}
	copy(b.Append(4), "data")
	copy(b.Push(2), "h:")
	if got := string(b.Bytes()); got != "h:data" || b.Addr() != b.addr+30 {
		t.Errorf("%q at %#x", got, b.Addr()-b.addr)
	}
	if string(b.Before(30)[28:]) != string(b.mem[28:30]) || b.Before(31) != nil || b.Before(-1) != nil || b.Len() != 6 {
		t.Error("Before")
	}
	if string(b.Pull(2)) != "h:" || !b.Trim(1) || string(b.Bytes()) != "dat" {
		t.Errorf("%q", b.Bytes())
	}
	for name, refused := range map[string]bool{
		"push beyond headroom":   b.Push(33) == nil,
		"push negative":          b.Push(-1) == nil,
		"append beyond tailroom": b.Append(222) == nil,
		"append negative":        b.Append(-1) == nil,
		"pull beyond packet":     b.Pull(4) == nil,
		"pull negative":          b.Pull(-1) == nil,
		"trim beyond packet":     !b.Trim(4),
		"trim negative":          !b.Trim(-1),
	} {
		if !refused || string(b.Bytes()) != "dat" {
			t.Errorf("%s: allowed, now %q", name, b.Bytes())
		}
	}
	if b.Push(32) == nil || b.Append(b.Tailroom()) == nil || b.Len() != 256 {
		t.Error("cannot use the whole buffer")
	}
}

func TestPoolGivesEachBufferOnce(t *testing.T) {
	p := pool(t, 300) // several slabs, the last one partial
	seen := map[*byte]*Buf{}
	for range 300 {
		b := p.Get()
		if b == nil || seen[&b.mem[0]] != nil {
			t.Fatalf("buffer %d: %v", len(seen), b)
		}
		for i := range b.mem {
			b.mem[i] = byte(len(seen))
		}
		seen[&b.mem[0]] = b
		if sliceAddr(b.mem)%64 != 0 {
			t.Fatal("misaligned")
		}
	}
	if p.Get() != nil {
		t.Fatal("a 301st buffer")
	}
	for _, b := range seen {
		if !bytes.Equal(b.mem, bytes.Repeat(b.mem[:1], 256)) {
			t.Fatal("buffers overlap")
		}
		b.Free()
	}
	if p.Available() != 300 || p.Get() == nil {
		t.Errorf("%d available", p.Available())
	}
}

func TestChainFreeAndRetain(t *testing.T) {
	p := pool(t, 3)
	a, b, c := p.Get(), p.Get(), p.Get()
	a.SetNext(b)
	b.SetNext(c)
	a.Append(10)
	c.Append(5)
	if a.PacketLen() != 15 || a.Parts() != 3 {
		t.Errorf("%d bytes, %d parts", a.PacketLen(), a.Parts())
	}
	a.Retain(1)
	a.Free()
	if p.Available() != 0 || a.Parts() != 3 || a.Shared() {
		t.Errorf("%d free while an owner is left", p.Available())
	}
	a.Free()
	if p.Available() != 3 {
		t.Errorf("%d free", p.Available())
	}
	if g := p.Get(); g.Next() != nil || g.Len() != 0 {
		t.Error("a buffer from the pool is not fresh")
	}
}

func TestDoubleFreePanics(t *testing.T) {
	b := pool(t, 1).Get()
	b.Free()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	b.Free()
}

// Buffers go round through several freeing goroutines, each with two owners that
// race to be the last; none may be lost or handed out twice.
func TestPoolConcurrent(t *testing.T) {
	const rounds = 20000
	p := pool(t, 16)
	ch := make(chan *Buf, 16)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for b := range ch {
				b.mem[0]--
				b.Free()
			}
		})
	}
	for n := 0; n < rounds; {
		b := p.Get()
		if b == nil {
			runtime.Gosched() // for those that give them back
			continue
		}
		if b.mem[0] != 0 {
			t.Fatal("a buffer in use was handed out")
		}
		b.mem[0]++
		b.Retain(1)
		ch <- b
		b.Free()
		n++
	}
	close(ch)
	wg.Wait()
	if p.Available() != 16 {
		t.Errorf("%d of 16 buffers left", p.Available())
	}
}

func TestNewPoolRefuses(t *testing.T) {
	for _, c := range [][3]int{{0, 256, 0}, {1, 63, 0}, {1, 100, 0}, {1, -64, 0}, {1, 1 << 31, 0}, {1, 256, 257}, {1, 256, -1}} {
		if _, err := NewPool(Heap, c[0], c[1], c[2]); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", c, err)
		}
	}
	m := &scarce{left: 2}
	if _, err := NewPool(m, 1000, 2048, 64); !errors.Is(err, ErrNoMemory) || m.out != 0 {
		t.Errorf("%v, %d slabs lost", err, m.out)
	}
}

// scarce is memory that runs out after some allocations.
type scarce struct{ left, out int }

func (s *scarce) Alloc(n, align int) ([]byte, uint64, error) {
	if s.left == 0 {
		return nil, 0, ErrNoMemory
	}
	s.left--
	s.out++
	return Heap.Alloc(n, align)
}

func (s *scarce) Free([]byte, uint64) { s.out-- }

func BenchmarkPool(b *testing.B) {
	p := pool(b, 64)
	var bufs [32]*Buf
	b.ReportAllocs()
	for n := 0; n < b.N; n += 32 {
		for i := range bufs {
			bufs[i] = p.Get()
		}
		FreeBurst(bufs[:])
	}
}
