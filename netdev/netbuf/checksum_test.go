package netbuf

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// naive is RFC 1071 as it is written.
func naive(p []byte) uint16 {
	var sum uint32
	for i, b := range p {
		if i%2 == 0 {
			sum += uint32(b) << 8
		} else {
			sum += uint32(b)
		}
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

func TestSum(t *testing.T) {
	if got := Fold(Sum(0, []byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})); got != 0xddf2 { // RFC 1071, 3
		t.Errorf("%#x", got)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		if got, want := Fold(Sum(0, p)), naive(p); got != want {
			t.Errorf("%d bytes: %#x, want %#x", n, got, want)
		}
	}
	ff := make([]byte, 1<<16)
	for i := range ff {
		ff[i] = 0xff
	}
	if got := Fold(Sum(0, ff)); got != 0xffff {
		t.Errorf("all ones: %#x", got)
	}
}

// TestFold: what is left is what division by 65535 leaves, but for 65535 itself,
// which only nothing at all folds to 0.
func TestFold(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, sum := range []uint64{0, 1, 0xffff, 0x10000, 0x1fffe, 0xffff_ffff, 0x1_0000_0000, 0xffff_0000_0001, 1<<63 | 1, 1<<64 - 1, 1<<64 - 2, r.Uint64(), r.Uint64()} {
		want := uint16(0)
		if sum != 0 {
			want = uint16((sum-1)%0xffff + 1)
		}
		if got := Fold(sum); got != want {
			t.Errorf("%#x: %#x, want %#x", sum, got, want)
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add(uint64(0), make([]byte, 41))
	f.Add(uint64(1)<<40, bytes.Repeat([]byte{0xff}, 101))
	f.Fuzz(func(t *testing.T, sum uint64, p []byte) {
		sum >>= 1 // room for p
		got := Fold(Sum(sum, p))
		if want := Fold(uint64(Fold(sum)) + uint64(naive(p))); got != want {
			t.Errorf("%#x + % x: %#x, want %#x", sum, p, got, want)
		}
	})
}

// However a packet is cut in parts, its checksum is completed to the same, and
// verifies.
func TestFinishChecksum(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		length := 60 + r.IntN(100)
		frame := make([]byte, length)
		for i := range frame {
			frame[i] = byte(r.Uint32())
		}
		start, field := 14+r.IntN(21), 2*r.IntN(9)
		pseudo := uint16(r.Uint32())
		binary.BigEndian.PutUint16(frame[start+field:], pseudo)
		p := pool(t, 64)
		first := p.Get()
		last := first
		for rest := frame; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(40))
			copy(last.Append(n), rest)
			if rest = rest[n:]; len(rest) > 0 {
				next := p.Get()
				last.SetNext(next)
				last = next
			}
		}
		first.Checksum, first.CsumStart, first.CsumOffset = ChecksumPartial, uint16(start), uint16(field)
		if !first.FinishChecksum() || first.Checksum != ChecksumUnknown {
			t.Fatal("not finished")
		}
		// As a receiver verifies: everything, and the pseudo header.
		if sum := Fold(uint64(naive(first.AppendTo(nil)[start:])) + uint64(pseudo)); sum != 0xffff {
			t.Fatalf("start %d, field %d, %d parts: sum %#x", start, field, first.Parts(), sum)
		}
	}
	b := pool(t, 1).Get()
	b.Append(60)
	if b.FinishChecksum() {
		t.Error("finished what was not begun")
	}
	b.Checksum, b.CsumStart, b.CsumOffset = ChecksumPartial, 50, 9
	if b.FinishChecksum() || b.Checksum != ChecksumPartial {
		t.Error("finished outside the packet")
	}
}
