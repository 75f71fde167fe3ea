package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"yolk/boot/e2e/polite"
)

// Bounds, which are the project's promise.
const (
	leastShare = 0.95 // of the quiet rate, after an attack
	// slack is what a machine may use more than in the beginning, bytes: caches that
	// fill once.
	slack = 1 << 20
	// recovery is how long a machine may take to be rid of an attack's remains.
	recovery = 10 * time.Second
)

// errSilent is that the attacked machine lives and answers no more.
var errSilent = errors.New("the machine answers nobody")

// attack makes one attack and looks after the machine.
func (p *pair) attack(ctx context.Context, a planned, length time.Duration) (r Attack) {
	r.Name, r.Strength, r.Rate, r.Start = a.name, a.n, p.rate, p.start
	printed := p.victim.printed()
	host := polite.Watch(p.victim.cmd.Process.Pid)
	defer host.Stop()

	attacking, end := context.WithTimeout(ctx, length)
	defer end()
	did := make(chan error, 1)
	go func() {
		var err error
		r.Did, err = a.run(attacking, &target{p.victim.link, p.victim.addr()}, a.n)
		did <- err
	}()
	peak := make(chan uint64)
	go func() { peak <- p.victim.peak(attacking) }()
	load := politely(p.victim)
	if a.alone {
		load.Conns, load.Fresh = 0, 3*politeFresh
	}
	result := load.Run(attacking)
	end()
	r.note(<-did)
	r.Peak = <-peak
	r.Polite = result.String()
	r.Longest = max(result.Quantile(1), longest(result.Late)).Seconds()
	r.Answered, r.Failed, r.Late = result.Answered, len(result.Failed), len(result.Late)
	r.note(result.Check(host))
	if !p.victim.alive() {
		r.note(fmt.Errorf("%w: %s", errEnded, p.victim.said(printed)))
		return r
	}
	r.note(p.recover(ctx, &r))
	if said := p.victim.said(printed); said != "" {
		r.note(fmt.Errorf("the machine said: %s", said))
	}
	return r
}

// recover waits until the machine is rid of the attack, and measures its rate.
func (p *pair) recover(ctx context.Context, r *Attack) error {
	began := time.Now()
	for {
		f, err := p.victim.figures(true)
		r.Settled = time.Since(began).Seconds()
		switch {
		case ctx.Err() != nil || !p.victim.alive():
			return err
		case err == nil:
			r.End = f.Used()
		}
		if err == nil && r.End <= p.start+slack {
			break
		}
		if time.Since(began) > recovery {
			if err != nil {
				return fmt.Errorf("%w %v after the attack (%w)", errSilent, recovery, err)
			}
			r.note(fmt.Errorf("%v after the attack the machine uses %.1f MiB, %.1f before", recovery, mib(r.End), mib(p.start)))
			break
		}
		time.Sleep(200 * time.Millisecond) // it has until then
	}
	rate, share := p.measure(ctx, p.window)
	r.After, r.Share = rate, share/p.quiet
	r.Noise = p.again / p.quiet
	if r.Share < leastShare {
		return fmt.Errorf("%.1f %% of the quiet rate after the attack, want %.0f %%", 100*r.Share, 100*leastShare)
	}
	return nil
}

// peak asks for the memory in use until ctx ends, and returns the most.
func (m *machine) peak(ctx context.Context) (most uint64) {
	for ctx.Err() == nil {
		if f, err := m.figures(false); err == nil {
			most = max(most, f.Used())
		}
		wait(ctx, 500*time.Millisecond)
	}
	return most
}

func longest(waits []polite.Wait) (d time.Duration) {
	for _, w := range waits {
		d = max(d, w.Took)
	}
	return d
}
