// Package entropy is the machine's random number generator: it collects seed
// material, decides when there is enough of it, and then produces as many
// unpredictable bytes as are asked for.
//
//	Source (RDSEED, RDRAND, virtio-rng) -- health test --+
//	                                                     v
//	other material, with or without credit ----> Seed: key = BLAKE2s(key, material)
//	                                                     |
//	                                  256 bits credited? v
//	                                             Read: ChaCha20(key) -> next key, output
//
// Output is a ChaCha20 generator with fast key erasure: the first 32 bytes of
// keystream replace the key before Read returns, so that whoever sees the state
// later cannot work out what was returned before. Written from RFC 8439
// (ChaCha20), RFC 7693 (BLAKE2s), D. J. Bernstein, "Fast-key-erasure
// random-number generators" (2017), and NIST SP 800-90B (health tests).
//
// The one promise that matters: Read returns nothing until material worth 256
// bits has been mixed in. A caller that has no source must stop, or say so.
//
// It is kernel-context code: no allocation, no pointers stored, no locks. The
// caller holds its own lock around all methods of a Generator.
//
// It may import math/bits only.
package entropy

// SeedBits is the credit at which a Generator counts as seeded.
const SeedBits = 256

// ReseedBytes is the output after which fresh material is due, ReseedAfter the time,
// in nanoseconds.
const (
	ReseedBytes = 1 << 20
	ReseedAfter = 300e9
)

// burst is the most output made from one key. It keeps the block counter, 32
// bits, far from its end.
const burst = 1 << 16

// A Generator is a seeded random number generator. The zero value is unseeded
// and ready for Seed. It must not be copied: two copies return the same bytes.
type Generator struct {
	key    [keySize]byte
	bits   int    // credited so far, up to SeedBits
	output uint64 // bytes since the last Reseed that went well
	since  uint64 // when that was
	forced bool
	stats  Stats
}

// Stats are a generator's counters.
type Stats struct {
	Bytes   uint64 // returned by Read
	Refused uint64 // calls of Read before there was enough credit
	Reseeds uint64 // successful calls of Reseed
	Retries uint64 // times a source had nothing at once
	Failed  uint64 // calls of Reseed that ended in an error
}

// Seed mixes material into the key. What was there before is kept: material that
// an attacker knows or chose does no harm. bits is the entropy that the caller
// vouches for, 0 when it is not known; no more is believed than 8 a byte.
// Material is not erased.
func (g *Generator) Seed(material []byte, bits int) {
	mac(&g.key, material)
	bits = min(bits, 8*len(material))
	if bits > 0 {
		g.bits = min(g.bits+bits, SeedBits)
	}
}

// Seeded reports whether Read would return output.
func (g *Generator) Seeded() bool { return g.bits >= SeedBits || g.forced }

// AssumeSeeded makes Read return output from whatever material there is. The
// bytes may then be predictable: it is for a machine whose owner asked for that
// by name (entropy=insecure).
func (g *Generator) AssumeSeeded() { g.forced = true }

// Insecure reports whether output depends on AssumeSeeded.
func (g *Generator) Insecure() bool { return g.forced && g.bits < SeedBits }

// Read fills p with random bytes. Before the generator is seeded it returns
// false and leaves p alone. It takes one 64-byte block for up to 32 bytes, and
// in bulk about 3 ns a byte; a caller that has interrupts off splits long reads.
func (g *Generator) Read(p []byte) bool {
	if !g.Seeded() {
		g.stats.Refused++
		return false
	}
	g.stats.Bytes += uint64(len(p))
	g.output += uint64(len(p))
	for len(p) > burst {
		g.fill(p[:burst])
		p = p[burst:]
	}
	g.fill(p)
	return true
}

// fill is Read for up to burst bytes. Of block 0 one half becomes the next key
// and the other half is output, which goes on with blocks 1, 2, ...
func (g *Generator) fill(p []byte) {
	var next, b [blockSize]byte
	block(&next, &g.key, 0)
	n := copy(p, next[keySize:])
	for i := uint32(1); n < len(p); i++ {
		block(&b, &g.key, i)
		n += copy(p[n:], b[:])
	}
	copy(g.key[:], next[:keySize])
	wipe(next[:])
	wipe(b[:])
}

// Stats returns the counters.
func (g *Generator) Stats() Stats { return g.stats }
