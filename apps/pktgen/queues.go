package main

import (
	"errors"
	"fmt"
	"sync"

	"yolk/apps/netfunc"
)

// queueMeter is the meter of one of the queues: it ends after its part of the
// packets and says which queue's its rates are.
func queueMeter(o *options, queue int) *meter {
	m := newMeter(o, "sent")
	if o.queues == 1 {
		return m
	}
	n := uint64(o.queues)
	m.limit = o.count / n
	if uint64(queue) < o.count%n {
		m.limit++
	}
	m.print = func(s string) { fmt.Printf("pktgen: queue %d: %s\n", queue, s) }
	return m
}

// runAll runs the loops, several on a processor each.
func runAll(loops []*loop) error {
	if len(loops) == 1 {
		return loops[0].run()
	}
	ended := make([]error, len(loops))
	var all sync.WaitGroup
	for q, l := range loops {
		all.Go(func() {
			netfunc.Pin(q)
			ended[q] = l.run()
			l.meter.total(l.meter.now().Sub(l.meter.started), "")
		})
	}
	all.Wait()
	return errors.Join(ended...)
}
