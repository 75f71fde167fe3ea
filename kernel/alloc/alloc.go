// Package alloc holds what the allocators of page frames have in common: the Stats
// that each keeps, and the result codes of giving memory back.
//
// The allocators, each usable by itself and tested on the host; alloc= on the
// kernel's command line chooses (kernel/mem/frames.go):
//
//	buddy   frames in power-of-two blocks
//	bump    frames without splitting and merging: quicker, for some
//
// Both work in kernel context: they run before the Go runtime is up and with
// interrupts off, so they never allocate Go memory, never store a pointer and report
// trouble as a small integer. They manage memory that their caller owns; neither
// zeroes what it hands out, nor is safe for concurrent use: the caller holds its lock.
//
// It imports nothing.
package alloc

// Stats are an allocator's counters. Total, Used, Free, Peak and LargestFree
// are bytes; Used + Free = Total. Bytes the allocator needs for itself are in
// none of them.
type Stats struct {
	Total       uint64 // bytes under management
	Used        uint64 // bytes handed out, rounded up as the allocator rounds
	Free        uint64 // bytes not handed out
	Peak        uint64 // the most Used has ever been
	Allocs      uint64 // allocations that succeeded
	Frees       uint64 // frees that succeeded
	Failures    uint64 // allocations refused
	BadFrees    uint64 // frees refused: each one is a bug in a caller
	LargestFree uint64 // the largest single allocation possible now
}

// A Code is the result of giving memory to an allocator. It is an integer, not
// an error, so that kernel context can return and compare it.
type Code uint8

const (
	OK           Code = iota
	ErrUnknown        // the address is not in memory that this allocator hands out
	ErrUnaligned      // the address is not a multiple of the block size
	ErrNotHead        // the address is inside an allocated block, not its start
	ErrFreed          // the block is free already: a double free
	ErrSize           // the block was allocated with another size
	ErrRange          // the memory offered is empty, too small or out of bounds
	ErrOverlap        // the memory offered overlaps memory already managed
	ErrFull           // the table of ranges is full
)

// String returns what the code means, in lower case without a full stop.
func (c Code) String() string {
	switch c {
	case OK:
		return "ok"
	case ErrUnknown:
		return "address is not managed by this allocator"
	case ErrUnaligned:
		return "address is not aligned to a block"
	case ErrNotHead:
		return "address is inside an allocated block"
	case ErrFreed:
		return "block is already free"
	case ErrSize:
		return "block was allocated with another size"
	case ErrRange:
		return "memory range is empty, too small or out of bounds"
	case ErrOverlap:
		return "memory range overlaps one already added"
	case ErrFull:
		return "too many memory ranges"
	}
	return "unknown code"
}
