package pool

import (
	"unsafe"

	"yolk/kernel/alloc"
)

// Bytes is a Shared over a []byte, for code that runs as goroutines: devices,
// stacks, tests. Creating one allocates. It keeps the memory alive, so that the addresses inside stay
// good, and hands objects out as slices of it. It is safe for concurrent use.
type Bytes struct {
	mem  []byte
	pool Shared
}

// NewBytes divides mem into objects of object bytes aligned to align, as
// Pool.Init does. Nobody else may use mem from now on.
//
//yolk:goroutine
func NewBytes(mem []byte, object, align uintptr) (*Bytes, alloc.Code) {
	b := &Bytes{mem: mem}
	addr := uintptr(unsafe.Pointer(unsafe.SliceData(mem))) // mem is on the heap: b keeps it there
	code := b.pool.Init(addr, uintptr(len(mem)), object, align)
	if code != alloc.OK {
		return nil, code
	}
	return b, alloc.OK
}

// Get takes an object; nil means that there is none left. Its length and
// capacity are the object size. The caller owns it until Put.
func (b *Bytes) Get() []byte {
	addr, ok := b.pool.Get()
	if !ok {
		return nil
	}
	off := addr - uintptr(unsafe.Pointer(unsafe.SliceData(b.mem)))
	return b.mem[off : off+b.pool.size : off+b.pool.size]
}

// Put gives back what Get returned. The slice may be shorter now, but must
// start where it did. No one may use any slice of the object afterwards.
func (b *Bytes) Put(p []byte) alloc.Code {
	return b.pool.Put(uintptr(unsafe.Pointer(unsafe.SliceData(p))))
}

// Len returns the number of objects, free or not.
func (b *Bytes) Len() int { return b.pool.Len() }

// Stats returns the counters, as Shared.Stats does.
func (b *Bytes) Stats() alloc.Stats { return b.pool.Stats() }
