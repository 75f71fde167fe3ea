package entropy

import (
	"bytes"
	"math/bits"
	"testing"
)

// seeded returns a generator that is seeded with known material.
func seeded(t testing.TB) *Generator {
	t.Helper()
	g := new(Generator)
	g.Seed(count(64), SeedBits)
	if !g.Seeded() {
		t.Fatal("256 bits credited and not seeded")
	}
	return g
}

// read returns n bytes from g.
func read(t testing.TB, g *Generator, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	if !g.Read(p) {
		t.Fatal("Read refused")
	}
	return p
}

func TestNothingBeforeSeeded(t *testing.T) {
	var g Generator
	steps := []struct {
		material int
		bits     int
	}{
		{0, 0}, {64, 0}, {64, -1 << 62}, {64, 255}, {0, 1000}, {100, -5},
	}
	for i, s := range steps {
		g.Seed(count(s.material), s.bits)
		p := []byte("untouched")
		if g.Seeded() || g.Read(p) || string(p) != "untouched" {
			t.Fatalf("step %d: seeded %v, read %q", i, g.Seeded(), p)
		}
	}
	if g.Read(nil) {
		t.Error("an empty read succeeded: the caller might take it for seeded")
	}
	if got := g.Stats(); got.Refused != uint64(len(steps)+1) || got.Bytes != 0 {
		t.Errorf("stats %+v", got)
	}
	g.Seed([]byte{7}, 1)
	if !g.Seeded() || g.Insecure() {
		t.Error("256 bits in pieces do not count as seeded")
	}
	if p := read(t, &g, 32); bytes.Equal(p, make([]byte, 32)) {
		t.Error("output is all zero")
	}
}

func TestCreditIsLimitedByLength(t *testing.T) {
	var g Generator
	g.Seed(count(31), 1<<62)
	if g.Seeded() {
		t.Error("31 bytes were worth 256 bits")
	}
	g.Seed(count(1), 1<<62)
	if !g.Seeded() {
		t.Error("32 bytes were not")
	}
}

func TestAssumeSeeded(t *testing.T) {
	var g Generator
	g.AssumeSeeded()
	if !g.Seeded() || !g.Insecure() {
		t.Errorf("seeded %v, insecure %v", g.Seeded(), g.Insecure())
	}
	read(t, &g, 8)
	g.Seed(count(32), 256)
	if g.Insecure() {
		t.Error("insecure after real material")
	}
}

// TestOutput works the construction out a second time, from block alone.
func TestOutput(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 95, 96, 97, 1000} {
		g := seeded(t)
		for range 3 {
			key := g.key
			var stream []byte
			for i := uint32(0); len(stream) < keySize+n; i++ {
				var b [blockSize]byte
				block(&b, &key, i)
				stream = append(stream, b[:]...)
			}
			if got := read(t, g, n); !bytes.Equal(got, stream[keySize:keySize+n]) {
				t.Fatalf("%d bytes: wrong output", n)
			}
			if n > 0 && !bytes.Equal(g.key[:], stream[:keySize]) {
				t.Fatalf("%d bytes: the key was not replaced by the keystream", n)
			}
		}
	}
}

// TestLongReadChangesKeys checks that a long read is the short reads it is made
// of, each from a key of its own.
func TestLongReadChangesKeys(t *testing.T) {
	g, h := seeded(t), seeded(t)
	long := read(t, g, 2*burst+5)
	var short []byte
	for _, n := range []int{burst, burst, 5} {
		short = append(short, read(t, h, n)...)
	}
	if !bytes.Equal(long, short) || g.key != h.key {
		t.Error("a long read differs from its parts")
	}
}

func TestSeedKeepsAndChanges(t *testing.T) {
	a, b := seeded(t), new(Generator)
	b.Seed([]byte("something else that is secret, 32"), SeedBits)
	for _, g := range []*Generator{a, b} {
		g.Seed([]byte("chosen by an attacker"), 0)
	}
	if a.key == b.key {
		t.Error("known material replaced the key")
	}
	c, d := seeded(t), seeded(t)
	d.Seed([]byte{0}, 0)
	if bytes.Equal(read(t, c, 32), read(t, d, 32)) {
		t.Error("material without credit was not mixed in")
	}
}

// TestOutputLooksRandom is a coarse check against gross mistakes, such as a
// block repeated or a half left zero: counts of ones overall and by bit position
// within six standard deviations, and no 16-byte string twice.
func TestOutputLooksRandom(t *testing.T) {
	p := read(t, seeded(t), 1<<18)
	var ones [8]int
	total := 0
	seen := map[[16]byte]bool{}
	for i, c := range p {
		total += bits.OnesCount8(c)
		for k := range ones {
			ones[k] += int(c >> k & 1)
		}
		if i%16 == 0 {
			s := [16]byte(p[i:])
			if seen[s] {
				t.Fatalf("%x came twice", s)
			}
			seen[s] = true
		}
	}
	if d := total - 4*len(p); d*d > 36*2*len(p) {
		t.Errorf("%d ones in %d bits", total, 8*len(p))
	}
	for k, n := range ones {
		if d := n - len(p)/2; d*d > 36*len(p)/4 {
			t.Errorf("bit %d: %d ones in %d", k, n, len(p))
		}
	}
}

func FuzzSeed(f *testing.F) {
	f.Add([]byte("material"), 256, 10)
	f.Fuzz(func(t *testing.T, material []byte, credit, n int) {
		var g Generator
		g.Seed(material, credit)
		want := credit >= SeedBits && len(material) >= SeedBits/8
		p := make([]byte, n&0xffff)
		if g.Seeded() != want || g.Read(p) != want {
			t.Fatalf("%d bytes, %d bits: seeded %v", len(material), credit, g.Seeded())
		}
		if !want && !bytes.Equal(p, make([]byte, len(p))) {
			t.Fatal("output before it was seeded")
		}
	})
}

func BenchmarkRead32(b *testing.B)   { benchmarkRead(b, 32) }
func BenchmarkRead4096(b *testing.B) { benchmarkRead(b, 4096) }

func benchmarkRead(b *testing.B, n int) {
	g := seeded(b)
	p := make([]byte, n)
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		g.Read(p)
	}
}
