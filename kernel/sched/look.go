package sched

import (
	"yolk/kernel/abi"
	"yolk/kernel/clock"
)

// ThreadFrom describes the first thread whose ID is id or above.
func ThreadFrom(id uint64) (info abi.Thread, ok bool) {
	mu.Lock()
	for ; id <= uint64(highest) && !ok; id++ {
		if t := find(uint32(id)); t != nil {
			info, ok = t.describe(), true
		}
	}
	unlock()
	return info, ok
}

// Used returns the time in ns for which a processor has run threads, and the switches
// between threads of all processors.
func Used(processor int) (ns, switched uint64) {
	mu.Lock()
	ns, switched = cpus[processor].used(clock.Now()), switches
	unlock()
	return ns, switched
}

func (t *Thread) describe() abi.Thread {
	info := abi.Thread{ID: uint64(t.ID), Used: t.RunTime, CPU: uint64(t.home)}
	for i := range info.Name {
		info.Name[i] = byte(t.Name[i/8] >> (i % 8 * 8))
	}
	if t.State == Ready || t.State == Running {
		info.Running = 1
	}
	return info
}

// Taker returns the thread with the lowest ID that does not keep off the signals of set,
// the current one if all do.
func Taker(set uint64) uint32 {
	mu.Lock()
	taker := Current().ID
	for id := highest; id > 0; id-- {
		if t := find(id); t != nil && t.SigMask&set == 0 {
			taker = id
		}
	}
	unlock()
	return taker
}
