package smp

import "yolk/kernel/machine"

// Name is what the interrupt controller calls the calling processor.
func Name() uint32 { return machine.This.Name() }

func send(hw uint32) { machine.This.Send(hw) }

// stop reaches a processor when it leaves the kernel or waits for a lock, which
// is soon.
func stop(hw uint32) { send(hw) }
