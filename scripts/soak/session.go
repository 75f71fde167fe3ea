package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"yolk/boot/e2e/polite"
	"yolk/scripts/soak/served"
)

// A session is one soak.
type session struct {
	options
	ctx    context.Context
	report Report
}

// Shares of a machine's time.
const (
	warmShare   = 0.05
	quietShare  = 0.2
	attackShare = 0.4  // all attacks
	afterShare  = 0.35 // the rate after each of them, if one look suffices
)

// warm is the least that warming may take: an emulator translates for some seconds, and
// the second machine of a pair would else be measured while it still does.
const warm = 6 * time.Second

func share(d time.Duration, s float64) time.Duration { return time.Duration(float64(d) * s) }

// run attacks every machine in turn.
func (s *session) run() error {
	if err := makeLinks(); err != nil {
		return err
	}
	each := s.duration / time.Duration(len(s.beds))
	var err error
	for _, b := range s.beds {
		if err = s.soak(b, each); err != nil {
			err = fmt.Errorf("%v: %w", b, err)
			break // what is known is told all the same
		}
	}
	s.report.print(os.Stdout)
	return errors.Join(err, s.report.write(s.json, s.svg), s.report.verdict())
}

// soak makes all attacks on one machine, in about that time. A machine that ends is
// started again.
func (s *session) soak(b bed, each time.Duration) error {
	var p *pair
	for _, a := range s.attacks {
		if p == nil {
			var err error
			if p, err = bootPair(s.ctx, s.image, b, each); err != nil {
				return err
			}
			s.say("%v: quiet %.0f requests/s, %.3f of its twin's (%.3f to %.3f)", b, p.quiet.Rate, p.quiet.Share, p.quiet.Low, p.quiet.High)
		}
		n := float64(len(s.attacks))
		r := p.attack(s.ctx, a, share(each, attackShare/n), share(each, afterShare/n))
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
		r := p.rest(s.ctx)
		r.Machine = b.String()
		s.report.Attacks = append(s.report.Attacks, r)
		s.say("%v", r)
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
	victim, twin *machine
	quiet        Pace // before any attack
	start        served.Figures
	cpus         int
	// The most that were seen.
	goroutines, connections int
}

const (
	politeConns = 4
	politeFresh = 100 * time.Millisecond
)

func politely(m *machine) polite.Load {
	return polite.Load{Addr: m.addr(), Path: "/", Want: served.Page, Conns: politeConns, Fresh: politeFresh, Gone: m.ended}
}

// bootPair boots both and measures them.
func bootPair(ctx context.Context, image string, b bed, each time.Duration) (p *pair, err error) {
	p = &pair{cpus: b.CPUs}
	if p.victim, err = boot(ctx, image, b, links[0]); err != nil {
		return nil, err
	}
	if p.twin, err = boot(ctx, image, b, links[1]); err != nil {
		p.victim.stop()
		return nil, err
	}
	p.meter().window(ctx, max(warm, share(each, warmShare))) // what runs for the first time is slow
	if p.quiet, err = p.meter().window(ctx, share(each, quietShare)); err != nil {
		p.stop()
		return nil, err
	}
	f, err := p.victim.figures(true)
	if err == nil {
		// The first collection finishes what the second gives back.
		f, err = p.victim.figures(true)
	}
	if p.start = f; err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *pair) meter() *meter { return &meter{victim: p.victim, twin: p.twin} }

func (p *pair) stop() {
	p.victim.stop()
	p.twin.stop()
}
