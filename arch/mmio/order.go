package mmio

// Barrier makes every load and store before it, to memory and to devices, take
// effect before any after it. Needed where order matters between two devices,
// or between a device and memory that it reads or writes.
func Barrier() { barrier() }

// Flush writes the cached copy of the n bytes at va to memory and drops it, so
// that a device that does not look into the caches reads what the processor
// wrote, and the processor afterwards reads what the device wrote. Call it
// before the device starts and again when it is done. What shares a cache line
// with the bytes must not be written in between: align to [LineSize].
//
// It does nothing on amd64, where devices see the caches.
func Flush(va, n uintptr) { flush(va, n) }

// LineSize is the largest cache line of the processors that Yolk runs on, in
// bytes.
const LineSize = 64
