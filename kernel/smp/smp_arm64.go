package smp

// SGI is the interrupt that one processor sends another.
const SGI = 1

func send(hw uint32) { Chip.Send(hw) }

// stop reaches a processor when it leaves the kernel or waits for a lock, which
// is soon.
func stop(hw uint32) { send(hw) }
