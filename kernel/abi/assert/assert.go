// Package assert has statements about the program that hold unless Yolk itself has a bug.
// They are there for whoever changes it: an image has them if it is built with -assert, a
// test with -tags yolk_assert, and nothing of them otherwise. What a device or a peer may do
// wrong is not for them, but for errors.
//
// On is a constant, and each statement, with what it needs to find out, stands where it is
// asked for:
//
//	if assert.On {
//		assert.That(q.numFree <= q.limit)
//	}
//
// so that the compiler drops all of it before it looks at the function. The build adds file,
// line and condition to the calls of That (boot/overlay); a test has the traceback.
//
// That is for goroutines. In kernel context it is klog.Assert. The package imports nothing.
//
//yolk:goroutine
package assert

// That ends the program with a panic unless ok.
func That(ok bool) { ThatAt(ok, "see the traceback") }

// ThatAt is That with what the build knows of the call.
//
//go:noinline
func ThatAt(ok bool, where string) {
	if !ok {
		panic("assertion failed: " + where)
	}
}
