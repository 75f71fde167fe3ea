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
	// slack is what a machine may hold more than in the beginning, bytes: caches that
	// fill once.
	slack = 1 << 20
	// record is what the runtime keeps of each goroutine that there ever was at the same
	// time, for the next ones: 440 bytes, and its place in a list. place is what the
	// server's own table and that of open files, which do not shrink, have of each
	// connection, and stacks what each processor keeps for goroutines to come: 32 KiB of
	// each of four sizes.
	record = 512
	place  = 128
	stacks = 128 << 10
	// recovery is how long a machine may take to be rid of what attacks left: TCP
	// remembers a closed connection for a minute (RFC 9293, 3.6.1; gVisor's default).
	recovery = 70 * time.Second
	// probes are so rare because each is a connection that is remembered.
	probes = 5 * time.Second
	// windows is how often the rate is measured again before it counts as too low.
	windows = 3
)

// errSilent is that the attacked machine lives and answers no more.
var errSilent = errors.New("the machine answers nobody")

// attack makes one attack of some length and looks after the machine; afterwards
// its rate is measured in a window.
func (p *pair) attack(ctx context.Context, a planned, length, window time.Duration) (r Attack) {
	r.Name, r.Strength, r.Rate, r.Start = a.name, a.n, p.quiet.Rate, p.start.Used()
	printed := p.victim.printed()
	before, err := p.victim.figures(false)
	r.note(err)
	lost := p.victim.lost(before)
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
	watched := make(chan peak)
	go func() { watched <- p.victim.peak(attacking) }()
	load := politely(p.victim)
	load.Host = host
	if a.alone {
		load.Conns, load.Fresh = 0, 3*politeFresh
	}
	result := load.Run(attacking)
	end()
	r.note(<-did)
	most := <-watched
	r.Peak, r.Network, r.Budget = most.used, most.network, most.budget
	p.goroutines, p.connections = max(p.goroutines, most.goroutines), max(p.connections, most.connections)
	if r.Network > r.Budget {
		r.note(fmt.Errorf("the network took %.1f MiB of memory, of a budget of %.1f: %d bytes more", mib(r.Network), mib(r.Budget), r.Network-r.Budget))
	}
	r.Polite = result.String()
	r.Longest = result.Longest().Seconds()
	r.Answered, r.Failed, r.Late, r.Starved = result.Answered, len(result.Failed), len(result.Late), len(result.Starved)
	r.note(result.Check())
	if !p.victim.alive() {
		r.note(fmt.Errorf("%w: %s", errEnded, p.victim.said(printed)))
		return r
	}
	r.note(p.recover(ctx, &r, lost, window))
	if said := p.victim.said(printed); said != "" {
		r.note(fmt.Errorf("the machine said: %s", said))
	}
	return r
}

// recover measures the rate that the attack left, and notes the memory, and what was lost since.
func (p *pair) recover(ctx context.Context, r *Attack, since losses, window time.Duration) error {
	f, err := p.victim.figures(true)
	if err != nil {
		return fmt.Errorf("%w after the attack (%w)", errSilent, err)
	}
	r.End, r.Lost = f.Used(), p.victim.lost(f).since(since)
	// The twin gives its memory back as well: to take it again is not the attack's doing.
	if _, err := p.twin.figures(true); err != nil {
		return err
	}
	after := p.meter()
	for range windows {
		pace, err := after.window(ctx, window)
		if err != nil {
			return err
		}
		r.After, r.Share, r.Cost = pace.Rate, pace.Share/p.quiet.Share, pace.Cost/p.quiet.Cost
		r.Low, r.High = pace.Low/p.quiet.High, pace.High/p.quiet.Low
		if r.Share >= leastShare {
			return nil
		}
	}
	if r.High < leastShare { // otherwise the host is too restless to tell
		return fmt.Errorf("%.1f %% of the quiet rate after the attack (between %.1f and %.1f), want %.0f %%",
			100*r.Share, 100*r.Low, 100*r.High, 100*leastShare)
	}
	return nil
}

// rest waits until the machine's memory is what it was before all attacks, but for
// what the runtime keeps.
func (p *pair) rest(ctx context.Context) (r Attack) {
	r.Name, r.Rate, r.Start = "rest", p.quiet.Rate, p.start.Used()
	printed := p.victim.printed()
	bound := p.start.Held() + slack + uint64(p.goroutines)*record + uint64(p.connections)*place + uint64(p.cpus)*stacks
	for began := time.Now(); ctx.Err() == nil; {
		f, err := p.victim.figures(true)
		r.End, r.Settled = f.Used(), time.Since(began).Seconds()
		if err == nil && f.Held() <= bound {
			break
		}
		if time.Since(began) > recovery || !p.victim.alive() {
			if err == nil {
				err = fmt.Errorf("%v after all attacks the machine has %v; before %v, and there were up to %d goroutines and %d connections", recovery, f, p.start, p.goroutines, p.connections)
			}
			r.note(err)
			break
		}
		wait(ctx, probes) // it has until then
	}
	if said := p.victim.said(printed); said != "" {
		r.note(fmt.Errorf("the machine said: %s", said))
	}
	return r
}

// A peak is the most of a machine's memory, in bytes, that was seen in use, and of
// what the network may take, and the most goroutines and connections.
type peak struct {
	used, network, budget   uint64
	goroutines, connections int
}

// peak asks until ctx ends.
func (m *machine) peak(ctx context.Context) (p peak) {
	const page = 4 << 10
	for ctx.Err() == nil {
		if f, err := m.figures(false); err == nil {
			p.used = max(p.used, f.Used())
			p.goroutines = max(p.goroutines, f.Goroutines)
			p.connections = max(p.connections, int(f.Sockets["TCP inuse"]))
			p.network = max(p.network, f.Sockets["TCP mem"]*page)
			p.budget = f.Sockets["MEM budget"] * page
		}
		wait(ctx, 500*time.Millisecond)
	}
	return p
}
