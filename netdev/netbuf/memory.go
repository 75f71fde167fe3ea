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

// A Locator is Memory that also tells where devices find other memory of the program's,
// which stays where it is as long as it is in use.
type Locator interface {
	// Locate notes in pages, which has place for LocatePages, by which addresses a device
	// knows the pages of 4096 bytes that b lies in, and returns how many they are; 0 if
	// there are more, or if it does not know all of them.
	Locate(b []byte, pages []uint64) int
}

var _ Locator = heap{}

// LocatePages is how many pages a Locator tells of at once: those of 64 KiB, wherever they
// begin.
const LocatePages = 17

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

// Locate implements Locator: software finds everything at its own address.
func (heap) Locate(b []byte, pages []uint64) int {
	first := uint64(sliceAddr(b)) &^ (maxAlign - 1)
	n := int((uint64(sliceAddr(b)) + uint64(len(b)) - first + maxAlign - 1) / maxAlign)
	if n > len(pages) {
		return 0
	}
	for i := range n {
		pages[i] = first + uint64(i)*maxAlign
	}
	return n
}
