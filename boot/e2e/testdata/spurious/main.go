//go:build amd64

// Spurious delivers an interrupt with interrupts on and with interrupts off, as the
// instruction INT can, and prints which of them the kernel has served.
package main

import (
	"fmt"

	"yolk/kernel/irq"
)

// vector is what the instructions name; it must be that of irq.Input.
const vector = 35

func interruptOn()
func interruptOff()

func main() {
	if _, data, ok := irq.Input.Message(); !ok || data != vector {
		fmt.Println("the console's vector is", data)
		return
	}
	before := irq.Input.Count()
	interruptOff()
	off := irq.Input.Count()
	interruptOn()
	fmt.Println("off:", off-before, "on:", irq.Input.Count()-off)
}
