package flowtable

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// key is the connection of number i: from hosts with 50 000 ports each to one server.
func key(i int) (k Key) {
	binary.BigEndian.PutUint32(k[0:], 10<<24+uint32(i/50_000))
	binary.BigEndian.PutUint32(k[4:], 10<<24+1<<16)
	binary.BigEndian.PutUint16(k[8:], uint16(10_000+i%50_000))
	binary.BigEndian.PutUint16(k[10:], 80)
	return k
}

func is(n int) func(any) bool { return func(v any) bool { return v == n } }

// TestTable: what was added and not removed is found, whatever the number, and nothing
// else; the places are as many as that needs.
func TestTable(t *testing.T) {
	const keys = 3000
	var table Table
	want := map[int]int{}
	r := rand.New(rand.NewPCG(1, 2))
	for step := range 20_000 {
		// The number goes up and down.
		i, more := r.IntN(keys), r.IntN(4) > 0 == (step/5000%2 == 0)
		k := key(i)
		if _, there := want[i]; more && !there {
			want[i] = step
			table.Add(k, step)
		} else if there && !more {
			table.Remove(&k, is(step)) // of another value
			table.Remove(&k, is(want[i]))
			delete(want, i)
		}
		if p := table.places.Load(); p != nil && (len(p.heads) < table.n || len(p.heads) > max(least, 8*table.n+8)) {
			t.Fatalf("%d places for %d", len(p.heads), table.n)
		}
		if step%1000 != 0 {
			continue
		}
		for i := range keys {
			k := key(i)
			if v, ok := want[i]; ok != (table.Find(&k) != nil) || ok && table.Find(&k) != v {
				t.Fatalf("step %d: %v is %v, want %v %v", step, k, table.Find(&k), v, ok)
			}
		}
	}
	if table.n != len(want) {
		t.Errorf("%d are counted, and there are %d", table.n, len(want))
	}
	for i, v := range want {
		k := key(i)
		table.Remove(&k, is(v))
	}
	if p := table.places.Load(); table.n != 0 || len(p.heads) != least {
		t.Errorf("%d entries and %d places in the end", table.n, len(p.heads))
	}
}

// TestLatest: a connection whose ports another had before is found, also when the end of
// that is noticed later.
func TestLatest(t *testing.T) {
	var table Table
	k := key(0)
	table.Remove(&k, is(0))
	table.Add(k, 1)
	table.Add(k, 2)
	if v := table.Find(&k); v != 2 {
		t.Errorf("found %v", v)
	}
	table.Remove(&k, is(1))
	if v := table.Find(&k); v != 2 {
		t.Errorf("found %v after the end of the first", v)
	}
	table.Clear()
	if table.Find(&k) != nil || table.n != 0 {
		t.Error("found in an empty table")
	}
}

// TestOneChain: where all keys have one hash, few are taken, and the others come in when
// there is room.
func TestOneChain(t *testing.T) {
	var table Table
	host := func(i int) Key { return key(i * 50_000) } // from the same port
	k := host(0)
	table.resize(least).seed[1] = uint64(binary.LittleEndian.Uint32(k[8:])) // and the product is 0
	found := func() (n int) {
		for i := range least - 1 {
			k := host(i)
			if v := table.Find(&k); v == i {
				n++
			}
		}
		return n
	}
	for i := range least - 1 {
		table.Add(host(i), i)
	}
	if n := found(); n != longest || table.n != longest {
		t.Errorf("%d are found, and %d counted", n, table.n)
	}
	k = host(longest / 2)
	table.Remove(&k, is(longest/2))
	table.Add(host(least-2), least-2)
	if n := found(); n != longest || table.n != longest {
		t.Errorf("%d are found, and %d counted, after one more", n, table.n)
	}
}

// TestHostile: keys that collide under one seed are spread by others. A thousand that are
// as a peer may choose them share a place with one in a thousand pairs or so.
func TestHostile(t *testing.T) {
	const size, keys = 1024, 1024
	var table Table
	p := table.resize(size)
	p.seed = [2]uint64{1<<63 + 1, 1<<62 + 1} // known, it is no secret
	place := p.chain(new(Key))
	r := rand.New(rand.NewPCG(3, 4))
	var chosen []Key
	for len(chosen) < keys {
		var k Key
		binary.LittleEndian.PutUint64(k[:], r.Uint64())
		binary.LittleEndian.PutUint32(k[8:], r.Uint32())
		if p.chain(&k) == place {
			chosen = append(chosen, k)
		}
	}
	for range 20 {
		p.seed = [2]uint64{r.Uint64(), r.Uint64()}
		count, pairs := map[*atomic.Pointer[entry]]int{}, 0
		for i := range chosen {
			place := p.chain(&chosen[i])
			pairs += count[place]
			count[place]++
		}
		if expected := keys * (keys - 1) / 2 / size; pairs > 3*expected {
			t.Errorf("%d pairs share a place, of chance %d do", pairs, expected)
		}
	}
}

// TestConcurrent has some look for what is there always, for what comes and goes, and for
// what is never there, while others add and remove. What is found is the key's. Those that
// stay are all found when nobody moves them.
func TestConcurrent(t *testing.T) {
	const stay, come, never = 100, 2000, 3000
	var table Table
	for i := range stay {
		table.Add(key(i), i)
	}
	var writers, readers sync.WaitGroup
	var done atomic.Bool
	for w := range 2 {
		writers.Go(func() {
			for range 3 {
				for i := stay + w; i < come; i += 2 {
					table.Add(key(i), i)
				}
				for i := stay + w; i < come; i += 2 {
					k := key(i)
					table.Remove(&k, is(i))
				}
			}
		})
		readers.Go(func() {
			for i := w; !done.Load(); i++ {
				k := key(i % never)
				if v := table.Find(&k); v != nil && (v != i%never || i%never >= come) {
					t.Errorf("%v is found for %d", v, i%never)
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
	for i := range come {
		k := key(i)
		if v := table.Find(&k); (v != nil) != (i < stay) {
			t.Errorf("%d in the end: %v", i, v)
		}
	}
	if table.n != stay {
		t.Errorf("%d are counted", table.n)
	}
}

// TestFindAllocates: it does not.
func TestFindAllocates(t *testing.T) {
	var table Table
	k := key(0)
	table.Add(k, 1)
	if n := testing.AllocsPerRun(100, func() { table.Find(&k) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var table Table
			keys := make([]Key, n)
			for i := range keys {
				keys[i] = key(i)
				table.Add(keys[i], i)
			}
			for i := 0; b.Loop(); i++ {
				if table.Find(&keys[i%n]) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

// TestKey6: each bit of addresses and ports makes another key, and of hosts that count up
// none has that of another.
func TestKey6(t *testing.T) {
	var c [36]byte
	seen := map[Key]int{Key6(&c): -1}
	for i := range 8 * len(c) {
		c[i/8] ^= 1 << (i % 8)
		seen[Key6(&c)] = i
		c[i/8] ^= 1 << (i % 8)
	}
	const hosts = 100_000
	for i := range hosts {
		binary.BigEndian.PutUint32(c[12:], uint32(i+2))
		seen[Key6(&c)] = i
	}
	if want := 1 + 8*len(c) + hosts; len(seen) < want-20 { // bits of the count are among both
		t.Errorf("%d keys of %d connections", len(seen), want)
	}
}
