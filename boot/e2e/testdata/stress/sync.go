package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// shared is what the goroutines of the job lock change together.
var shared struct {
	sync.Mutex
	rw       sync.RWMutex
	a, b     int
	c, d     int
	ticketed atomic.Int64
}

// locks changes two numbers together under a lock, so that they stay equal.
func locks() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		n := r.IntN(100)
		shared.Lock()
		shared.a += n
		if r.IntN(8) == 0 {
			time.Sleep(time.Microsecond) // others block, and wake by futex
		}
		shared.b += n
		a, b := shared.a, shared.b
		shared.Unlock()
		shared.rw.RLock()
		c, d := shared.c, shared.d
		shared.rw.RUnlock()
		shared.rw.Lock()
		shared.c++
		shared.d++
		shared.rw.Unlock()
		if a != b || c != d {
			return fmt.Errorf("%d and %d, %d and %d differ", a, b, c, d)
		}
		return nil
	}
}

// channels sends numbers through stages; their sum arrives. A select with a
// timer sits at the end.
func channels() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		const stages = 4
		n := 1 + r.IntN(200)
		first := make(chan int, r.IntN(3))
		last := first
		for range stages {
			from, to := last, make(chan int, r.IntN(3))
			go func() {
				defer close(to)
				for v := range from {
					to <- v + 1
				}
			}()
			last = to
		}
		go func() {
			defer close(first)
			for i := range n {
				first <- i
			}
		}()
		got, want := 0, n*(n-1)/2+n*stages
		for open := true; open; {
			var v int
			select {
			case v, open = <-last:
				got += v
			case <-time.After(time.Hour):
				return fmt.Errorf("an hour passed")
			}
		}
		if got != want {
			return fmt.Errorf("the sum is %d, want %d", got, want)
		}
		return nil
	}
}

// sleeps sleeps; never for less than asked.
func sleeps() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		want := time.Duration(r.IntN(5000)) * time.Microsecond
		start := time.Now()
		time.Sleep(want)
		if took := time.Since(start); took < want {
			return fmt.Errorf("slept %v, want %v", took, want)
		}
		return nil
	}
}

// timers starts a batch, stops some, and counts: each fires once or is stopped,
// and none fires early.
func timers() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		const batch = 40
		var fired, early atomic.Int64
		var all sync.WaitGroup
		stopped := 0
		var list []*time.Timer
		for range batch {
			due := time.Now().Add(time.Duration(r.IntN(8000)) * time.Microsecond)
			all.Add(1)
			list = append(list, time.AfterFunc(time.Until(due), func() {
				if time.Now().Before(due) {
					early.Add(1)
				}
				fired.Add(1)
				all.Done()
			}))
		}
		for _, t := range list {
			if r.IntN(2) == 0 && t.Stop() {
				stopped++
				all.Done()
			}
		}
		ticker := time.NewTicker(time.Duration(1+r.IntN(2000)) * time.Microsecond)
		<-ticker.C
		ticker.Reset(time.Hour)
		ticker.Stop()
		all.Wait()
		if n := int(fired.Load()); n+stopped != batch || early.Load() != 0 {
			return fmt.Errorf("of %d timers %d fired, %d of them early, and %d were stopped", batch, n, early.Load(), stopped)
		}
		return nil
	}
}
