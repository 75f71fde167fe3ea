package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"yolk/boot/e2e/polite"
)

// A session is one soak.
type session struct {
	options
	ctx    context.Context
	report Report
}

// Shares of an attack's time.
const (
	attackShare  = 0.5 // the attack itself
	windowsShare = 0.4 // the rate afterwards
)

// run attacks every machine in turn.
func (s *session) run() error {
	if err := makeLinks(); err != nil {
		return err
	}
	each := s.duration / time.Duration(len(s.beds)*len(s.attacks))
	for _, b := range s.beds {
		if err := s.soak(b, each); err != nil {
			return fmt.Errorf("%v: %w", b, err)
		}
	}
	s.report.print(os.Stdout)
	return cmp.Or(s.report.write(s.json), s.report.verdict())
}

// soak makes all attacks on one machine. One that ends is started again.
func (s *session) soak(b bed, each time.Duration) error {
	var p *pair
	for _, a := range s.attacks {
		if p == nil {
			var err error
			if p, err = bootPair(s.ctx, s.image, b, time.Duration(windowsShare*float64(each))); err != nil {
				return err
			}
			s.say("%v: quiet %.0f requests/s, beside its twin %.3f of %.3f", b, p.rate, p.quiet, p.again)
		}
		r := p.attack(s.ctx, a, time.Duration(attackShare*float64(each)))
		if s.ctx.Err() != nil {
			p.stop()
			return context.Cause(s.ctx)
		}
		r.Machine = b.String()
		s.report.Attacks = append(s.report.Attacks, r)
		s.say("%v", r)
		if !p.victim.alive() || errors.Is(r.err, errSilent) {
			p.stop()
			p = nil
		}
	}
	if p != nil {
		p.stop()
	}
	return nil
}

// say tells how far we are.
func (s *session) say(format string, args ...any) {
	fmt.Printf("%s %s\n", time.Now().Format("15:04:05"), strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// A pair is a machine that is attacked and its twin that is not.
type pair struct {
	bed          bed
	victim, twin *machine
	window       time.Duration // of each measurement of the two's rates
	rate         float64       // the victim's when it is quiet, requests a second
	quiet, again float64       // its share of the twin's, twice: their difference is noise
	start        uint64        // bytes of RAM it used
}

const (
	politeConns = 4
	politeFresh = 100 * time.Millisecond
	pageSize    = 49 // bytes, of the server's page
)

func politely(m *machine) polite.Load {
	return polite.Load{Addr: m.addr(), Path: "/", Size: pageSize, Conns: politeConns, Fresh: politeFresh, Gone: m.ended}
}

// bootPair boots both and measures them.
func bootPair(ctx context.Context, image string, b bed, window time.Duration) (p *pair, err error) {
	p = &pair{bed: b, window: window}
	if p.victim, err = boot(ctx, image, b, links[0]); err != nil {
		return nil, err
	}
	if p.twin, err = boot(ctx, image, b, links[1]); err != nil {
		p.victim.stop()
		return nil, err
	}
	warm := min(window, 2*time.Second)
	p.measure(ctx, warm)
	p.rate, p.quiet = p.measure(ctx, p.window)
	_, p.again = p.measure(ctx, p.window)
	f, err := p.victim.figures(true)
	if err == nil {
		// The first collection finishes what the second gives back.
		f, err = p.victim.figures(true)
	}
	if p.start = f.Used(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *pair) stop() {
	p.victim.stop()
	p.twin.stop()
}

// slice is how long each of the two is loaded before the other's turn.
const slice = 150 * time.Millisecond

// measure loads the two in turn and returns the victim's rate and its share of the
// twin's: the median of all turns.
func (p *pair) measure(ctx context.Context, window time.Duration) (rate, share float64) {
	var rates, shares []float64
	for end := time.Now().Add(window); time.Now().Before(end) && ctx.Err() == nil && p.victim.alive(); {
		var turn [2]float64
		for i, m := range []*machine{p.victim, p.twin} {
			time, done := context.WithTimeout(ctx, slice)
			turn[i] = politely(m).Run(time).Rate()
			done()
		}
		rates, shares = append(rates, turn[0]), append(shares, turn[0]/turn[1])
	}
	return median(rates), median(shares)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
