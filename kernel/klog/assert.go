package klog

// Assert is assert.That (kernel/abi/assert) for kernel context: unless ok it says so and
// breaks the kernel, whose end then has the place, the registers and, with crash=report,
// the threads. Nothing is allocated, and nobody's lock is waited for.
func Assert(ok bool) { AssertAt(ok, "see ip") }

// AssertAt is Assert with what the build knows of the call.
//
//go:noinline
func AssertAt(ok bool, where string) {
	if !ok {
		Last().Str("\nyolk: assertion failed: ").Str(where).End()
		*broken = 0 // page 0 is never mapped
	}
}

// broken is nil.
var broken *byte
