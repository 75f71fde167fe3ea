package mem

import (
	"yolk/kernel/abi/assert"
	"yolk/kernel/alloc"
	"yolk/kernel/alloc/buddy"
	"yolk/kernel/alloc/bump"
	"yolk/kernel/klog"
)

// A Policy says which allocator page frames come from. The order is that of the
// words in kernel/cmdline.
type Policy uint8

const (
	Buddy Policy = iota // splits and merges: for every program
	Bump                // neither: quicker, for one whose memory use settles
)

// frames is the allocator that the policy names. A branch costs less than a
// call through an interface, and kernel context may not store one.
type frames struct {
	policy Policy
	buddy  buddy.Allocator
	bump   bump.Allocator
}

func (f *frames) prepare(p Policy) {
	f.policy = p
	if p == Bump {
		f.bump.Init(Direct)
	} else {
		f.buddy.Init(Direct)
	}
}

func (f *frames) addRange(start, end uint64) alloc.Code {
	if f.policy == Bump {
		return f.bump.AddRange(start, end)
	}
	return f.buddy.AddRange(start, end)
}

func (f *frames) alloc(order int) (pa uint64, ok bool) {
	if f.policy == Bump {
		return f.bump.Alloc(order)
	}
	return f.buddy.Alloc(order)
}

func (f *frames) frame() (pa uint64, ok bool) {
	if f.policy == Bump {
		return f.bump.Alloc(0)
	}
	return f.buddy.AllocFrame()
}

func (f *frames) free(pa uint64, order int) alloc.Code {
	if f.policy == Bump {
		return f.bump.Free(pa, order)
	}
	return f.buddy.Free(pa)
}

func (f *frames) freeFrame(pa uint64) {
	if assert.On {
		klog.Assert(f.policy == Bump || f.buddy.Owns(pa))
	}
	if f.policy == Bump {
		f.bump.Free(pa, 0)
	} else {
		f.buddy.FreeFrame(pa)
	}
}

// whole reports whether a block of that order is free that frames given back may be merged
// to again.
func (f *frames) whole(order int) bool { return f.policy == Buddy && f.buddy.Has(order) }

// split makes single frames of a block.
func (f *frames) split(pa uint64) { f.buddy.Split(pa) }

func (f *frames) left() uint64 {
	if f.policy == Bump {
		return f.bump.Left()
	}
	return f.buddy.Left()
}

func (f *frames) stats() alloc.Stats {
	if f.policy == Bump {
		return f.bump.Stats()
	}
	return f.buddy.Stats()
}
