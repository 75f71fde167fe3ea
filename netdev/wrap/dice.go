package wrap

import (
	"math/rand/v2"
	"time"
)

// dice decide about one packet after the other. A decision stands until it is
// taken, so that a packet that is offered again meets the same fate.
type dice struct {
	r             *rand.Rand
	part          float64
	rolled, loses bool
}

// What dice are for: those of one seed must not agree.
const (
	forRx = iota
	forTx
	forCorruption
	forCopies
	forDelay
	purposes
)

// newDice makes the dice of a queue that hit a part of the packets, 0 to 1.
func newDice(seed uint64, queue, purpose int, part float64) dice {
	return dice{r: rand.New(rand.NewPCG(seed, uint64(queue*purposes+purpose))), part: part}
}

func (d *dice) next() (loses bool) {
	if !d.rolled {
		d.rolled, d.loses = true, d.r.Float64() < d.part
	}
	return d.loses
}

func (d *dice) take() { d.rolled = false }

// hit decides about a packet and takes the decision.
func (d *dice) hit() bool {
	defer d.take()
	return d.next()
}

// epoch makes clock monotonic. It is so early that clock is positive also where time
// begins in the year 2000 (testing/synctest).
var epoch = time.Now().Add(-50 * 365 * 24 * time.Hour)

// clock returns nanoseconds since some time before the program's start.
func clock() int64 { return int64(time.Since(epoch)) }
