//go:build yolk

package socket

import _ "unsafe" // for go:linkname

// heap returns the bytes that were live after the last collection, the limit of all
// memory that the Go runtime uses, what that lets the heap grow to, and how many
// collections there were. The boot overlay adds it to package runtime.
//
//go:linkname heap runtime.yolkHeap
func heap() (live, limit, goal uint64, cycles uint32)

// left returns the bytes that were live in the heap after the last collection, with what
// stacks take now, and how many collections there were. The boot overlay adds it to
// package runtime.
//
//go:linkname left runtime.yolkKept
func left() (bytes uint64, cycles uint32)

// heapFree is what the program has left of memory bytes of RAM.
func heapFree(memory uint64) uint64 {
	live, limit, _, _ := heap()
	return min(limit, memory) - min(live, limit)
}

// heapShort reports whether the limit leaves the heap less than a quarter of what is
// live to grow by: the collector runs four times as often as it would, and soon always.
func heapShort() bool {
	live, _, goal, _ := heap()
	return goal < live+live/4
}

// collections is how often the collector has run.
func collections() uint32 {
	_, _, _, n := heap()
	return n
}

// atExit has f called when the program ends by os.Exit or main's return. The
// boot overlay adds it to package runtime.
//
//go:linkname atExit runtime.yolkAtExit
func atExit(f func())

// beforeSignal waits until a signal ends the program, calls f before, and does not
// return. The boot overlay adds it to package runtime.
//
//go:linkname beforeSignal runtime.yolkBeforeSignal
func beforeSignal(f func())
