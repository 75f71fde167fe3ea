package ramfs

// Small replacements for packages sort and encoding/binary, whose imports
// would weigh more than the rest of this one.

// search returns the first k in [0, n) for which ok(k), or n; ok must be false
// up to some k and true from there on.
func search(n int, ok func(k int) bool) int {
	low, high := 0, n
	for low < high {
		k := int(uint(low+high) / 2)
		if ok(k) {
			high = k
		} else {
			low = k + 1
		}
	}
	return low
}

func put16(p []byte, v uint16) { p[0], p[1] = byte(v), byte(v>>8) }

func put64(p []byte, v uint64) {
	_ = p[7]
	for k := range 8 {
		p[k] = byte(v >> (8 * k))
	}
}
