//go:build amd64

// Spurious delivers an interrupt with interrupts on and with interrupts off, as the
// instruction INT can, and prints which of them the kernel has served. Then it delivers
// one at the beginning of every interrupt, of which most come while the machine waits.
package main

import (
	"fmt"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname

	"yolk/kernel/irq"
)

// vector is what the instructions name; it must be that of irq.Input.
const vector = 35

func interrupt()
func interruptOff()

// served is what the entry code calls for an interrupt, in kernel context.
//
//go:linkname served yolk/arch/amd64.interruptFn
var served func(vector uintptr)

var (
	once   func(vector uintptr)
	nested atomic.Int32
)

// twice serves an interrupt after another one, which comes while interrupts are off.
//
//go:nosplit
func twice(vector uintptr) {
	interrupt()
	nested.Add(1)
	once(vector)
}

func main() {
	if _, data, ok := irq.Input.Message(0); !ok || data != vector {
		fmt.Println("the console's vector is", data)
		return
	}
	before := irq.Input.Count()
	interruptOff()
	off := irq.Input.Count()
	interrupt()
	on := irq.Input.Count()
	once, served = served, twice
	for nested.Load() < 20 {
		time.Sleep(time.Millisecond)
	}
	served = once
	fmt.Println("off:", off-before, "on:", on-off, "within another:", irq.Input.Count()-on)
}
