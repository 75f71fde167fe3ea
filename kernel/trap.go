package kernel

import (
	"yolk/kernel/klog"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
)

// outOfMemory ends the machine: a page is needed, all RAM is in use, and there
// is nothing to swap to.
func outOfMemory() {
	s := mem.Stats()
	shutdown.Fatal(shutdown.StatusNoMemory, klog.Last().
		Str("\nyolk: out of memory: all ").MiB(s.Total).
		Str(" of RAM are in use; give the machine more with -memory"))
}
