package entropy

// Retries is how often a source that has nothing at the moment is asked again
// for one word before Reseed gives up. Intel's guide asks for 10 on RDRAND and
// a loop with a limit on RDSEED (Digital Random Number Generator Software
// Implementation Guide, sections 5.2.1 and 5.3.1).
const Retries = 100

// reseedBits is what one Reseed draws: twice what is credited, for a source that
// is half as good as it claims.
const reseedBits = 2 * SeedBits

// stirBits is what one Stir draws: enough that two draws are never the same.
const stirBits = 128

// A Code is the result of a reseed.
type Code uint8

const (
	OK       Code = iota
	ErrDry        // the source had nothing to give, Retries times in a row
	ErrStuck      // the source failed its health test, now or earlier
)

// String returns what the code means.
func (c Code) String() string {
	switch c {
	case OK:
		return "ok"
	case ErrDry:
		return "entropy source does not deliver"
	case ErrStuck:
		return "entropy source repeats itself and is not used any more"
	}
	return "unknown code"
}

// A Source is a supply of random words with its health test. Set the first two
// fields, statically when it is used before the Go runtime is up; the rest is
// state of the test. A Source is used under the lock of its Generator.
//
// The test is the repetition count test of NIST SP 800-90B, section 4.4.1, on
// words as samples, with a false positive rate of 2^-20 a sample at most: a
// source that claims H bits a word fails when a word comes 1 + ceil(20/H) times
// in a row, twice for one that claims 20 or more. A source that failed stays
// failed. (It catches the RDRAND that answers all ones after a suspend.)
type Source struct {
	Draw func() (word uint64, ok bool) // takes a word; ok is false when there is none now
	Bits int                           // entropy of a word as the caller judges it, 1 to 64

	last   uint64
	repeat int // times in a row that last has come, 0 before the first word
	failed bool
}

// Reseed draws words that together claim 512 bits from src and mixes them in.
// Only when all have been drawn and the source is healthy are they credited,
// with 256 bits: one Reseed that returns OK seeds the generator. On an error the
// generator is no worse than before: if it was seeded it still is. now is the time in
// nanoseconds, from any beginning.
func (g *Generator) Reseed(src *Source, now uint64) Code {
	code := g.gather(src, reseedBits)
	if code != OK {
		g.stats.Failed++
		return code
	}
	g.bits = SeedBits
	g.output, g.since = 0, now
	g.stats.Reseeds++
	return OK
}

// Due reports whether fresh material is due: the generator is not seeded yet, or
// ReseedBytes have been read or ReseedAfter has passed since the last Reseed.
func (g *Generator) Due(now uint64) bool {
	return g.bits < SeedBits || g.output >= ReseedBytes || now-g.since >= ReseedAfter
}

// Refresh is Reseed when fresh material is due; otherwise it does nothing. When
// that fails a seeded generator goes on with its old key, and the next try is
// after a sixteenth of ReseedBytes or ReseedAfter.
func (g *Generator) Refresh(src *Source, now uint64) Code {
	if !g.Due(now) {
		return OK
	}
	code := g.Reseed(src, now)
	if code != OK && g.bits >= SeedBits {
		g.Postpone(now)
	}
	return code
}

// Postpone makes fresh material due a sixteenth of ReseedBytes or ReseedAfter from
// now, for who could not have any.
func (g *Generator) Postpone(now uint64) {
	g.output = ReseedBytes - ReseedBytes/16
	g.since = now - (ReseedAfter - ReseedAfter/16)
}

// Stir mixes in words that together claim 128 bits from src, without credit. Two
// machines that go on from the same memory and Stir before they Read return
// different bytes.
func (g *Generator) Stir(src *Source) Code { return g.gather(src, stirBits) }

// gather mixes words that together claim that many bits from src into the key,
// without credit.
func (g *Generator) gather(src *Source, want int) Code {
	h := min(max(src.Bits, 1), 64)
	var b [blockSize]byte
	for drawn := 0; drawn < want; {
		n := 0
		for ; n < len(b) && drawn < want; n += 8 {
			word, code := g.draw(src, h)
			if code != OK {
				wipe(b[:])
				return code
			}
			store32(b[n:], uint32(word))
			store32(b[n+4:], uint32(word>>32))
			drawn += h
		}
		mac(&g.key, b[:n])
	}
	wipe(b[:])
	return OK
}

// draw takes one word from src and tests it.
func (g *Generator) draw(src *Source, h int) (uint64, Code) {
	if src.failed {
		return 0, ErrStuck
	}
	for range Retries {
		word, ok := src.Draw()
		if !ok {
			g.stats.Retries++
			continue
		}
		if !src.healthy(word, h) {
			return 0, ErrStuck
		}
		return word, OK
	}
	return 0, ErrDry
}

// healthy is the repetition count test for a source of h bits a word.
func (s *Source) healthy(word uint64, h int) bool {
	if s.repeat > 0 && word == s.last {
		s.repeat++
	} else {
		s.last, s.repeat = word, 1
	}
	if cutoff := 1 + (20+h-1)/h; s.repeat >= cutoff {
		s.failed = true
	}
	return !s.failed
}
