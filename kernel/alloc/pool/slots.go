package pool

import (
	"math/bits"

	"yolk/kernel/alloc"
)

// MaxObjects is the most objects a pool divides its memory into; what is left
// over stays unused. The Shared head has this many index values.
const MaxObjects = 1<<indexBits - 1

// minAlign is the least alignment of objects. It keeps the links aligned too.
const minAlign = 8

// Values of a link that are no 1-based index.
const (
	linkEnd   = 0          // no next free object
	linkTaken = ^uint32(0) // the object is handed out
	linkPut   = linkTaken - 1
)

// slots is the division of a stretch of memory into objects and their links:
//
//	addr         base                                links            addr+size
//	+------------+--------+--------+-----+-----------+----------------+----+
//	| alignment  | object | object | ... | object    | uint32 x count |    |
//	+------------+--------+--------+-----+-----------+----------------+----+
//	             <-stride->
//
// Links are 1-based indices, so that zero is the end of a list. They are kept
// apart from the objects: a stray write to a free object, from a device that
// was late or a caller that kept its pointer, cannot break the pool.
type slots struct {
	base   uintptr // first object
	links  uintptr // first link
	stride uintptr // bytes from one object to the next
	size   uintptr // bytes an object's owner may use
	align  uintptr // alignment of every object
	count  uint32
	shift  uint8 // stride = 1 << shift, or 0 when it is not a power of two
}

// divide lays size bytes at addr out for objects of the given size and
// alignment and writes the links so that object 0 is the first free one. It
// returns alloc.ErrRange when not even one object fits, or the arguments make
// no sense (size 0, alignment not a power of two, wrap-around).
func (s *slots) divide(addr, size, object, align uintptr) alloc.Code {
	align = max(align, minAlign)
	base := (addr + align - 1) &^ (align - 1)
	stride := (object + align - 1) &^ (align - 1)
	end := addr + size
	if align&(align-1) != 0 || object == 0 || stride < object || base < addr || end < base {
		return alloc.ErrRange
	}
	// stride is a multiple of minAlign, so that adding linkSize cannot wrap.
	count := min((end-base)/(stride+linkSize), MaxObjects)
	if count == 0 {
		return alloc.ErrRange
	}
	*s = slots{
		base:   base,
		links:  base + count*stride,
		stride: stride,
		size:   object,
		align:  align,
		count:  uint32(count),
	}
	if stride&(stride-1) == 0 {
		s.shift = uint8(bits.TrailingZeros64(uint64(stride)))
	}
	for i := uint32(1); i < s.count; i++ {
		s.setLink(i, i+1)
	}
	s.setLink(s.count, linkEnd)
	return alloc.OK
}

// fits reports whether an object satisfies a request.
func (s *slots) fits(size, align uintptr) bool {
	return size <= s.size && align <= s.align && align&(align-1) == 0
}

// object returns the address of the object with a 1-based index.
func (s *slots) object(i uint32) uintptr {
	return s.base + uintptr(i-1)*s.stride
}

// index returns the 1-based index of the object at addr.
func (s *slots) index(addr uintptr) (uint32, alloc.Code) {
	off := addr - s.base // wraps round to a large value below base
	if addr < s.base || addr >= s.links {
		return 0, alloc.ErrUnknown
	}
	i := off >> s.shift
	if s.shift == 0 {
		i = off / s.stride
	}
	if i*s.stride != off {
		return 0, alloc.ErrUnaligned
	}
	return uint32(i) + 1, alloc.OK
}

// counts fills in the byte counts of Stats from numbers of objects.
func (s *slots) counts(st alloc.Stats, used, peak uint64) alloc.Stats {
	stride := uint64(s.stride)
	st.Total = uint64(s.count) * stride
	st.Used = used * stride
	st.Free = st.Total - st.Used
	st.Peak = peak * stride
	if st.Free > 0 {
		st.LargestFree = uint64(s.size)
	}
	return st
}
