package qemu

import (
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMultiQueue: a tap with several queues is told from one without, and from what is no
// tap at all.
func TestMultiQueue(t *testing.T) {
	runtime.LockOSThread() // and the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("no interface can be made here: ", err)
	}
	if multiQueue("lo") || multiQueue("no such interface") {
		t.Error("lo, or nothing, is a tap with several queues")
	}
	for name, several := range map[string]bool{"one": false, "several": true} {
		args := []string{"tuntap", "add", "dev", name, "mode", "tap"}
		if several {
			args = append(args, "multi_queue")
		}
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
		if got := multiQueue(name); got != several {
			t.Errorf("%q: %v", args, got)
		}
	}
}
