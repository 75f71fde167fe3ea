package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"yolk/apps/netfunc"
)

// A worker is a goroutine's share of the lanes: both directions of a pair of queues
// when it polls, one when it sleeps.
type worker []*lane

// share hands the lanes out.
func share(lanes []*lane, o *options) (workers []worker) {
	if o.interrupts {
		for _, l := range lanes {
			workers = append(workers, worker{l})
		}
		return workers
	}
	workers = make([]worker, o.queues)
	for _, l := range lanes {
		workers[l.queue] = append(workers[l.queue], l)
	}
	return workers
}

// serve forwards, and reports, until the end that the options set.
func serve(lanes []*lane, o *options) error {
	var stop atomic.Bool
	enough := func() bool {
		if stop.Load() || o.count == 0 {
			return stop.Load()
		}
		n := uint64(0)
		for _, l := range lanes {
			n += l.forwarded.Load() + l.dropped.Load()
		}
		return n >= o.count
	}
	workers := share(lanes, o)
	ended := make(chan error, len(workers))
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			if o.interrupts {
				ended <- w[0].sleep(enough)
			} else {
				ended <- w.poll(enough, o.queues > 1)
			}
		})
	}
	err := supervise(lanes, o, ended)
	stop.Store(true)
	for _, l := range lanes {
		l.from.Wake(l.queue) // an error says that nobody can be asleep
	}
	all.Wait()
	for _, l := range lanes {
		if err == nil {
			err = l.drain()
		}
	}
	return err
}

// supervise reports until a worker ends or time is up.
func supervise(lanes []*lane, o *options, ended <-chan error) error {
	var limit <-chan time.Time
	if o.time > 0 {
		limit = time.After(o.time)
	}
	tick := time.NewTicker(o.every)
	defer tick.Stop()
	for r := (reporter{at: time.Now()}); ; {
		select {
		case err := <-ended:
			return err
		case <-limit:
			return nil
		case <-tick.C:
			r.report(lanes)
		}
	}
}

// poll forwards until it is enough or a device stops. When there is nothing to do
// it lets other goroutines run. Of several workers each has a processor.
func (w worker) poll(enough func() bool, several bool) error {
	if several {
		netfunc.Pin(w[0].queue)
	}
	for !enough() {
		some := 0
		for _, l := range w {
			n, err := l.turn()
			if err != nil {
				return err
			}
			some += n
		}
		if some == 0 {
			runtime.Gosched()
		}
	}
	return nil
}

// sleep forwards until it is enough or a device stops. When there is nothing to do
// it asks for an interrupt and waits for it, unless packets have come in the
// meantime, for which there may be none.
func (l *lane) sleep(enough func() bool) error {
	for !enough() {
		n, err := l.turn()
		if err == nil && n == 0 {
			err = l.nap()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) nap() error {
	pending, err := l.from.EnableInterrupt(l.queue)
	if err == nil && !pending {
		err = l.from.Wait(l.queue)
	}
	if err != nil {
		return err
	}
	return l.from.DisableInterrupt(l.queue)
}
