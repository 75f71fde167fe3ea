package smp

import "yolk/kernel/gic"

// SGI is the interrupt that one processor sends another.
const SGI = 1

// Chip is the machine's interrupt controller; the boot sequence sets it up.
var Chip gic.Chip

func send(hw uint32) { Chip.Send(hw, SGI) }

// stop reaches a processor when it leaves the kernel or waits for a lock, which
// is soon.
func stop(hw uint32) { send(hw) }
