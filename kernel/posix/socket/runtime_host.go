//go:build !yolk

package socket

// heapFree is what a program has of memory bytes, on the host where others do, too.
func heapFree(memory uint64) uint64 { return memory }

// heapShort is false on the host.
func heapShort() bool { return false }

// collections is not counted on the host.
func collections() uint32 { return 0 }

// atExit does nothing on the host, whose kernel delivers by itself.
func atExit(func()) {}

// beforeSignal does nothing either.
func beforeSignal(func()) {}

// left is not known either.
func left() (bytes uint64, collections uint32) { return 0, 0 }
