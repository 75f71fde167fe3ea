package virtio_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

// pair makes both sides of a queue and a piece of memory for buffers.
func pair(t testing.TB, size int, eventIdx bool) (*virtio.Queue, *virtiotest.Queue, uint64) {
	t.Helper()
	m := virtiotest.NewMemory(1 << 16)
	q, d, err := virtiotest.NewPair(m, size, eventIdx)
	if err != nil {
		t.Fatal(err)
	}
	_, addr, err := m.Alloc(4096, 4096)
	if err != nil {
		t.Fatal(err)
	}
	return q, d, addr
}

// both runs f with and without event indices.
func both(t *testing.T, f func(t *testing.T, eventIdx bool)) {
	for _, e := range []bool{false, true} {
		t.Run(fmt.Sprintf("eventIdx=%v", e), func(t *testing.T) { f(t, e) })
	}
}

// Batches of 3 in a ring of 8 wrap in the middle, and 70000 batches take every
// 16-bit index over 65535 several times. Every chain must come back once, with
// its length, in order.
func TestQueueWrap(t *testing.T) {
	both(t, func(t *testing.T, eventIdx bool) {
		q, d, addr := pair(t, 8, eventIdx)
		var c virtiotest.Chain
		for round := range 70000 {
			var ids [3]uint16
			for i := range ids {
				ids[i], _ = q.AddOne(addr+uint64(i)*64, 64, true)
			}
			q.Publish()
			for i := range ids {
				if !d.Pop(&c) || c.Head != ids[i] || c.Room() != 64 {
					t.Fatalf("round %d: device popped %+v, want head %d", round, c, ids[i])
				}
				d.Push(c.Head, (round+i)%65)
			}
			d.Publish()
			for i := range ids {
				id, n, ok := q.Pop()
				if !ok || id != ids[i] || int(n) != (round+i)%65 {
					t.Fatalf("round %d: popped %d, %d, %v (%v)", round, id, n, ok, q.Err())
				}
			}
			if _, _, ok := q.Pop(); ok || q.Free() != 8 || q.InFlight() != 0 {
				t.Fatalf("round %d: not empty: %d free, %d in flight", round, q.Free(), q.InFlight())
			}
		}
	})
}

func TestQueueFullAndEmpty(t *testing.T) {
	q, d, addr := pair(t, 4, true)
	if _, _, ok := q.Pop(); ok || q.Err() != nil {
		t.Fatal("popped from an empty queue")
	}
	for i := range 4 {
		if _, ok := q.AddOne(addr, 16, true); !ok {
			t.Fatalf("queue of 4 full after %d", i)
		}
	}
	if _, ok := q.AddOne(addr, 16, true); ok {
		t.Fatal("fifth descriptor in a queue of 4")
	}
	if d.Available() != 0 {
		t.Fatal("device sees chains before Publish")
	}
	q.Publish()
	if d.Available() != 4 {
		t.Fatalf("device sees %d chains", d.Available())
	}
	// Used out of order, all come back.
	var c virtiotest.Chain
	var heads []uint16
	for d.Pop(&c) {
		heads = append(heads, c.Head)
	}
	for i := range heads {
		d.Push(heads[len(heads)-1-i], 16)
	}
	d.Publish()
	for i := range heads {
		if id, _, ok := q.Pop(); !ok || id != heads[len(heads)-1-i] {
			t.Fatalf("pop %d: %d, %v", i, id, ok)
		}
	}
	if q.Free() != 4 {
		t.Fatalf("%d free", q.Free())
	}
}

func TestQueueChains(t *testing.T) {
	q, d, addr := pair(t, 8, true)
	segs := []virtio.Segment{{addr, 10, false}, {addr + 64, 20, false}, {addr + 128, 30, true}}
	var c virtiotest.Chain
	for round := range 100 {
		a, ok1 := q.Add(segs)
		b, ok2 := q.Add(segs)
		_, ok3 := q.Add(segs) // two descriptors left, three needed
		if !ok1 || !ok2 || ok3 || q.Free() != 2 {
			t.Fatalf("round %d: %v %v %v, %d free", round, ok1, ok2, ok3, q.Free())
		}
		q.Publish()
		for _, head := range []uint16{a, b} {
			if !d.Pop(&c) || c.Head != head || len(c.Out) != 2 || len(c.In) != 1 ||
				len(c.Out[0]) != 10 || len(c.Out[1]) != 20 || c.Room() != 30 {
				t.Fatalf("round %d: %+v", round, c)
			}
			d.Push(head, 30)
		}
		d.Publish()
		q.Pop()
		if id, n, ok := q.Pop(); !ok || id != b || n != 30 || q.Free() != 8 {
			t.Fatalf("round %d: %d %d %v, %d free", round, id, n, ok, q.Free())
		}
	}
	if _, ok := q.Add(nil); ok {
		t.Fatal("added an empty chain")
	}
}

// Each lie ends the queue with its own error, and nothing panics afterwards.
func TestQueueHostile(t *testing.T) {
	lies := map[string]struct {
		tell func(d *virtiotest.Queue, head, body uint16)
		want error
	}{
		"id outside table":     {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(8, 1); d.Publish() }, virtio.ErrUsedID},
		"id of 32 bits":        {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(1<<16|uint32(h), 1); d.Publish() }, virtio.ErrUsedID},
		"id never posted":      {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(7, 1); d.Publish() }, virtio.ErrNotOwned},
		"id inside a chain":    {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(uint32(b), 1); d.Publish() }, virtio.ErrNotOwned},
		"completion repeated":  {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(uint32(h), 1); d.PushRaw(uint32(h), 1); d.Publish() }, virtio.ErrNotOwned},
		"length beyond buffer": {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(uint32(h), 65); d.Publish() }, virtio.ErrUsedLen},
		"length of 32 bits":    {func(d *virtiotest.Queue, h, b uint16) { d.PushRaw(uint32(h), 1<<32-1); d.Publish() }, virtio.ErrUsedLen},
		"index too far":        {func(d *virtiotest.Queue, h, b uint16) { d.PublishIndex(3) }, virtio.ErrUsedIndex},
		"index past ring size": {func(d *virtiotest.Queue, h, b uint16) { d.PublishIndex(9) }, virtio.ErrUsedIndex},
		"index backwards":      {func(d *virtiotest.Queue, h, b uint16) { d.PublishIndex(65535) }, virtio.ErrUsedIndex},
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			q, d, addr := pair(t, 8, true)
			head, _ := q.Add([]virtio.Segment{{addr, 64, false}, {addr + 64, 64, true}})
			q.AddOne(addr+128, 64, true)
			q.Publish()
			lie.tell(d, head, 1)
			for range 4 {
				q.Pop()
			}
			if !errors.Is(q.Err(), lie.want) {
				t.Fatalf("error %v, want %v", q.Err(), lie.want)
			}
			if _, ok := q.AddOne(addr, 1, true); ok {
				t.Error("a failed queue takes buffers")
			}
			if q.EnableInterrupt() {
				t.Error("a failed queue has something pending")
			}
			left := q.InFlight()
			q.Abandon(func(uint16) { left-- })
			if left != 0 {
				t.Errorf("%d chains not given back", left)
			}
		})
	}
}

// A device that reports a length for a chain it could not write to is harmless.
func TestQueueReadOnlyLength(t *testing.T) {
	q, d, addr := pair(t, 4, false)
	id, _ := q.AddOne(addr, 64, false)
	q.Publish()
	d.PushRaw(uint32(id), 999)
	d.Publish()
	if got, n, ok := q.Pop(); !ok || got != id || n != 0 {
		t.Fatalf("%d %d %v: %v", got, n, ok, q.Err())
	}
}

func TestQueueNotification(t *testing.T) {
	both(t, func(t *testing.T, eventIdx bool) {
		q, d, addr := pair(t, 8, eventIdx)
		add := func() bool { q.AddOne(addr, 8, true); return q.Publish() }
		d.EnableKick()
		if !add() {
			t.Error("no kick though asked for")
		}
		if eventIdx && add() {
			t.Error("second kick for one request")
		}
		d.DisableKick()
		if add() {
			t.Error("kick though suppressed")
		}
		if q.Publish() {
			t.Error("kick without new chains")
		}
		if !d.EnableKick() {
			t.Error("device not told of chains that came before it asked")
		}
	})
}

func TestQueueInterrupt(t *testing.T) {
	both(t, func(t *testing.T, eventIdx bool) {
		q, d, addr := pair(t, 8, eventIdx)
		use := func() bool {
			var c virtiotest.Chain
			q.AddOne(addr, 8, true)
			q.Publish()
			d.Pop(&c)
			d.Push(c.Head, 8)
			return d.Publish()
		}
		q.DisableInterrupt()
		if use() {
			t.Error("interrupt though disabled")
		}
		if !q.EnableInterrupt() {
			t.Error("pending chain not reported")
		}
		q.Pop()
		if q.EnableInterrupt() {
			t.Error("reports a chain that is not there")
		}
		if !use() {
			t.Error("no interrupt though enabled")
		}
		q.Pop()
		q.DisableInterrupt()
		if use() {
			t.Error("interrupt though disabled again")
		}
	})
}

func TestNewQueueRefuses(t *testing.T) {
	mem := make([]byte, virtio.RingBytes(8))
	for _, c := range []struct {
		size int
		mem  []byte
		addr uint64
	}{{0, mem, 0}, {1, mem, 0}, {6, mem, 0}, {8, mem[:len(mem)-1], 0}, {8, mem, 8}, {65536, mem, 0}} {
		if _, err := virtio.NewQueue(c.size, c.mem, c.addr, true); !errors.Is(err, virtio.ErrRing) {
			t.Errorf("size %d, %d bytes at %#x: %v", c.size, len(c.mem), c.addr, err)
		}
	}
}

// Driver and device run at the same time, sleeping whenever the other side has
// nothing: a lost notification either way hangs the test, a missing fence is the
// race detector's, a wrong order shows in the sequence numbers.
func TestQueueConcurrent(t *testing.T) {
	both(t, func(t *testing.T, eventIdx bool) {
		const total = 50000
		q, d, addr := pair(t, 16, eventIdx)
		kick, irq := make(chan struct{}, 1), make(chan struct{}, 1)
		signal := func(c chan struct{}) {
			select {
			case c <- struct{}{}:
			default:
			}
		}
		go func() {
			var c virtiotest.Chain
			for done := 0; done < total; {
				batch := 0
				for d.Pop(&c) {
					c.In[0][0] = byte(done)
					d.Push(c.Head, 1+done%64)
					done++
					batch++
				}
				if batch > 0 && d.Publish() {
					signal(irq)
				}
				if batch == 0 && !d.EnableKick() {
					<-kick
				}
			}
		}()
		added, popped := 0, 0
		for popped < total {
			for added < total {
				if _, ok := q.AddOne(addr+uint64(added%16)*64, 64, true); !ok {
					break
				}
				added++
			}
			if q.Publish() {
				signal(kick)
			}
			before := popped
			for {
				_, n, ok := q.Pop()
				if !ok {
					break
				}
				if int(n) != 1+popped%64 {
					t.Fatalf("chain %d has length %d", popped, n)
				}
				popped++
			}
			if err := q.Err(); err != nil {
				t.Fatal(err)
			}
			if popped == before && !q.EnableInterrupt() {
				<-irq
			}
		}
		runtime.KeepAlive(d)
	})
}

func BenchmarkQueue(b *testing.B) {
	q, d, addr := pair(b, 256, true)
	var c virtiotest.Chain
	b.ReportAllocs()
	for n := 0; n < b.N; n += 32 {
		for range 32 {
			q.AddOne(addr, 64, false)
		}
		q.Publish()
		for d.Pop(&c) {
			d.Push(c.Head, 0)
		}
		d.Publish()
		for range 32 {
			q.Pop()
		}
	}
}
