package pool

import (
	"sync/atomic"
	"unsafe"
)

// linkSize is the bytes of a link.
const linkSize = unsafe.Sizeof(uint32(0))

// linkAt returns the link of the object with a 1-based index. It is sound
// because divide put links[0:count] inside the caller's memory, aligned, and
// the caller keeps that memory alive and unmoved for the life of the pool.
func (s *slots) linkAt(i uint32) *uint32 {
	v := s.links + uintptr(i-1)*linkSize
	return *(**uint32)(unsafe.Pointer(&v)) // integer to pointer, by way of memory
}

// link and setLink are for one owner, the others for Shared.

func (s *slots) link(i uint32) uint32     { return *s.linkAt(i) }
func (s *slots) setLink(i, v uint32)      { *s.linkAt(i) = v }
func (s *slots) loadLink(i uint32) uint32 { return atomic.LoadUint32(s.linkAt(i)) }
func (s *slots) storeLink(i, v uint32)    { atomic.StoreUint32(s.linkAt(i), v) }
func (s *slots) swapLink(i, o, n uint32) bool {
	return atomic.CompareAndSwapUint32(s.linkAt(i), o, n)
}
