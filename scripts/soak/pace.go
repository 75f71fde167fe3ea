package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"yolk/boot/e2e/polite"
)

// slice is how long each of two machines is loaded before the other's turn.
const slice = 150 * time.Millisecond

// A Pace is how well a machine serves the polite, beside its twin. Time in which
// the host had no processor for the machine is not counted.
type Pace struct {
	Rate      float64 // requests a second
	Share     float64 // of the twin's rate
	Low, High float64 // between which the share is, 95 times of 100
	Cost      float64 // processor time of the host for a request, as a share of the twin's
}

// A meter loads a machine and its twin in turn. What it knows after several windows
// is the median of all turns in them.
type meter struct {
	victim, twin         *machine
	rates, shares, costs []float64
}

// A window of fewer good turns than leastTurns lasts longer, by starvation at most.
const (
	leastTurns = 5
	starvation = 20 * time.Second
)

// errBusy is that there was no good turn.
var errBusy = errors.New("this host is too busy to measure a rate")

// window measures for a while, and returns what all windows up to now say.
func (m *meter) window(ctx context.Context, length time.Duration) (Pace, error) {
	end := time.Now().Add(length)
	for ctx.Err() == nil && m.victim.alive() {
		if left := time.Until(end); left < -starvation || left < 0 && len(m.shares) >= leastTurns {
			break
		}
		one, ok := m.victim.turn(ctx)
		other, good := m.twin.turn(ctx)
		if ok && good {
			m.rates = append(m.rates, one.rate)
			m.shares = append(m.shares, one.rate/other.rate)
			m.costs = append(m.costs, one.cost/other.cost)
		}
	}
	if len(m.shares) == 0 {
		return Pace{}, errBusy
	}
	p := Pace{Rate: median(m.rates), Share: median(m.shares), Cost: median(m.costs)}
	p.Low, p.High = interval(m.shares)
	return p, nil
}

// A turn is one machine's in a window: requests a second, and seconds of the host's
// processors for one.
type turn struct{ rate, cost float64 }

// turn loads one machine for a slice. It is not good for anything when the host gave
// the machine less than half of it.
func (m *machine) turn(ctx context.Context) (t turn, good bool) {
	ctx, end := context.WithTimeout(ctx, slice)
	defer end()
	before := polite.Use(m.cmd.Process.Pid)
	r := politely(m).Run(ctx)
	host := polite.Use(m.cmd.Process.Pid).Since(before)
	n := float64(max(r.Answered, 1))
	t = turn{n / (r.Time - host.Waited).Seconds(), host.Ran.Seconds() / n}
	return t, host.Waited < r.Time/2 && r.Answered > 0
}

// median returns the middle of v, 0 for none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}

// interval returns between which two of its values the median of what v is a sample
// of lies, with 95 % confidence: the number of values below it is binomially
// distributed, whatever the values' distribution is.
func interval(v []float64) (low, high float64) {
	if len(v) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(v))
	half, spread := float64(len(v)-1)/2, 0.98*math.Sqrt(float64(len(v)))
	return sorted[max(0, int(math.Floor(half-spread)))], sorted[min(len(v)-1, int(math.Ceil(half+spread)))]
}
