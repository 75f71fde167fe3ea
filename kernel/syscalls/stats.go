package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// ServeStats has the kernel tell its counters. Only images with a status page call it.
//
//yolk:goroutine
func ServeStats() { yolkCalls[abi.SysStats-abi.SysFirst] = sysStats }

// sysStats (*abi.Stats) fills in the counters of the libraries below the system calls.
func sysStats(f *arch.Frame) {
	if !user(f.A0(), abi.StatsSize) {
		f.Return(fail(errFAULT))
		return
	}
	s := (*abi.Stats)(Pointer(f.A0()))
	m := mem.Stats()
	s.MemoryTotal, s.MemoryUsed, s.MemoryPeak, s.LargestFree = m.Total, m.Used, m.Peak, m.LargestFree
	s.Allocs, s.Frees, s.AllocFailures, s.PageFaults = m.Allocs, m.Frees, m.Failures, mem.Faults()
	t := sched.Snapshot()
	s.Threads, s.Timers, s.Switches, s.Busy = uint64(t.Threads), uint64(t.Timers), t.Switches, t.Busy
	randomLock.Lock()
	e := Random.Stats()
	randomLock.Unlock()
	s.RandomBytes, s.Reseeds, s.ReseedFailures = e.Bytes, e.Reseeds, e.Failed
	f.Return(0)
}
