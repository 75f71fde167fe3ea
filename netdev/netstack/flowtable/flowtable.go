// Package flowtable finds a connection by the addresses and ports of a packet. To look one
// up takes no lock and no atomic operation that writes, whatever is added and removed
// meanwhile: the packets of other processors do not wait. Who adds or removes holds a lock.
//
// It is a hash table of chains that grows with the connections and shrinks with them, to a
// place for each at least and eight at most. While it does, a connection may not be found:
// it is for a short way beside a long one, on which everything is found.
//
// Peers choose what they send, so the hash has a key, which each size has anew, and
// nothing is added to a chain that is long.
//
// gVisor's stack has it by edits of boot/overlay. It imports the standard library alone.
package flowtable

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// A Key is what tells connections apart, as it stands in an IPv4 packet without options:
// addresses of source and destination, ports of source and destination. Of IPv6's addresses
// it has a digest.
type Key [12]byte

// secret is what the digests of Key6 depend on, so that no peer knows of two that agree.
var secret = [4]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}

// Key6 is the key of an IPv6 connection, of which c is what a Key has of one over IPv4. Two
// may have the same, with the odds of chance: who finds a value compares the addresses.
func Key6(c *[36]byte) (k Key) {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(c[0:])^secret[0], binary.LittleEndian.Uint64(c[8:])^secret[1])
	high2, low2 := bits.Mul64(binary.LittleEndian.Uint64(c[16:])^secret[2], binary.LittleEndian.Uint64(c[24:])^secret[3])
	binary.LittleEndian.PutUint64(k[0:], (high^low)+(high2^low2))
	copy(k[8:], c[32:])
	return k
}

const (
	least   = 64 // places, of 8 bytes each
	longest = 16 // entries of a chain: none is added
)

// A Table finds values by their keys. The zero value is empty. All methods may be called
// concurrently.
type Table struct {
	places atomic.Pointer[places] // nil until something is added
	_      [64]byte               // what is written begins in another cache line

	mu sync.Mutex // guards n, and is held to change places and what is in them
	n  int
}

// places are the chains of a table of one size.
type places struct {
	seed  [2]uint64
	shift uint // to the bits of a product that number 1<<(64-shift) places
	heads []atomic.Pointer[entry]
}

type entry struct {
	next  atomic.Pointer[entry]
	key   Key
	value any
}

// Find returns the value of a key, or nil: there is none, or it is being moved.
func (t *Table) Find(k *Key) any {
	p := t.places.Load()
	if p == nil {
		return nil
	}
	for e := p.chain(k).Load(); e != nil; e = e.next.Load() {
		if e.key == *k {
			return e.value
		}
	}
	return nil
}

// Add gives a key a value, before any that it has, unless its chain is too long.
func (t *Table) Add(k Key, value any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.places.Load()
	switch {
	case p == nil:
		p = t.resize(least)
	case t.n == len(p.heads):
		p = t.resize(2 * len(p.heads))
	}
	head := p.chain(&k)
	length := 0
	for e := head.Load(); e != nil; e = e.next.Load() {
		length++
	}
	if length < longest {
		p.push(&entry{key: k, value: value})
		t.n++
	}
}

// Remove takes away the value of a key that is the one meant, if there is one.
func (t *Table) Remove(k *Key, meant func(any) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.places.Load()
	if p == nil {
		return
	}
	for at := p.chain(k); at.Load() != nil; at = &at.Load().next {
		// Who is at the entry goes on from it: it keeps its next.
		if e := at.Load(); e.key == *k && meant(e.value) {
			at.Store(e.next.Load())
			if t.n--; t.n < len(p.heads)/8 && len(p.heads) > least {
				t.resize(len(p.heads) / 2)
			}
			return
		}
	}
}

// Clear takes away all values.
func (t *Table) Clear() {
	t.mu.Lock()
	t.places.Store(nil)
	t.n = 0
	t.mu.Unlock()
}

// resize moves all entries to so many places, a power of two. Who looks for one meanwhile
// follows a chain that leads over into another, and has an end all the same.
func (t *Table) resize(size int) *places {
	p := &places{
		seed:  [2]uint64{rand.Uint64(), rand.Uint64()},
		shift: uint(64 - bits.Len(uint(size-1))),
		heads: make([]atomic.Pointer[entry], size),
	}
	if old := t.places.Load(); old != nil {
		for i := range old.heads {
			for e := old.heads[i].Load(); e != nil; {
				next := e.next.Load()
				p.push(e)
				e = next
			}
		}
	}
	t.places.Store(p)
	return p
}

// chain is the beginning of a key's chain. The hash is the step of wyhash (Wang Yi, 2019)
// that Go's maps have where the processor has none; without the second product, ports that
// count up fell on few places with one seed in a hundred.
func (p *places) chain(k *Key) *atomic.Pointer[entry] {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(k[0:])^p.seed[0], uint64(binary.LittleEndian.Uint32(k[8:]))^p.seed[1])
	const golden = 0x9e3779b97f4a7c15
	return &p.heads[(high^low)*golden>>(p.shift&63)]
}

// push puts an entry in front of its chain.
func (p *places) push(e *entry) {
	head := p.chain(&e.key)
	e.next.Store(head.Load())
	head.Store(e)
}
