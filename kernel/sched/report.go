package sched

import "yolk/kernel/klog"

// Report prints the threads: what each does, where, and where it goes on. It takes no lock:
// the other processors have stopped for good, perhaps with one.
func Report() {
	for id := uint32(1); id <= highest; id++ {
		t := find(id)
		if t == nil {
			continue
		}
		klog.Last().Str("yolk: thread ").Uint(uint64(id)).Str(" ").
			Str([...]string{"", "ready", "running", "waits for a futex", "sleeps", "polls", "is held back"}[t.State]).
			Str(", processor ").Uint(uint64(t.home)).Str(", ran ").Uint(t.RunTime / 1e6).
			Str(" ms, at ").Hex(t.PC).Str(", stack ").Hex(t.SP).End()
	}
}
