// Stress keeps a machine busy with everything that a Go program does to it, and
// checks all results:
//
//	stress [-time 20s] [-seed N] [-console] [-patience 60s]
//
// Each kind of work runs in goroutines of its own while the garbage collector
// runs. A wrong result ends the program at once with status 1, and work that
// makes no progress for -patience with all stacks and status 3. At the end what
// the kernel has given out (page frames, threads) must be what the Go runtime
// holds. With -console standard input is read to its end meanwhile, and its
// checksum printed. It is plain Go and says the same under Linux.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A job is one kind of work. Each of its n goroutines calls start once and then
// the function that start returned, a round, until the time is over.
type job struct {
	name  string
	n     int // goroutines
	start func() func(*rand.Rand) error
}

var jobs = []job{
	{"float", 3, floats},
	{"digest", 2, digests},
	{"heap", 3, heap},
	{"grow", 1, grow},
	{"stack", 2, stacks},
	{"collect", 1, collect},
	{"nil", 2, nilPointers},
	{"protect", 1, protect},
	{"map", 2, mappings},
	{"lock", 4, locks},
	{"channel", 2, channels},
	{"sleep", 3, sleeps},
	{"timer", 2, timers},
	{"thread", 1, threads},
	{"signal", 1, signals},
	{"file", 2, files},
	{"pipe", 1, pipes},
}

func main() {
	length := flag.Duration("time", 20*time.Second, "how long")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random choices")
	console := flag.Bool("console", false, "read standard input to its end")
	patience := flag.Duration("patience", time.Minute, "longest time without progress")
	flag.Parse()
	fmt.Printf("stress: seed %d, %d processors, %s, %s/%s\n", *seed, runtime.NumCPU(), *length, runtime.GOOS, runtime.GOARCH)
	debug.SetGCPercent(50)
	input := make(chan string, 1)
	if *console {
		go func() { input <- readConsole() }()
	} else {
		input <- "not read"
	}
	// What grows on first use has grown after the warm-up.
	run(*length/4, *seed, *patience)
	before := settle()
	run(*length-*length/4, ^*seed, *patience)
	after := settle()
	select {
	case s := <-input:
		fmt.Println("stress: console:", s)
	case <-time.After(*patience):
		fail(3, "console: no end of input in %v", *patience)
	}
	compare(before, after)
	fmt.Println("stress: ok")
}

// run lets all jobs work for a time, each goroutine with random numbers of its
// own, and watches their progress.
func run(length time.Duration, seed uint64, patience time.Duration) {
	var stop atomic.Bool
	var all sync.WaitGroup
	n := 0
	for _, j := range jobs {
		n += j.n
	}
	rounds, id := make([]atomic.Uint64, n), 0
	for _, j := range jobs {
		for range j.n {
			count, r := &rounds[id], rand.New(rand.NewPCG(seed, uint64(id)))
			id++
			all.Go(func() {
				for round := j.start(); !stop.Load(); count.Add(1) {
					if err := round(r); err != nil {
						fail(1, "%s: %v", j.name, err)
					}
				}
			})
		}
	}
	watch(length, patience, rounds)
	stop.Store(true)
	done := make(chan bool)
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		fail(3, "the work does not end")
	}
	report(rounds)
}

// watch waits for length, and ends the program when one of the goroutines
// stands still.
func watch(length, patience time.Duration, rounds []atomic.Uint64) {
	last, since := make([]uint64, len(rounds)), make([]time.Time, len(rounds))
	start := time.Now()
	for i := range since {
		since[i] = start
	}
	for time.Since(start) < length {
		time.Sleep(min(time.Second, length))
		for i := range rounds {
			if n := rounds[i].Load(); n != last[i] {
				last[i], since[i] = n, time.Now()
			} else if time.Since(since[i]) > patience {
				fail(3, "%s: no progress for %v", jobOf(i), patience)
			}
		}
	}
}

// jobOf names the job of goroutine i.
func jobOf(i int) string {
	for _, j := range jobs {
		if i -= j.n; i < 0 {
			return j.name
		}
	}
	return "?"
}

// report prints how many rounds each job made.
func report(rounds []atomic.Uint64) {
	sums := map[string]uint64{}
	for i := range rounds {
		sums[jobOf(i)] += rounds[i].Load()
	}
	fmt.Println("stress: rounds:", sums)
}

var failing sync.Mutex

// fail says what is wrong and ends the program; with status 3 all goroutines
// are shown.
func fail(status int, format string, args ...any) {
	failing.Lock()
	fmt.Printf("stress: FAILED: "+format+"\n", args...)
	if status == 3 {
		all := make([]byte, 256<<10)
		fmt.Printf("%s\n", all[:runtime.Stack(all, true)])
	}
	os.Exit(status)
}
