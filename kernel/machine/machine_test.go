package machine

import "testing"

// TestLoader: how much RAM there is, and which holds the image: the last that does.
func TestLoader(t *testing.T) {
	l := Loader{N: 3}
	copy(l.RAM[:], []Range{{0, 0x9f000}, {0x100000, 63 << 20}, {1 << 32, 1 << 30}, {1 << 40, 1 << 40}})
	if got := l.Total(); got != 0x9f000+63<<20+1<<30 {
		t.Errorf("%#x bytes", got)
	}
	for _, c := range []struct {
		start, end uint64
		want       int
	}{{0x100000, 0x400000, 1}, {0x1000, 0x9e000, 0}, {0x100000, 64 << 20, -1}, {0xff000, 0x200000, -1}, {1 << 40, 1<<40 + 1, -1}} {
		if got := l.Holding(c.start, c.end); got != c.want {
			t.Errorf("[%#x, %#x) is in %d, want %d", c.start, c.end, got, c.want)
		}
	}
}
