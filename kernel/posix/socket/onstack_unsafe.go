package socket

import "unsafe"

// File and socket calls run on the caller's goroutine, whose stack the runtime
// moves when it grows or shrinks. The typed pointers they get are adjusted, but
// a copy of one in the heap is not. Code that has to store a caller's pointer
// in a heap object for the length of a call (because it hands a reader to a
// library) asks onStack first and copies when the answer is yes.
//
// Source: runtime/runtime2.go of Go 1.26: stack.lo and stack.hi are the first
// two words of the g ("offset known to runtime/cgo").

// onStack reports whether p points into the calling goroutine's own stack. The
// answer is good for as long as p is an ordinary pointer variable: stacks move
// but memory does not change its kind.
func onStack(p unsafe.Pointer) bool {
	lo, hi := bounds()
	return uintptr(p)-lo < hi-lo
}

// bounds returns the calling goroutine's stack as [lo, hi).
//
//go:noescape
func bounds() (lo, hi uintptr)
