package bus

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yolk/drivers/virtio"
)

// TestPlaces: a receive queue and the transmit queue of its pair, and nobody else,
// share a place.
func TestPlaces(t *testing.T) {
	for queue, want := range map[int]int{virtio.ConfigVector: 0, 0: 1, 1: 1, 2: 2, 3: 2, 14: 8} {
		if got := place(queue); got != want {
			t.Errorf("queue %d: place %d, want %d", queue, got, want)
		}
	}
}

// signal returns what fires an event.
func signal(event chan struct{}) func() {
	return func() {
		select {
		case event <- struct{}{}:
		default:
		}
	}
}

// TestLine: with several who wait for one line, each sees every interrupt that
// comes after it has looked for work in vain, whoever leads, also when some stop
// waiting for good.
func TestLine(t *testing.T) {
	event := make(chan struct{}, 1)
	fire := signal(event)
	var waiting atomic.Int32
	l := newLine(func() {
		if waiting.Add(1) != 1 {
			t.Error("two goroutines wait for the event")
		}
		<-event
		waiting.Add(-1)
	}, fire)
	l.rest = 0
	queues := []int{virtio.ConfigVector, 0, 2, 2 * places}
	var work [4]atomic.Int32
	ended := make(chan bool)
	for i, q := range queues {
		go func() {
			for left := 1000 * (i + 1); left > 0; {
				if n := work[i].Swap(0); n > 0 {
					left -= int(n)
					continue
				}
				l.Wait(q)
			}
			ended <- true
		}()
	}
	give := func(i int) {
		work[i].Add(1)
		fire()
	}
	for i := range queues {
		go func() {
			for range 1000 * (i + 1) {
				give(i)
			}
		}()
	}
	for range queues {
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatal("an interrupt was lost")
		}
	}
}

// TestLineWake: who is woken returns, leading or not, waiting already or not yet.
func TestLineWake(t *testing.T) {
	event := make(chan struct{}, 1)
	l := newLine(func() { <-event }, signal(event))
	l.rest = 0
	for range 500 {
		var stop atomic.Bool
		ended := make(chan bool)
		for _, q := range []int{virtio.ConfigVector, 0} {
			go func() {
				for !stop.Load() {
					l.Wait(q)
				}
				ended <- true
			}()
		}
		stop.Store(true)
		l.Wake(0)
		l.Wake(virtio.ConfigVector)
		for range 2 {
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Fatal("nobody woke it")
			}
		}
	}
}

// TestLineRest: who waits for changes of the configuration looks once, after a rest,
// however many interrupts a queue has meanwhile, and once more for those.
func TestLineRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		event := make(chan struct{}, 1)
		fire := signal(event)
		l := newLine(func() { <-event }, fire)
		var stop atomic.Bool
		looks, polls := make(chan bool, 100), make(chan bool)
		for q, c := range map[int]chan bool{virtio.ConfigVector: looks, 0: polls} {
			go func() {
				for !stop.Load() {
					l.Wait(q)
					c <- true
				}
			}()
		}
		began := time.Now()
		for range 50 {
			fire()
			<-polls
			time.Sleep(l.rest / 100)
		}
		for i := range 2 {
			<-looks
			if passed := time.Since(began); passed != time.Duration(i+1)*l.rest {
				t.Errorf("look %d after %v", i+1, passed)
			}
		}
		time.Sleep(2 * l.rest)
		if len(looks) > 0 {
			t.Error("more looks than rests")
		}
		stop.Store(true)
		l.Wake(virtio.ConfigVector)
		l.Wake(0)
		<-polls
		<-looks
	})
}
