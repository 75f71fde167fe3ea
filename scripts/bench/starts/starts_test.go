package starts

import (
	"os"
	"testing"
	"time"
)

// TestCPUTime: work takes processor time, and a process that there is not has none.
func TestCPUTime(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for after := before; after < before+time.Millisecond; {
		if after, err = cpuTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cpuTime(1 << 27); err == nil {
		t.Error("a process that there is not has had processor time")
	}
}
