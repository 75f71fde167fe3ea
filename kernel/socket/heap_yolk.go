//go:build yolk

package socket

import _ "unsafe" // for go:linkname

// heap returns the bytes that were live after the last collection, and the limit of
// all memory that the Go runtime uses. The boot overlay adds it to package runtime.
//
//go:linkname heap runtime.yolkHeap
func heap() (live, limit uint64)

// heapFree is what the program has left of memory bytes of RAM.
func heapFree(memory uint64) uint64 {
	live, limit := heap()
	return min(limit, memory) - min(live, limit)
}

// heapShort reports whether the collector will soon be unable to keep the limit: more
// than five eighths of it were live.
func heapShort() bool {
	live, limit := heap()
	return live > limit/8*5
}
