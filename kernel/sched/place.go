package sched

import (
	"math/bits"

	"yolk/arch"
)

// ready puts t on the queue of the CPU that will run it soonest. first lets it
// run before others there.
func ready(t *Thread, first bool) {
	me := uint32(arch.This().ID)
	t.home = place(t, me)
	cpus[t.home].push(t, first)
	if t.home != me {
		poke(t.home)
	}
}

// place chooses a CPU for t; me is the one that asks.
func place(t *Thread, me uint32) uint32 {
	allowed := t.Affinity & online()
	best := me
	if !t.may(me) {
		best = uint32(bits.TrailingZeros64(allowed))
	}
	if cpus[best].load() != 0 && t.may(t.home) && cpus[t.home].load() == 0 {
		return t.home
	}
	for rest := allowed; rest != 0 && cpus[best].load() != 0; rest &= rest - 1 {
		if i := uint32(bits.TrailingZeros64(rest)); cpus[i].load() < cpus[best].load() {
			best = i
		}
	}
	return best
}

// load is how many threads c has to run.
func (c *cpu) load() uint32 {
	if c.current == 0 {
		return c.waiting
	}
	return c.waiting + 1
}

// poke makes another CPU look at its queue, once mu is free.
func poke(id uint32) { this().pokes |= 1 << id }
