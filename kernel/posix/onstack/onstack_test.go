package onstack

import (
	"testing"
	"unsafe"
)

var global [8]byte

func TestHolds(t *testing.T) {
	var local [64]byte
	if !Holds(unsafe.Pointer(&local)) {
		t.Error("a local variable is not on the stack")
	}
	if !deep(200, &local) {
		t.Error("a caller's variable is not on the stack after growth")
	}
	heap := new([64]byte)
	sink = heap
	if Holds(unsafe.Pointer(heap)) || Holds(unsafe.Pointer(&global)) || Holds(nil) {
		t.Error("heap, global or nil taken for stack")
	}
	other := make(chan bool)
	go func() {
		var far [64]byte
		p := unsafe.Pointer(&far)
		other <- Holds(p)
	}()
	if !<-other {
		t.Error("wrong on another goroutine")
	}
}

var sink *[64]byte

// deep grows the stack under p.
func deep(n int, p *[64]byte) bool {
	var pad [1024]byte
	pad[n] = 1
	if n == 0 {
		return Holds(unsafe.Pointer(p)) && pad[0] == 1
	}
	return deep(n-1, p)
}

func BenchmarkHolds(b *testing.B) {
	for b.Loop() {
		Holds(unsafe.Pointer(&global))
	}
}
