package boot_test

import (
	"testing"

	"yolk/kernel/cmdline"
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
	_ "yolk/kernel/trap" // for the linker: the entry code calls it
)

// TestWords: the words of the command line are in the order of the constants that
// readOptions makes of them.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		key, word string
		value     uint64
	}{
		{"alloc", "buddy", uint64(mem.Buddy)}, {"alloc", "bump", uint64(mem.Bump)},
		{"log", "error", uint64(klog.Error)}, {"log", "warn", uint64(klog.Warn)}, {"log", "info", uint64(klog.Info)}, {"log", "debug", uint64(klog.Debug)},
		{"restart", "never", uint64(shutdown.Never)}, {"restart", "on-failure", uint64(shutdown.OnFailure)}, {"restart", "always", uint64(shutdown.Always)},
	} {
		if n, ok := cmdline.Find(c.key).Value([]byte(c.word)); !ok || n != c.value {
			t.Errorf("%s=%s is %d, %v, want %d", c.key, c.word, n, ok, c.value)
		}
	}
}
