package netdevtest

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
)

// drain receives until a burst comes back empty.
func (r *rig) drain() {
	var in [8]*netbuf.Buf
	for {
		n, _ := r.dev.RxBurst(0, in[:])
		if n == 0 {
			return
		}
		netbuf.FreeBurst(in[:n])
	}
}

// testInterrupts: enabling reports packets that are there, else the next one
// interrupts; Close wakes whoever waits.
func testInterrupts(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	if r.dev.Info().Features&netdev.Interrupts == 0 {
		_, err := r.dev.EnableInterrupt(0)
		r.want("EnableInterrupt", err, netdev.ErrUnsupported)
		r.want("Wait", r.dev.Wait(0), netdev.ErrUnsupported)
		r.Skip("the device has no interrupts")
	}
	_, err := r.dev.EnableInterrupt(1)
	r.want("EnableInterrupt(1)", err, netdev.ErrNoQueue)
	for n := range 20 {
		r.until("a quiet queue", func() bool {
			r.drain()
			pending, err := r.dev.EnableInterrupt(0)
			if err != nil {
				r.Fatal(err)
			}
			return !pending
		})
		r.offer(60, n)
		done := make(chan struct{})
		go func() {
			defer close(done)
			// Waits may end early: only the packet counts.
			for pending := false; !pending; pending, _ = r.dev.EnableInterrupt(0) {
				if r.dev.Wait(0) != nil {
					return
				}
			}
		}()
		r.deadline("a packet", done)
		if err := r.dev.DisableInterrupt(0); err != nil {
			r.Error(err)
		}
		r.expect(n)
	}
	r.drain()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r.dev.Wait(0) == nil {
		}
	}()
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	r.deadline("Close", done)
}

// testNoLostWakeup: a receiver that sleeps by the book gets every packet, however
// packets and sleeping coincide. Each packet is sent only when the one before has
// arrived, so that one lost interrupt stops everything.
func testNoLostWakeup(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.Interrupts)
	if r.loop {
		r.Skip("nobody but the receiver can send")
	}
	const least, enough = 200, time.Second // of a slow device
	var got, rounds atomic.Int64
	rounds.Store(2000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		own := r.dev.HardwareAddr()
		for got.Load() < rounds.Load() {
			b, s := r.dev.RxOne(0)
			if s&netdev.Success != 0 {
				if p := b.Bytes(); len(p) >= header && string(p[:6]) == string(own[:]) {
					got.Add(1)
				}
				b.Free()
				continue
			}
			if pending, err := r.dev.EnableInterrupt(0); err != nil || pending {
				continue
			}
			if r.dev.Wait(0) != nil {
				return
			}
			r.dev.DisableInterrupt(0)
		}
	}()
	f := frame(make([]byte, 60), r.dev.HardwareAddr(), 0)
	start := time.Now()
	for n := int64(0); n < rounds.Load(); n++ {
		r.until("the receiver to wake up", func() bool { return got.Load() == n })
		for range rand.IntN(50) {
			runtime.Gosched()
		}
		if n >= least && time.Since(start) > enough {
			rounds.Store(n + 1)
		}
		r.until("room on the wire", func() bool { return r.wire.Send(f) })
	}
	r.deadline("the last packet", done)
}

// testWake: a waiter asked to end does, whether it was waiting when it was woken or
// came later; and a wait with an end ends.
func testWake(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	r.need(netdev.Interrupts)
	for n := range 200 {
		var stop atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !stop.Load() {
				if err := r.dev.Wait(0); err != nil {
					r.Error(err)
					return
				}
			}
		}()
		for range n % 8 {
			runtime.Gosched()
		}
		stop.Store(true)
		if err := r.dev.Wake(0); err != nil {
			r.Fatal(err)
		}
		r.deadline("Wake", done)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 5 {
			if err := r.dev.WaitFor(0, time.Millisecond); err != nil {
				r.Error(err)
			}
		}
	}()
	r.deadline("WaitFor", done)
}

// testEvents: the callback runs after an interrupt that was asked for.
func testEvents(r *rig) {
	if err := r.dev.Probe(); err != nil {
		r.Fatal(err)
	}
	r.need(netdev.Interrupts)
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	events := make(chan int, 1)
	r.open(0, netdev.RxConfig{Event: func(queue int) {
		select {
		case events <- queue:
		default:
		}
	}}, netdev.TxConfig{})
	r.want("Wait beside a callback", r.dev.Wait(0), netdev.ErrConfig)
	for n := range 20 {
		pending, err := r.dev.EnableInterrupt(0)
		if err != nil {
			r.Fatal(err)
		}
		if pending {
			r.drain()
			continue
		}
		r.offer(60, n)
		seen := make(chan struct{})
		go func() {
			if q := <-events; q != 0 {
				r.Errorf("event of queue %d", q)
			}
			close(seen)
		}()
		r.deadline("an event", seen)
		r.expect(n)
	}
}
