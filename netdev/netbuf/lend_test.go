package netbuf

import (
	"bytes"
	"testing"
)

// TestLend: memory of others becomes as many buffers as it lies in pieces, which a device
// finds where it is, and is given back once, when all are freed.
func TestLend(t *testing.T) {
	const page = maxAlign
	block := make([]byte, 6*page)
	block = block[(page-int(sliceAddr(block))%page)%page:]
	for i := range block {
		block[i] = byte(i / 7)
	}
	p, err := NewPool(nil, 3, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	pages := []uint64{0x7000, 0x8000, 0x9000, 0x20000, 0x40000}
	for _, c := range []struct {
		from, to int
		pages    []uint64
		addrs    []uint64
	}{
		{0, 10, pages[:1], []uint64{0x7000}},
		{5, 3 * page, pages[:3], []uint64{0x7005}},
		{page - 1, 3*page + 1, pages[:4], []uint64{0x7fff, 0x20000}},
		{7, 4*page + 9, pages, []uint64{0x7007, 0x20000, 0x40000}},
	} {
		done, b := 0, block[c.from:c.to]
		first := p.Lend(b, c.pages, func(*Buf) { done++ })
		if first == nil || first.Parts() != len(c.addrs) || !bytes.Equal(first.AppendTo(nil), b) {
			t.Fatalf("%d to %d: %v", c.from, c.to, first)
		}
		at := first
		for _, want := range c.addrs {
			if at.Addr() != want || at.Headroom() != 0 || at.Tailroom() != 0 {
				t.Errorf("%d to %d: a piece at %#x, and not at %#x", c.from, c.to, at.Addr(), want)
			}
			at = at.Next()
		}
		first.Retain(1)
		first.Free()
		if done != 0 {
			t.Error("given back with an owner left")
		}
		first.Free()
		if done != 1 || first.mem != nil || p.Available() != 3 {
			t.Errorf("given back %d times, %d headers free", done, p.Available())
		}
	}
	odd := []uint64{0x1000, 0x3000, 0x5000, 0x7000}
	if p.Lend(block[:4*page], odd, func(*Buf) { t.Error("given back what was not lent") }) != nil || p.Available() != 3 {
		t.Errorf("four pieces in three headers, %d free", p.Available())
	}
}
