package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"
)

// A balance is what the kernel has given out, and what the Go runtime knows to
// have got.
type balance struct {
	frames     int // KiB of page frames in use
	runtime    int // KiB that the runtime holds at most
	threads    int // of the kernel
	known      int // of them, to the runtime
	timers     int // of the kernel
	goroutines int
}

// settle waits until what the work used has been given back, and counts.
func settle() balance {
	var b balance
	for range 50 {
		debug.FreeOSMemory()
		if b = count(); b.threads == b.known {
			return b
		}
		time.Sleep(100 * time.Millisecond) // a thread that ends is known to be gone before it is
	}
	return b
}

func count() balance {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return balance{
		frames:     field("/proc/self/status", "VmRSS:"),
		runtime:    int(m.Sys-m.HeapReleased) >> 10,
		threads:    field("/proc/self/status", "Threads:"),
		known:      pprof.Lookup("threadcreate").Count(),
		timers:     timersOf(),
		goroutines: runtime.NumGoroutine(),
	}
}

// timersOf returns how many timers the kernel runs. Linux lists them, for root,
// with those of everyone else: there it is 0.
func timersOf() int {
	if text, err := os.ReadFile("/proc/version"); err != nil || !strings.Contains(string(text), "yolk") {
		return 0
	}
	return field("/proc/timer_list", "active timers:")
}

// field returns the number behind a name in a file of /proc.
func field(file, name string) int {
	text, err := os.ReadFile(file)
	_, rest, found := strings.Cut("\n"+string(text), "\n"+name)
	n := 0
	if _, scanErr := fmt.Sscan(rest, &n); err != nil || !found || scanErr != nil {
		fail(1, "%s has no number %s %v", file, name, err)
	}
	return n
}

// slack is how many KiB may be missing after the work: page tables for places
// that it had not used before, and what is left of a large page where the heap ends.
const slack = 4 << 10

// compare checks that the kernel has given out no more than before, but for
// what the runtime holds.
func compare(before, after balance) {
	fmt.Printf("stress: frames %d KiB, then %d; the runtime holds %d KiB, then %d; threads %d, then %d, known %d; timers %d, then %d; goroutines %d, then %d\n",
		before.frames, after.frames, before.runtime, after.runtime, before.threads, after.threads, after.known, before.timers, after.timers, before.goroutines, after.goroutines)
	if more, known := after.frames-before.frames, max(0, after.runtime-before.runtime); more-known > slack {
		fail(1, "%d KiB of page frames were not given back", more-known)
	}
	if after.threads != after.known {
		fail(1, "the kernel has %d threads, the runtime %d", after.threads, after.known)
	}
	if after.timers > after.threads {
		fail(1, "the kernel runs %d timers for %d threads", after.timers, after.threads)
	}
	if after.goroutines > before.goroutines {
		fail(3, "%d goroutines were left", after.goroutines-before.goroutines)
	}
}
