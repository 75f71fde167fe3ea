// Package smp is what the processors of a machine need of each other in kernel
// context: locks to spin on, interrupts from one to another, dropping address
// translations everywhere, and stopping.
//
// Kernel context runs with interrupts off, so a processor that waits for
// another must serve it meanwhile: Lock does. A processor that halts is not
// interrupted for a translation it will not use; it catches up when it wakes.
//
// Everything runs in kernel context. State is one variable in the data segment,
// because package mem, which maps BSS, is a user. It may import arch and
// kernel/{abi,lapic,machine}.
package smp

import (
	"sync/atomic"

	"yolk/arch"
	"yolk/kernel/abi"
)

var s = state{count: 1}

type state struct {
	count    uint32 // processors that run, the boot processor included
	stopping uint32 // 1 + the one that ends the machine, 0: none
	halted   uint32 // how many have obeyed

	// Flushes are numbered. What the last of them are for is at their numbers, modulo
	// the length: a processor that finds another's there drops everything.
	generation uint64 // the last
	requests   [16]request

	cpu [abi.MaxCPUs]cpuState
}

// cpuState is what the others know of a processor.
type cpuState struct {
	done uint64 // the last flush that it has made, and with it all before
	idle uint32 // 1: it is halted and touches no memory that is ever unmapped
	hw   uint32 // the interrupt controller's name for it
}

// Count returns how many processors run. They are numbered from 0.
func Count() int { return int(atomic.LoadUint32(&s.count)) }

// Join counts the calling processor in. Its number must be the next one, with 0 for the
// boot processor; hw is the interrupt controller's name for it.
func Join(hw uint32) {
	id := arch.This().ID
	s.cpu[id].hw = hw
	joinHost(id)
	atomic.StoreUint64(&s.cpu[id].done, atomic.LoadUint64(&s.generation))
	atomic.StoreUint32(&s.count, uint32(id)+1)
}

// NameOf returns the interrupt controller's name for a processor.
func NameOf(id int) uint32 { return s.cpu[id].hw }

// A Lock is held by one processor at a time. The zero Lock is free.
type Lock struct {
	held   uint32
	holder uint32 // the processor that took it last
}

// Lock waits until the lock is free and takes it. It is not for a goroutine.
func (l *Lock) Lock() {
	for !arch.TryLock(&l.held) {
		for atomic.LoadUint32(&l.held) != 0 {
			serve()
			waitFor(int(atomic.LoadUint32(&l.holder)))
		}
	}
	if Count() > 1 {
		atomic.StoreUint32(&l.holder, uint32(arch.This().ID))
	}
}

// Unlock frees the lock.
func (l *Lock) Unlock() { atomic.StoreUint32(&l.held, 0) }

// Held reports whether the calling processor holds the lock, for assertions.
func (l *Lock) Held() bool {
	return atomic.LoadUint32(&l.held) != 0 && (Count() == 1 || atomic.LoadUint32(&l.holder) == uint32(arch.This().ID))
}

// Poke makes processor id enter the kernel soon, where it looks for work.
func Poke(id int) { send(s.cpu[id].hw) }

// Interrupt is the top half of the interrupt that Poke and Flush send. Where processors take
// turns, as in QEMU's virtual time, the pause lets those go on that wait for the flush, and make it.
func Interrupt() {
	if serve() {
		arch.Pause()
	}
}

// Idle tells that the calling processor is about to halt, and Busy that it goes
// on.
func Idle() { atomic.StoreUint32(&s.cpu[arch.This().ID].idle, 1) }

// Busy ends Idle.
func Busy() {
	c := &s.cpu[arch.This().ID]
	atomic.SwapUint32(&c.idle, 0)
	if want := atomic.LoadUint64(&s.generation); want != atomic.LoadUint64(&c.done) {
		arch.FlushTLB()
		atomic.StoreUint64(&c.done, want)
	}
}

// Relax passes a moment of waiting for another processor, and serves it meanwhile.
func Relax() {
	serve()
	arch.Pause()
}

// StopOthers halts all processors but the calling one, for good, so that the
// message that follows is the last. Another processor that calls it halts.
func StopOthers() {
	n := Count()
	if n == 1 {
		return
	}
	me := int(arch.This().ID)
	if !atomic.CompareAndSwapUint32(&s.stopping, 0, uint32(me)+1) {
		if atomic.LoadUint32(&s.stopping) != uint32(me)+1 {
			Halt()
		}
		return
	}
	for i := range n {
		if i != me {
			stop(s.cpu[i].hw)
		}
	}
	// One that is beyond obeying must not keep the message from being shown.
	for tries := 0; int(atomic.LoadUint32(&s.halted)) < n-1 && tries < 1<<20; tries++ {
		arch.Pause()
	}
}

// Stopping tells whether a processor that is interrupted for it must Halt.
func Stopping() bool { return atomic.LoadUint32(&s.stopping) != 0 }

// Halt stops the calling processor for good. Its atomic operation is not to be in what a
// page fault calls, which waits for locks (kernel's TestFaultsLookNowhere).
//
//go:noinline
func Halt() {
	atomic.AddUint32(&s.halted, 1)
	arch.Halt()
}
