package netdev

import (
	"errors"
	"sync/atomic"
)

// ErrNoMemory is returned, wrapped, when device memory runs out.
var ErrNoMemory = errors.New("netdev: out of device memory")

// Memory hands out memory that a device can reach. Implementations are safe for
// concurrent use.
type Memory interface {
	// Alloc returns n zeroed bytes, contiguous in the device's address space,
	// and the address by which the device knows them, a multiple of align
	// (a power of two, 8 to 4096).
	Alloc(n, align int) (mem []byte, addr uint64, err error)
	// Free takes back exactly what one Alloc returned, when neither the caller
	// nor a device can touch it any more.
	Free(mem []byte, addr uint64)
}

// Heap is Memory for devices that are software: bytes from the Go heap. Its
// addresses are unique numbers that mean nothing to hardware.
var Heap Memory = new(heap)

type heap struct{ next atomic.Uint64 }

// heapPage keeps heap addresses of different allocations apart and aligned.
const heapPage = 4096

func (h *heap) Alloc(n, align int) ([]byte, uint64, error) {
	if n <= 0 || align <= 0 || align > heapPage || align&(align-1) != 0 {
		return nil, 0, ErrNoMemory
	}
	raw := make([]byte, n+align)
	off := -int(sliceAddr(raw)) & (align - 1)
	span := uint64(n+heapPage-1) &^ (heapPage - 1)
	return raw[off : off+n : off+n], h.next.Add(span) - span + heapPage, nil
}

func (h *heap) Free([]byte, uint64) {}
