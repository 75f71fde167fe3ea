// Package region allocates by moving a mark through a stretch of memory that
// its caller owns, and gives everything back at once with Reset: for what is
// built up together and dropped together, such as the tables of a boot phase
// or the scratch of one request.
//
// It is kernel-context code (see package alloc): it holds addresses, not
// pointers, so the memory must be outside the Go heap or be kept alive, and off
// the stack, by the caller.
//
// It may import kernel/alloc only.
package region

import "yolk/kernel/alloc"

// A Region is a stretch of memory, used from its start up:
//
//	base             last      next                        end
//	+----------------+---------+---------------------------+
//	| handed out     | latest  | free                      |
//	+----------------+---------+---------------------------+
//
// It is not safe for concurrent use. The zero value has no memory.
type Region struct {
	base, last, next, end uintptr
	stats                 alloc.Stats // only Peak and the counts of calls
}

// Init gives r size bytes at addr. alloc.ErrRange says that there are none or
// that they wrap round the end of the address space.
func (r *Region) Init(addr, size uintptr) alloc.Code {
	*r = Region{}
	if size == 0 || addr == 0 || addr+size < addr {
		return alloc.ErrRange
	}
	*r = Region{base: addr, last: addr, next: addr, end: addr + size}
	return alloc.OK
}

// Alloc takes size bytes aligned to align, a power of two (0 asks for none).
// The gap that alignment leaves counts as used. Allocations of size 0 succeed
// and may share their address with the next one.
func (r *Region) Alloc(size, align uintptr) (addr uintptr, ok bool) {
	align = max(align, 1)
	addr = (r.next + align - 1) &^ (align - 1)
	if align&(align-1) != 0 || addr < r.next || addr > r.end || size > r.end-addr || r.base == 0 {
		r.stats.Failures++
		return 0, false
	}
	r.last, r.next = addr, addr+size
	r.stats.Allocs++
	r.stats.Peak = max(r.stats.Peak, uint64(r.next-r.base))
	return addr, true
}

// Free takes size bytes at addr back at once when they are the latest
// allocation; otherwise it only counts, and Reset takes them back. Which
// allocations are live a region does not know: of mistakes it finds addresses
// that it never handed out (alloc.ErrUnknown).
func (r *Region) Free(addr, size uintptr) alloc.Code {
	if addr < r.base || addr > r.next || size > r.next-addr || r.base == 0 {
		r.stats.BadFrees++
		return alloc.ErrUnknown
	}
	if addr == r.last && size == r.next-addr {
		r.next = addr
	}
	r.stats.Frees++
	return alloc.OK
}

// Reset takes everything back. Addresses from before must not be used again.
// Peak and the counts of calls go on.
func (r *Region) Reset() {
	r.last, r.next = r.base, r.base
}

// Stats returns the counters.
func (r *Region) Stats() alloc.Stats {
	s := r.stats
	s.Total = uint64(r.end - r.base)
	s.Used = uint64(r.next - r.base)
	s.Free = s.Total - s.Used
	s.LargestFree = s.Free
	return s
}
