package netbuf

import (
	"errors"
	"fmt"
)

// ErrNoMemory is returned, wrapped, when device memory runs out.
var ErrNoMemory = errors.New("netbuf: out of device memory")

// ErrSize is returned, wrapped, for sizes that make no sense.
var ErrSize = errors.New("netbuf: impossible size")

// Memory hands out memory that a device can reach: the allocator behind buffers
// and rings. Implementations are safe for concurrent use.
type Memory interface {
	// Alloc returns n zeroed bytes, contiguous in the device's address space,
	// and the address by which the device knows them, a multiple of align
	// (a power of two, 8 to 4096). Address 0 says that no device but software
	// can reach them.
	Alloc(n, align int) (mem []byte, addr uint64, err error)
	// Free takes back exactly what one Alloc returned, when neither the caller
	// nor a device can touch it any more.
	Free(mem []byte, addr uint64)
}

// maxAlign is the largest alignment that a Memory must serve: a page.
const maxAlign = 4096

// Heap is Memory for devices that are software: bytes from the Go heap, with no
// bus address.
var Heap Memory = heap{}

type heap struct{}

func (heap) Alloc(n, align int) ([]byte, uint64, error) {
	if n <= 0 || align <= 0 || align > maxAlign || align&(align-1) != 0 {
		return nil, 0, fmt.Errorf("%w: %d bytes aligned to %d", ErrSize, n, align)
	}
	raw := make([]byte, n+align)
	off := -int(sliceAddr(raw)) & (align - 1)
	return raw[off : off+n : off+n], 0, nil
}

func (heap) Free([]byte, uint64) {}
