package smp

import (
	"runtime"
	"sync"
	"testing"
)

// The lock on the host, between goroutines on several threads.
func TestLockExcludes(t *testing.T) {
	const each = 20000
	var (
		l  Lock
		n  int
		wg sync.WaitGroup
	)
	for range max(2, runtime.NumCPU()) {
		wg.Go(func() {
			for range each {
				l.Lock()
				n++
				l.Unlock()
			}
		})
	}
	wg.Wait()
	if want := each * max(2, runtime.NumCPU()); n != want {
		t.Errorf("%d increments, want %d", n, want)
	}
	if l.held != 0 {
		t.Error("still held")
	}
}

func TestAloneNothingIsSent(t *testing.T) {
	Flush(0x1000, 0x2000) // would touch the interrupt controller
	StopOthers()
	if Count() != 1 || Stopping() {
		t.Error("a machine with one processor is not what it says")
	}
}
