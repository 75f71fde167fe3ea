//go:build yolk

package status

import (
	"sync"
	"syscall"
	"time"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/plat/metrics"
)

// A reading is the kernel's counters, read once for all figures of an answer.
type reading struct {
	sync.Mutex
	abi.Stats
	at time.Time
}

// fresh is how long a reading serves: the figures of one answer are of one moment.
const fresh = 10 * time.Millisecond

func (r *reading) get(of func(*abi.Stats) uint64) func() uint64 {
	return func() uint64 {
		r.Lock()
		defer r.Unlock()
		if now := time.Now(); now.Sub(r.at) > fresh {
			syscall.RawSyscall(abi.SysStats, uintptr(unsafe.Pointer(&r.Stats)), 0, 0)
			r.at = now
		}
		return of(&r.Stats)
	}
}

// kernelMetrics are those of memory, scheduler and random numbers.
func kernelMetrics() (all []metrics.Metric) {
	r := new(reading)
	for _, m := range []struct {
		name string
		kind metrics.Kind
		help string
		of   func(*abi.Stats) uint64
	}{
		{"yolk_memory_bytes", metrics.Gauge, "Memory in page frames.", func(s *abi.Stats) uint64 { return s.MemoryTotal }},
		{"yolk_memory_used_bytes", metrics.Gauge, "Memory in use, page tables included.", func(s *abi.Stats) uint64 { return s.MemoryUsed }},
		{"yolk_memory_peak_bytes", metrics.Gauge, "The most memory that has been in use.", func(s *abi.Stats) uint64 { return s.MemoryPeak }},
		{"yolk_memory_largest_free_bytes", metrics.Gauge, "The largest block of free memory.", func(s *abi.Stats) uint64 { return s.LargestFree }},
		{"yolk_memory_allocs_total", metrics.Counter, "Blocks of page frames handed out.", func(s *abi.Stats) uint64 { return s.Allocs }},
		{"yolk_memory_frees_total", metrics.Counter, "Blocks of page frames given back.", func(s *abi.Stats) uint64 { return s.Frees }},
		{"yolk_memory_failures_total", metrics.Counter, "Blocks of page frames refused.", func(s *abi.Stats) uint64 { return s.AllocFailures }},
		{"yolk_memory_page_faults_total", metrics.Counter, "Pages populated on demand.", func(s *abi.Stats) uint64 { return s.PageFaults }},
		{"yolk_sched_threads", metrics.Gauge, "Threads.", func(s *abi.Stats) uint64 { return s.Threads }},
		{"yolk_sched_timers", metrics.Gauge, "Threads with a deadline.", func(s *abi.Stats) uint64 { return s.Timers }},
		{"yolk_sched_switches_total", metrics.Counter, "Switches between threads.", func(s *abi.Stats) uint64 { return s.Switches }},
		{"yolk_entropy_bytes_total", metrics.Counter, "Random bytes handed out.", func(s *abi.Stats) uint64 { return s.RandomBytes }},
		{"yolk_entropy_reseeds_total", metrics.Counter, "Times that the generator was seeded anew.", func(s *abi.Stats) uint64 { return s.Reseeds }},
		{"yolk_entropy_failures_total", metrics.Counter, "Times that a source gave nothing.", func(s *abi.Stats) uint64 { return s.ReseedFailures }},
	} {
		all = append(all, metrics.Metric{Name: m.name, Kind: m.kind, Help: m.help, Read: metrics.One(r.get(m.of))})
	}
	busy := r.get(func(s *abi.Stats) uint64 { return s.Busy })
	return append(all, metrics.Metric{
		Name: "yolk_sched_busy_seconds_total", Kind: metrics.Counter, Help: "Time that threads ran, on all processors.",
		Read: metrics.One(func() float64 { return float64(busy()) / 1e9 }),
	})
}
