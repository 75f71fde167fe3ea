package virtio_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

const (
	packed   = virtio.FeatureRingPacked
	events   = virtio.FeatureEventIdx
	indirect = virtio.FeatureIndirect
	modern   = virtio.FeatureVersion1
)

// kinds are the rings that there are: none of the features is the legacy one.
var kinds = []virtio.Feature{0, modern, modern | events, modern | packed, modern | packed | events}

func kindName(f virtio.Feature) string {
	name := "split"
	if f&packed != 0 {
		name = "packed"
	}
	if f&modern == 0 {
		name = "legacy"
	}
	if f&events != 0 {
		name += ",events"
	}
	if f&indirect != 0 {
		name += ",indirect"
	}
	return name
}

// ring is both sides of a ring whose tokens are numbers, and memory for buffers.
type ring struct {
	virtio.Ring[int]
	dev  *virtiotest.Queue
	addr uint64
	next int // token
}

func newRing(t testing.TB, size int, f virtio.Feature) *ring {
	t.Helper()
	m := virtiotest.NewMemory(1 << 16)
	q, d, err := virtiotest.NewPair[int](m, virtio.RingConfig{Features: f, Size: size, Tables: 4})
	if err != nil {
		t.Fatal(err)
	}
	_, addr, err := m.Alloc(16384, 4096)
	if err != nil {
		t.Fatal(err)
	}
	return &ring{q, d, addr, 0}
}

// add adds one buffer to write n bytes to and returns its token, -1 if full.
func (r *ring) add(n uint32) int {
	r.next++
	if r.Add([]virtio.Segment{virtio.In(r.addr, n)}, []int{r.next}) == 1 {
		return r.next
	}
	return -1
}

// pop takes one buffer back.
func (r *ring) pop() (token int, written uint32, ok bool) {
	var tokens [1]int
	var lengths [1]uint32
	ok = r.Used(tokens[:], lengths[:]) == 1
	return tokens[0], lengths[0], ok
}

// each runs f for every kind of ring.
func each(t *testing.T, f func(t *testing.T, kind virtio.Feature)) {
	for _, k := range kinds {
		t.Run(kindName(k), func(t *testing.T) { f(t, k) })
	}
}

// Batches of 3 in a ring of 8 wrap in the middle, and 70000 batches take every
// 16-bit index over 65535 several times. Every buffer must come back once, with
// its length, in order.
func TestRingWrap(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		r := newRing(t, 8, kind)
		var c virtiotest.Chain
		segs := []virtio.Segment{virtio.In(r.addr, 64), virtio.In(r.addr+64, 64), virtio.In(r.addr+128, 64)}
		for round := range 70000 {
			tokens := [3]int{3 * round, 3*round + 1, 3*round + 2}
			if r.Add(segs, tokens[:]) != 3 {
				t.Fatalf("round %d: full", round)
			}
			r.Publish()
			for i := range tokens {
				if !r.dev.Pop(&c) || c.Room() != 64 {
					t.Fatalf("round %d: device popped %+v", round, c)
				}
				r.dev.Push(c.Head, (round+i)%65)
			}
			r.dev.Publish()
			var back [4]int
			var lengths [4]uint32
			if n := r.Used(back[:], lengths[:]); n != 3 || [3]int(back[:]) != tokens {
				t.Fatalf("round %d: %d back, %v want %v (%v)", round, n, back, tokens, r.Err())
			}
			for i := range tokens {
				if int(lengths[i]) != (round+i)%65 {
					t.Fatalf("round %d: lengths %v", round, lengths)
				}
			}
			if r.Free() != 8 || r.InFlight() != 0 || r.dev.Available() != 0 {
				t.Fatalf("round %d: not empty: %d free, %d in flight", round, r.Free(), r.InFlight())
			}
		}
	})
}

func TestRingFullAndEmpty(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		r := newRing(t, 4, kind)
		if _, _, ok := r.pop(); ok || r.Err() != nil {
			t.Fatal("popped from an empty ring")
		}
		segs := make([]virtio.Segment, 6)
		for i := range segs {
			segs[i] = virtio.In(r.addr, 16)
		}
		if n := r.Add(segs, []int{1, 2, 3, 4, 5, 6}); n != 4 {
			t.Fatalf("a ring of 4 took %d", n)
		}
		if r.add(16) != -1 || r.AddChain(segs[:1], 7) {
			t.Fatal("fifth descriptor in a ring of 4")
		}
		if r.dev.Available() != 0 {
			t.Fatal("device sees buffers before Publish")
		}
		r.Publish()
		// Used out of order, all come back.
		var c virtiotest.Chain
		var heads []uint16
		for r.dev.Pop(&c) {
			heads = append(heads, c.Head)
		}
		if len(heads) != 4 {
			t.Fatalf("device sees %d buffers", len(heads))
		}
		for i := range heads {
			r.dev.Push(heads[len(heads)-1-i], 16)
		}
		r.dev.Publish()
		for want := 4; want > 0; want-- {
			if token, _, ok := r.pop(); !ok || token != want {
				t.Fatalf("popped %d, %v, want %d (%v)", token, ok, want, r.Err())
			}
		}
		if r.Free() != 4 {
			t.Fatalf("%d free", r.Free())
		}
	})
}

// A ring may be told to use fewer descriptors than it has.
func TestRingLimit(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		r, d, err := virtiotest.NewPair[int](virtiotest.NewMemory(1<<16), virtio.RingConfig{Features: kind, Size: 16, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		segs := make([]virtio.Segment, 4)
		for i := range segs {
			segs[i] = virtio.In(0x1_0000_0000, 16)
		}
		var c virtiotest.Chain
		for round := range 20 {
			if n := r.Add(segs, make([]int, 4)); n != 3 || r.Size() != 3 || r.Free() != 0 {
				t.Fatalf("round %d: took %d, size %d", round, n, r.Size())
			}
			r.Publish()
			for d.Pop(&c) {
				d.Push(c.Head, 1)
			}
			d.Publish()
			if n := r.Used(make([]int, 4), make([]uint32, 4)); n != 3 {
				t.Fatalf("round %d: %d back, %v", round, n, r.Err())
			}
		}
	})
}

// Chains mix with single buffers; short ones stay in the ring, long ones go to an
// indirect table as long as there are tables.
func TestRingChains(t *testing.T) {
	for _, k := range append(kinds, modern|events|indirect, modern|packed|indirect) {
		t.Run(kindName(k), func(t *testing.T) {
			r := newRing(t, 16, k)
			short := []virtio.Segment{virtio.Out(r.addr, 10), virtio.Out(r.addr+64, 20), virtio.In(r.addr+128, 30)}
			var long []virtio.Segment
			for i := range 6 {
				long = append(long, virtio.Out(r.addr+uint64(i)*64, uint32(i+1)))
			}
			long = append(long, virtio.In(r.addr+512, 40))
			used := len(short) + len(long) + 1
			if k&indirect != 0 {
				used = len(short) + 1 + 1
			}
			var c virtiotest.Chain
			for round := range 100 {
				if !r.AddChain(short, 1) || !r.AddChain(long, 2) || r.add(9) < 0 || r.Free() != 16-used {
					t.Fatalf("round %d: %d free, want %d", round, r.Free(), 16-used)
				}
				r.Publish()
				for i, want := range [][2]int{{2, 30}, {6, 40}, {0, 9}} {
					if !r.dev.Pop(&c) || len(c.Out) != want[0] || len(c.In) != 1 || c.Room() != want[1] {
						t.Fatalf("round %d: buffer %d is %+v", round, i, c)
					}
					for j := range c.Out {
						if i == 1 && len(c.Out[j]) != j+1 {
							t.Fatalf("round %d: segment %d has %d bytes", round, j, len(c.Out[j]))
						}
					}
					r.dev.Push(c.Head, want[1])
				}
				r.dev.Publish()
				tokens, lengths := make([]int, 8), make([]uint32, 8)
				if n := r.Used(tokens, lengths); n != 3 || tokens[0] != 1 || tokens[1] != 2 || lengths[1] != 40 || r.Free() != 16 {
					t.Fatalf("round %d: %d back, %v %v, %d free (%v)", round, n, tokens, lengths, r.Free(), r.Err())
				}
			}
			if r.AddChain(nil, 1) {
				t.Fatal("added an empty chain")
			}
			if k&indirect == 0 {
				return
			}
			for i := range 5 { // there are 4 tables: the fifth takes 7 descriptors
				if !r.AddChain(long, i) {
					t.Fatalf("chain %d refused with %d free", i, r.Free())
				}
			}
			if r.Free() != 16-4-7 || r.AddChain(long, 5) {
				t.Fatalf("%d free", r.Free())
			}
		})
	}
}

// Each lie ends the ring with its own error, and nothing panics afterwards.
func TestRingHostile(t *testing.T) {
	type device = *virtiotest.Queue
	const used, avail = 1<<7 | 1<<15, 1 << 7
	lies := map[string]struct {
		only virtio.Feature // packed, or 0 for split, or both
		tell func(d device, head, single uint16)
		want error
	}{
		"id outside ring":        {packed | modern, func(d device, h, s uint16) { d.PushRaw(8, 1); d.Publish() }, virtio.ErrUsedID},
		"id of 32 bits":          {0, func(d device, h, s uint16) { d.PushRaw(1<<16|uint32(h), 1); d.Publish() }, virtio.ErrUsedID},
		"id of 16 bits":          {packed, func(d device, h, s uint16) { d.PushRaw(0xffff, 1); d.Publish() }, virtio.ErrUsedID},
		"id never posted":        {packed | modern, func(d device, h, s uint16) { d.PushRaw(7, 1); d.Publish() }, virtio.ErrNotOwned},
		"id inside a chain":      {0, func(d device, h, s uint16) { d.PushRaw(1, 1); d.Publish() }, virtio.ErrNotOwned},
		"completion repeated":    {packed | modern, func(d device, h, s uint16) { d.Push(h, 1); d.Push(h, 1); d.Publish() }, virtio.ErrNotOwned},
		"single repeated":        {packed | modern, func(d device, h, s uint16) { d.Push(s, 1); d.Push(s, 1); d.Publish() }, virtio.ErrNotOwned},
		"length beyond buffer":   {packed | modern, func(d device, h, s uint16) { d.Push(h, 65); d.Publish() }, virtio.ErrUsedLen},
		"length beyond single":   {packed | modern, func(d device, h, s uint16) { d.Push(s, 65); d.Publish() }, virtio.ErrUsedLen},
		"length of 32 bits":      {packed | modern, func(d device, h, s uint16) { d.PushRaw(uint32(h), 1<<32-1); d.Publish() }, virtio.ErrUsedLen},
		"index too far":          {0, func(d device, h, s uint16) { d.PublishIndex(3) }, virtio.ErrUsedIndex},
		"index past ring size":   {0, func(d device, h, s uint16) { d.PublishIndex(9) }, virtio.ErrUsedIndex},
		"index backwards":        {0, func(d device, h, s uint16) { d.PublishIndex(65535) }, virtio.ErrUsedIndex},
		"index runs on":          {0, func(d device, h, s uint16) { d.Push(h, 1); d.Push(s, 1); d.Publish(); d.PublishIndex(4) }, virtio.ErrUsedIndex},
		"ring reset":             {0, func(d device, h, s uint16) { d.Push(h, 1); d.PublishIndex(1); drain(d); d.Wipe(); d.PublishIndex(0) }, virtio.ErrUsedIndex},
		"answer to nothing":      {packed, func(d device, h, s uint16) { d.Push(h, 1); d.Push(s, 1); d.Publish(); d.Poke(3, 3, used) }, virtio.ErrNotOwned},
		"answers for all of lap": {packed, func(d device, h, s uint16) { flood(d, used) }, virtio.ErrNotOwned},
		"made available by other": {packed, func(d device, h, s uint16) {
			d.Push(h, 1)
			d.Push(s, 1)
			d.Publish()
			d.Poke(3, 0, avail)
			d.Poke(3, 0, used)
		}, virtio.ErrNotOwned},
	}
	for name, lie := range lies {
		for _, k := range kinds[1:] {
			if lie.only == 0 && k&packed != 0 || lie.only == packed && k&packed == 0 {
				continue
			}
			t.Run(name+"/"+kindName(k), func(t *testing.T) {
				r := newRing(t, 8, k)
				r.AddChain([]virtio.Segment{virtio.Out(r.addr, 64), virtio.In(r.addr+64, 64)}, 1)
				r.add(64)
				r.Publish()
				var c virtiotest.Chain
				r.dev.Pop(&c)
				head := c.Head
				r.dev.Pop(&c)
				victim = r
				lie.tell(r.dev, head, c.Head)
				for range 9 {
					r.pop()
				}
				if !errors.Is(r.Err(), lie.want) {
					t.Fatalf("error %v, want %v", r.Err(), lie.want)
				}
				if r.add(1) != -1 || r.AddChain([]virtio.Segment{virtio.In(r.addr, 1)}, 9) {
					t.Error("a failed ring takes buffers")
				}
				if r.EnableInterrupt() {
					t.Error("a failed ring has something pending")
				}
				left := r.InFlight()
				r.Abandon(func(int) { left-- })
				if left != 0 {
					t.Errorf("%d buffers not given back", left)
				}
			})
		}
	}
}

// victim is the ring under test, for lies that need the driver to look between.
var victim *ring

func drain(*virtiotest.Queue) { victim.pop() }

func flood(d *virtiotest.Queue, flags uint16) { floodFrom(d, 0, flags) }

func floodFrom(d *virtiotest.Queue, place int, flags uint16) {
	for ; place < d.Size(); place++ {
		d.Poke(place, uint16(place), flags)
	}
}

// A packed ring that the device wipes has answers nowhere in an even lap; in an
// odd one zeros are answers, to a buffer that can be in flight only once.
func TestPackedWiped(t *testing.T) {
	for lap := range 2 {
		r := newRing(t, 4, modern|packed)
		var c virtiotest.Chain
		for range 4 * lap {
			r.add(64)
			r.Publish()
			r.dev.Pop(&c)
			r.dev.Push(c.Head, 1)
			r.dev.Publish()
			r.pop()
		}
		r.add(64)
		r.add(64)
		r.Publish()
		r.dev.Wipe()
		seen := 0
		for range 5 {
			if _, n, ok := r.pop(); ok {
				seen++
				if n != 0 {
					t.Errorf("%d bytes", n)
				}
			}
		}
		if lap == 0 && (seen != 0 || r.Err() != nil) || lap == 1 && (seen > 1 || !errors.Is(r.Err(), virtio.ErrNotOwned)) {
			t.Errorf("lap %d: %d answers, %v", lap, seen, r.Err())
		}
	}
}

// Answers with the wrap counter of another lap are none: the ring waits.
func TestPackedWrongLap(t *testing.T) {
	r := newRing(t, 4, modern|packed|events)
	r.add(64)
	r.Publish()
	for _, flags := range []uint16{0, 1 << 15, 1 << 7} {
		r.dev.Poke(0, 0, flags)
		if _, _, ok := r.pop(); ok || r.EnableInterrupt() || r.Err() != nil {
			t.Errorf("flags %#x taken for an answer: %v", flags, r.Err())
		}
	}
	r.dev.Poke(0, 0, 1<<7|1<<15)
	if _, _, ok := r.pop(); !ok {
		t.Error("answer not seen")
	}
}

// A device that reports a length for a buffer it could not write to is harmless.
func TestRingReadOnlyLength(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		r := newRing(t, 4, kind)
		r.Add([]virtio.Segment{virtio.Out(r.addr, 64), virtio.Out(r.addr, 64)}, []int{5, 6})
		r.Publish()
		var c virtiotest.Chain
		for r.dev.Pop(&c) {
			r.dev.Push(c.Head, 999)
		}
		r.dev.Publish()
		for want := 5; want <= 6; want++ {
			if token, n, ok := r.pop(); !ok || token != want || n != 0 {
				t.Fatalf("%d %d %v: %v", token, n, ok, r.Err())
			}
		}
	})
}

func TestRingNotification(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		for skip := range 9 { // at every place of the ring
			r := newRing(t, 8, kind)
			add := func() bool { r.add(8); return r.Publish() }
			serve := func() {
				var c virtiotest.Chain
				for r.dev.Pop(&c) {
					r.dev.Push(c.Head, 8)
				}
				r.dev.Publish()
				r.pop()
			}
			for range skip {
				add()
				serve()
			}
			r.dev.EnableKick()
			if !add() {
				t.Errorf("%d: no kick though asked for", skip)
			}
			if kind&events != 0 && add() {
				t.Errorf("%d: second kick for one request", skip)
			}
			r.dev.DisableKick()
			if add() {
				t.Errorf("%d: kick though suppressed", skip)
			}
			if r.Publish() {
				t.Errorf("%d: kick without new buffers", skip)
			}
			if !r.dev.EnableKick() {
				t.Errorf("%d: device not told of buffers that came before it asked", skip)
			}
		}
	})
}

func TestRingInterrupt(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		r := newRing(t, 8, kind)
		use := func() bool {
			var c virtiotest.Chain
			r.add(8)
			r.Publish()
			r.dev.Pop(&c)
			r.dev.Push(c.Head, 8)
			return r.dev.Publish()
		}
		for round := range 20 { // through every place, in even and odd laps
			r.DisableInterrupt()
			if use() {
				t.Errorf("%d: interrupt though disabled", round)
			}
			if !r.EnableInterrupt() {
				t.Errorf("%d: pending buffer not reported", round)
			}
			r.pop()
			if r.EnableInterrupt() {
				t.Errorf("%d: reports a buffer that is not there", round)
			}
			if !use() {
				t.Errorf("%d: no interrupt though enabled", round)
			}
			r.pop()
			r.DisableInterrupt()
			if use() {
				t.Errorf("%d: interrupt though disabled again", round)
			}
			r.pop()
		}
	})
}

func TestNewRingRefuses(t *testing.T) {
	bytes := func(f virtio.Feature) []byte {
		return make([]byte, virtio.RingConfig{Size: 8, Features: f}.Bytes())
	}
	mem := bytes(modern)
	for _, c := range []struct {
		size     int
		features virtio.Feature
		mem      []byte
		addr     uint64
	}{
		{0, modern, mem, 0}, {1, modern, mem, 0}, {6, modern, mem, 0}, {8, modern, mem[:len(mem)-1], 0},
		{8, modern, mem, 8}, {65536, modern, mem, 0}, {8, 0, bytes(0), 64}, {8, packed, mem, 0},
		{8, modern | packed, bytes(modern | packed)[1:], 0},
	} {
		cfg := virtio.RingConfig{Features: c.features, Size: c.size}
		if _, err := virtio.NewRing[int](cfg, c.mem, c.addr); !errors.Is(err, virtio.ErrRing) {
			t.Errorf("size %d, %d bytes at %#x: %v", c.size, len(c.mem), c.addr, err)
		}
	}
}

// Driver and device run at the same time, sleeping whenever the other side has
// nothing: a lost notification either way hangs the test, a missing fence is the
// race detector's, a wrong order shows in the sequence numbers.
func TestRingConcurrent(t *testing.T) {
	each(t, func(t *testing.T, kind virtio.Feature) {
		const total = 50000
		r := newRing(t, 16, kind)
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
				for r.dev.Pop(&c) {
					c.In[0][0] = byte(done)
					r.dev.Push(c.Head, 1+done%64)
					done++
					batch++
				}
				if batch > 0 && r.dev.Publish() {
					signal(irq)
				}
				if batch == 0 && !r.dev.EnableKick() {
					<-kick
				}
			}
		}()
		added, popped := 0, 0
		segs, tokens, lengths := make([]virtio.Segment, 5), make([]int, 5), make([]uint32, 5)
		for popped < total {
			for added < total {
				n := min(len(segs), total-added)
				for i := range n {
					segs[i], tokens[i] = virtio.In(r.addr+uint64((added+i)%32)*64, 64), added+i
				}
				n = r.Add(segs[:n], tokens)
				if added += n; n == 0 {
					break
				}
			}
			if r.Publish() {
				signal(kick)
			}
			before := popped
			for {
				n := r.Used(tokens, lengths)
				if n == 0 {
					break
				}
				for i := range n {
					if int(lengths[i]) != 1+popped%64 || tokens[i] != popped {
						t.Fatalf("buffer %d is %d, length %d", popped, tokens[i], lengths[i])
					}
					popped++
				}
			}
			if err := r.Err(); err != nil {
				t.Fatal(err)
			}
			if popped == before && !r.EnableInterrupt() {
				<-irq
			}
		}
		runtime.KeepAlive(r.dev)
	})
}

// BenchmarkRing is the driver's side of the ring alone: adding 256 buffers in
// bursts of 32 and taking them back, the median time of each for a buffer.
func BenchmarkRing(b *testing.B) {
	for _, k := range []virtio.Feature{modern | events, modern | packed | events} {
		b.Run(kindName(k), func(b *testing.B) {
			const size, burst = 256, 32
			q, d, err := virtiotest.NewPair[*int](virtiotest.NewMemory(1<<16), virtio.RingConfig{Features: k, Size: size})
			if err != nil {
				b.Fatal(err)
			}
			segs, tokens, lengths := make([]virtio.Segment, burst), make([]*int, burst), make([]uint32, burst)
			for i := range segs {
				segs[i], tokens[i] = virtio.Out(0x1_0000_0000, 64), new(int)
			}
			var add, used []float64
			var c virtiotest.Chain
			for n := 0; n < b.N; n += size {
				start := time.Now()
				for range size / burst {
					q.Add(segs, tokens)
				}
				add = append(add, float64(time.Since(start))/size)
				q.Publish()
				for d.Pop(&c) {
					d.Push(c.Head, 0)
				}
				d.Publish()
				start = time.Now()
				for range size / burst {
					q.Used(tokens, lengths)
				}
				used = append(used, float64(time.Since(start))/size)
			}
			slices.Sort(add)
			slices.Sort(used)
			b.ReportMetric(add[len(add)/2], "add-ns")
			b.ReportMetric(used[len(used)/2], "used-ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}
