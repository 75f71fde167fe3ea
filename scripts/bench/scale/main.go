// Scale does a fixed amount of work in as many goroutines as there are
// processors. It prints "scale: go" before and "scale: done" after, for the host
// to take the time: the machine's own clock is part of what is compared.
package main

import (
	"flag"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
)

// portion is a part of the work, short enough that all processors end at about
// the same time.
const portion = 200_000

func main() {
	portions := flag.Int64("portions", 1000, "how much work")
	flag.Parse()
	n := runtime.NumCPU()
	fmt.Printf("scale: %d processors\nscale: go\n", n)
	var left atomic.Int64
	var sum atomic.Uint64
	var all sync.WaitGroup
	left.Store(*portions)
	for range n {
		all.Go(func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				sum.Add(work(uint64(i)))
			}
		})
	}
	all.Wait()
	fmt.Printf("scale: sum %016x\nscale: done\n", sum.Load())
}

// work mixes numbers and memory.
func work(seed uint64) uint64 {
	var table [256]uint64
	x := seed*0x9e3779b97f4a7c15 + 1
	for i := range portion {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		table[x&255] += bits.RotateLeft64(x, i&63)
	}
	kept := append([]uint64(nil), table[:]...)
	for _, v := range kept {
		x += v
	}
	return x
}
