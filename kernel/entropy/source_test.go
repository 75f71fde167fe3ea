package entropy

import (
	"bytes"
	"testing"
)

// counter returns a Draw that counts up, and the number of its calls so far.
func counter() (draw func() (uint64, bool), calls *int) {
	calls = new(int)
	return func() (uint64, bool) {
		*calls++
		return uint64(*calls) * 0x9e3779b97f4a7c15, true
	}, calls
}

func TestReseedDrawsEnough(t *testing.T) {
	for _, tt := range []struct{ bits, words int }{
		{64, 8}, {32, 16}, {63, 9}, {1, 512}, {0, 512}, {-3, 512}, {1000, 8},
	} {
		draw, calls := counter()
		var g Generator
		if code := g.Reseed(&Source{Draw: draw, Bits: tt.bits}, 0); code != OK || !g.Seeded() {
			t.Errorf("%d bits a word: %v, seeded %v", tt.bits, code, g.Seeded())
		}
		if *calls != tt.words {
			t.Errorf("%d bits a word: %d words drawn, want %d", tt.bits, *calls, tt.words)
		}
	}
}

func TestEveryWordCounts(t *testing.T) {
	const words = 16 // at 32 bits a word
	keys := map[[keySize]byte]int{}
	for changed := -1; changed < words; changed++ {
		n := -1
		var g Generator
		g.Reseed(&Source{Bits: 32, Draw: func() (uint64, bool) {
			n++
			if n == changed {
				return uint64(n) | 1<<63, true
			}
			return uint64(n), true
		}}, 0)
		if other, ok := keys[g.key]; ok {
			t.Errorf("changing word %d gives the same key as changing word %d", changed, other)
		}
		keys[g.key] = changed
	}
}

func TestStuckSource(t *testing.T) {
	tests := []struct {
		name   string
		bits   int
		run    int // times in a row that the bad word comes
		failed bool
	}{
		{"twice, full entropy", 64, 2, true},
		{"once, full entropy", 64, 1, false},
		{"twice at 20 bits", 20, 2, true},
		{"twice at 19 bits", 19, 2, false},
		{"three times at 19 bits", 19, 3, true},
		{"20 times at one bit", 1, 20, false},
		{"21 times at one bit", 1, 21, true},
	}
	for _, tt := range tests {
		n := 0
		src := Source{Bits: tt.bits, Draw: func() (uint64, bool) {
			n++
			if n > 3 && n <= 3+tt.run {
				return 0, true
			}
			return uint64(n), true
		}}
		var g Generator
		code := g.Reseed(&src, 0)
		if (code == ErrStuck) != tt.failed || g.Seeded() == tt.failed {
			t.Errorf("%s: %v, seeded %v", tt.name, code, g.Seeded())
		}
		if again := g.Reseed(&src, 0); tt.failed && again != ErrStuck {
			t.Errorf("%s: a failed source was used again: %v", tt.name, again)
		}
	}
}

func TestStuckFromTheFirstWord(t *testing.T) {
	for _, word := range []uint64{0, ^uint64(0), 42} {
		for _, bits := range []int{1, 20, 64} {
			var g Generator
			src := Source{Bits: bits, Draw: func() (uint64, bool) { return word, true }}
			if code := g.Reseed(&src, 0); code != ErrStuck || g.Seeded() {
				t.Errorf("%#x for ever at %d bits: %v, seeded %v", word, bits, code, g.Seeded())
			}
		}
	}
}

// TestRepetitionAcrossReseeds has a word come last in one reseed and first in
// the next: the test must remember it.
func TestRepetitionAcrossReseeds(t *testing.T) {
	words := []uint64{1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15}
	src := Source{Bits: 64, Draw: func() (uint64, bool) {
		w := words[0]
		words = words[1:]
		return w, true
	}}
	var g Generator
	if first, second := g.Reseed(&src, 0), g.Reseed(&src, 0); first != OK || second != ErrStuck {
		t.Errorf("%v, then %v", first, second)
	}
	if !g.Seeded() {
		t.Error("the generator lost its seed to a source that failed later")
	}
}

func TestDrySource(t *testing.T) {
	calls := 0
	src := Source{Bits: 64, Draw: func() (uint64, bool) { calls++; return 0, false }}
	var g Generator
	if code := g.Reseed(&src, 0); code != ErrDry || g.Seeded() || calls != Retries {
		t.Errorf("%v after %d calls, seeded %v", code, calls, g.Seeded())
	}
	if s := g.Stats(); s.Retries != Retries || s.Failed != 1 || s.Reseeds != 0 {
		t.Errorf("stats %+v", s)
	}
	// One word short of enough: nothing may be credited for the others.
	draw, words := counter()
	src.Draw = func() (uint64, bool) {
		if *words == 7 {
			return 0, false
		}
		return draw()
	}
	if code := g.Reseed(&src, 0); code != ErrDry || g.Seeded() {
		t.Errorf("7 words of 8: %v, seeded %v", code, g.Seeded())
	}
}

func TestSlowSourceIsWaitedFor(t *testing.T) {
	draw, _ := counter()
	calls := 0
	src := Source{Bits: 64, Draw: func() (uint64, bool) {
		if calls++; calls%Retries != 0 {
			return 0, false
		}
		return draw()
	}}
	var g Generator
	if code := g.Reseed(&src, 0); code != OK {
		t.Errorf("a source that delivers at the last retry: %v", code)
	}
}

func TestRefresh(t *testing.T) {
	draw, calls := counter()
	src := Source{Bits: 64, Draw: draw}
	var g Generator
	steps := []struct {
		read  int
		calls int // in all, after the refresh
	}{
		{0, 8}, {0, 8}, {ReseedBytes - 1, 8}, {1, 16}, {100, 16}, {2 * ReseedBytes, 24},
	}
	for i, s := range steps {
		if s.read > 0 {
			read(t, &g, s.read)
		}
		if code := g.Refresh(&src, 0); code != OK || *calls != s.calls {
			t.Errorf("step %d: %v, %d words drawn, want %d", i, code, *calls, s.calls)
		}
	}
}

// TestRefreshInTime: fresh material is due after a time, too.
func TestRefreshInTime(t *testing.T) {
	draw, calls := counter()
	src := Source{Bits: 64, Draw: draw}
	var g Generator
	const start = 77e9
	for i, s := range []struct {
		now   uint64
		calls int
	}{
		{start, 8}, {start + ReseedAfter - 1, 8}, {start + ReseedAfter, 16}, {start + 2*ReseedAfter - 1, 16}, {start + 9*ReseedAfter, 24},
	} {
		if code := g.Refresh(&src, s.now); code != OK || *calls != s.calls || g.Due(s.now) {
			t.Errorf("step %d: %v, %d words drawn, want %d", i, code, *calls, s.calls)
		}
	}
	src.Draw = func() (uint64, bool) { *calls++; return 0, false }
	*calls = 0
	for now := uint64(start + 10*ReseedAfter); now < start+11*ReseedAfter; now += ReseedAfter / 64 {
		g.Refresh(&src, now)
	}
	if *calls != 16*Retries {
		t.Errorf("a source without words was asked for %d", *calls)
	}
}

// TestStir: generators of the same state part when each stirs, and only then, and it
// is no seed.
func TestStir(t *testing.T) {
	a, b, c := seeded(t), seeded(t), seeded(t)
	draw, calls := counter()
	for _, bits := range []int{64, 32} {
		*calls = 0
		if code := a.Stir(&Source{Bits: bits, Draw: draw}); code != OK || *calls != 128/bits {
			t.Errorf("%v, %d words of %d bits", code, *calls, bits)
		}
	}
	first := read(t, a, 32)
	if second := read(t, b, 32); bytes.Equal(first, second) || !bytes.Equal(second, read(t, c, 32)) {
		t.Error("stirring makes no difference, or not stirring one")
	}
	var empty Generator
	if empty.Stir(&Source{Bits: 64, Draw: draw}); empty.Seeded() {
		t.Error("seeded by a stir")
	}
}

// TestRefreshWithoutSource checks that a seeded generator outlives its source,
// and does not ask for it on every read.
func TestRefreshWithoutSource(t *testing.T) {
	g := seeded(t)
	calls := 0
	src := Source{Bits: 64, Draw: func() (uint64, bool) { calls++; return 0, false }}
	read(t, g, ReseedBytes)
	for range 10 {
		g.Refresh(&src, 0)
		read(t, g, 16)
	}
	if calls != Retries {
		t.Errorf("the source was asked %d times, want %d", calls, Retries)
	}
	read(t, g, ReseedBytes/16)
	if code := g.Refresh(&src, 0); code != ErrDry || calls != 2*Retries {
		t.Errorf("later: %v, asked %d times", code, calls)
	}
	if bytes.Equal(read(t, g, 16), read(t, g, 16)) {
		t.Error("output repeats")
	}
}

func TestRefreshReplacesInsecureSeed(t *testing.T) {
	var g Generator
	g.AssumeSeeded()
	draw, _ := counter()
	if code := g.Refresh(&Source{Bits: 64, Draw: draw}, 0); code != OK || g.Insecure() {
		t.Errorf("%v, insecure %v", code, g.Insecure())
	}
}

func TestCodesHaveTexts(t *testing.T) {
	seen := map[string]bool{}
	for c := OK; c <= ErrStuck+1; c++ {
		if seen[c.String()] {
			t.Errorf("code %d: %q is not its own", c, c)
		}
		seen[c.String()] = true
	}
}
