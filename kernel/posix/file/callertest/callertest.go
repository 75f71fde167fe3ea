// Package callertest is the memory of a program that makes calls, for tests of those
// who serve them: what is around its buffers must stay as it is.
package callertest

import (
	"bytes"
	"syscall"
	"testing"
)

// A Fence is memory of a caller, B, with other memory around it.
type Fence struct{ all, B []byte }

const (
	margin = 64
	fill   = 0xa5
)

// NewFence returns n bytes.
func NewFence(n int) Fence {
	all := bytes.Repeat([]byte{fill}, n+2*margin)
	return Fence{all, all[margin : margin+n : margin+n]}
}

// Check ends the test if something was written outside the first n bytes.
func (f Fence) Check(t *testing.T, n int, what string) {
	t.Helper()
	if n > len(f.B) {
		t.Fatalf("%s: %d bytes in a buffer of %d", what, n, len(f.B))
	}
	for i, c := range f.all {
		if c != fill && (i < margin || i >= margin+n) {
			t.Fatalf("%s: byte %d of %d was written", what, i-margin, n)
		}
	}
}

// most is how many pieces there may be, IOV_MAX.
const most = 1024

// CutUp returns b in pieces of n bytes, or what it takes, and an empty one after each.
func CutUp(b []byte, n int) (iov []syscall.Iovec) {
	n = max(n, 2*len(b)/most+1)
	for len(b) > 0 {
		n := min(n, len(b))
		iov = append(iov, syscall.Iovec{Base: &b[0], Len: uint64(n)}, syscall.Iovec{})
		b = b[n:]
	}
	return iov
}
