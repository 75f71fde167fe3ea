package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// An attack is something that a client should not do, or much of what it may.
type attack struct {
	name, about string
	strength    int // what the number means, about says
	// alone has the polite ask one at a time, with pauses in which the machine has
	// nothing to do: that is when a runtime stops looking after those that compute.
	alone bool
	// run attacks until ctx ends, and returns what it did in a few words. An error
	// is a wrong of the machine's that the attack itself has seen.
	run func(ctx context.Context, t *target, strength int) (did string, err error)
}

// single attacks are what there is but the mixture, in the order in which they are
// made.
var single = []attack{bulk, compute, pipeline, stalled, slowloris, churn, malformed, synflood}

// attacks are all there are.
var attacks = append(single[:len(single):len(single)], mixed)

// A planned attack has its strength.
type planned struct {
	attack
	n int
}

func (p planned) String() string { return fmt.Sprintf("%s=%d", p.name, p.n) }

func attackNames() (names []string) {
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return names
}

// parseAttacks reads a list of NAME or NAME=STRENGTH. The same may come again.
func parseAttacks(list string) (plan []planned, err error) {
	for _, s := range strings.Split(list, ",") {
		name, n, given := strings.Cut(s, "=")
		i := slices.IndexFunc(attacks, func(a attack) bool { return a.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no attack is called %q; there are %s", name, strings.Join(attackNames(), ", "))
		}
		p := planned{attacks[i], attacks[i].strength}
		if given {
			if p.n, err = strconv.Atoi(n); err != nil || p.n <= 0 {
				return nil, fmt.Errorf("attack %q: its strength must be a number above 0", s)
			}
		}
		plan = append(plan, p)
	}
	return plan, nil
}

// A target is what is attacked.
type target struct {
	link
	addr string // of the server
}

// tally counts what attackers did.
type tally struct{ opened, refused, ended atomic.Int64 }

func (t *tally) String() string {
	return fmt.Sprintf("%d connections, %d refused, %d ended by the machine", t.opened.Load(), t.refused.Load(), t.ended.Load())
}

// paced calls f as often as keeps up with a rate a second, and for no more than
// burst of what was missed, until ctx ends or f returns false.
func paced(ctx context.Context, rate, burst int, f func() bool) {
	const tick = 2 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last, due := time.Now(), 0.0
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			due = min(due+float64(rate)*now.Sub(last).Seconds(), float64(burst))
			last = now
		}
		for ; due >= 1; due-- {
			if !f() {
				return
			}
		}
	}
}
