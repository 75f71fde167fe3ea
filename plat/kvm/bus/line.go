package bus

import (
	"runtime"
	"sync/atomic"
	"time"

	"yolk/drivers/virtio"
)

// places are for those who wait for a device: 0 for changes of its configuration
// (virtio.ConfigVector), and one for each pair of virtqueues, of which only the
// receiving one interrupts. To wait for a queue beyond them is to poll it.
const places = 1 + 16

func place(queue int) int { return queue>>1 + 1 }

// A line is the one interrupt of a device for which several goroutines wait, each
// in a place. Whoever comes first leads: it waits for the event, clears the cause,
// and sends word to the others, who look for work of their own and may lead next.
type line struct {
	wait func() // for the event, and clears the cause
	fire func() // signals the event
	led  atomic.Bool
	word [places]chan struct{}

	// rest is for how long who waits for changes of the configuration is left alone
	// after an interrupt. Nearly all are for a queue, and to find that out costs exits
	// under a hypervisor: two registers are read.
	rest time.Duration
}

func newLine(wait, fire func()) *line {
	l := &line{wait: wait, fire: fire, rest: 200 * time.Millisecond}
	for i := range l.word {
		l.word[i] = make(chan struct{}, 1)
	}
	return l
}

// Wait blocks until there was an interrupt, for whatever place, or a Wake.
func (l *line) Wait(queue int) {
	own := place(queue)
	switch {
	case own >= places:
		runtime.Gosched()
	case l.led.CompareAndSwap(false, true):
		l.lead(own)
	default:
		<-l.word[own] // the leader sends it after it has left: nobody waits without one
	}
	if queue == virtio.ConfigVector {
		time.Sleep(l.rest)
	}
}

// lead waits for the event, unless there is word of one already, and sends word.
func (l *line) lead(own int) {
	select {
	case <-l.word[own]:
	default:
		l.wait()
	}
	l.led.Store(false)
	for i := range l.word {
		if i != own {
			l.send(i)
		}
	}
	if l.led.Load() {
		l.fire() // who leads now looked for word before it was sent, perhaps
	}
}

// Wake ends the Wait of a place, the next one if there is none now.
func (l *line) Wake(queue int) {
	if own := place(queue); own < places {
		l.send(own)
		l.fire() // it may be the leader
	}
}

// send leaves word for who waits in a place, now or next.
func (l *line) send(place int) {
	select {
	case l.word[place] <- struct{}{}:
	default:
	}
}
