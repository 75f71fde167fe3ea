package socket

import (
	"testing"
	"unsafe"
)

var global [8]byte

func TestOnStack(t *testing.T) {
	var local [64]byte
	if !onStack(unsafe.Pointer(&local)) {
		t.Error("a local variable is not on the stack")
	}
	if !grown(200, &local) {
		t.Error("a caller's variable is not on the stack after growth")
	}
	heap := new([64]byte)
	kept = heap
	if onStack(unsafe.Pointer(heap)) || onStack(unsafe.Pointer(&global)) || onStack(nil) {
		t.Error("heap, global or nil taken for stack")
	}
	other := make(chan bool)
	go func() {
		var far [64]byte
		p := unsafe.Pointer(&far)
		other <- onStack(p)
	}()
	if !<-other {
		t.Error("wrong on another goroutine")
	}
}

var kept *[64]byte

// grown grows the stack under p.
func grown(n int, p *[64]byte) bool {
	var pad [1024]byte
	pad[n] = 1
	if n == 0 {
		return onStack(unsafe.Pointer(p)) && pad[0] == 1
	}
	return grown(n-1, p)
}

func BenchmarkOnStack(b *testing.B) {
	for b.Loop() {
		onStack(unsafe.Pointer(&global))
	}
}
