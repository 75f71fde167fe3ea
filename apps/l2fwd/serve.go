package main

import (
	"runtime"
	"sync/atomic"
	"time"
)

// serve gives each lane a goroutine, and reports, until the end that the options
// set.
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
	ended := make(chan error, len(lanes))
	for _, l := range lanes {
		go func() { ended <- l.run(enough, o.interrupts) }()
	}
	err := supervise(lanes, o, ended)
	// A lane that is awake finishes its turn, and one that sleeps does nothing
	// more: the ports may be closed.
	stop.Store(true)
	for _, l := range lanes {
		l.awake.Lock()
		defer l.awake.Unlock()
	}
	for _, l := range lanes {
		if err == nil {
			err = l.drain()
		}
	}
	return err
}

// supervise reports until a lane ends or time is up.
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

// run forwards until it is enough or a device stops. When there is nothing to do
// it lets other lanes run, or sleeps until there is.
func (l *lane) run(enough func() bool, interrupts bool) error {
	l.awake.Lock()
	defer l.awake.Unlock()
	for !enough() {
		n, err := l.turn()
		switch {
		case err != nil:
			return err
		case n > 0:
		case !interrupts:
			runtime.Gosched()
		default:
			if err := l.sleep(enough); err != nil {
				return err
			}
		}
	}
	return nil
}

// sleep asks for an interrupt and waits for it, unless packets have come in the
// meantime, for which there may be none.
func (l *lane) sleep(enough func() bool) error {
	pending, err := l.from.EnableInterrupt(l.queue)
	if err != nil {
		return err
	}
	if !pending {
		l.awake.Unlock()
		err = l.from.Wait(l.queue)
		l.awake.Lock()
		if err != nil || enough() {
			return err
		}
	}
	return l.from.DisableInterrupt(l.queue)
}
