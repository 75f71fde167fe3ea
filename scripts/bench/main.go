// Bench measures what an image costs and prints one table: image size,
// smallest memory, time from the emulator's start to first output, a boot's
// instructions, an idle machine's share of a host processor, and web requests
// per second beside the same program on a Linux guest.
//
//	go run ./scripts/bench [-json FILE] [-svg FILE] [-md FILE] [-only boot,http] [-quick]
//
// Figures of one machine vary with what else the host does, so whatever is
// compared runs alternately in one session and the medians are compared. Boot
// times are given as the difference to the floor, a hand-made guest of some 60
// bytes for each machine. Instructions, web requests and processors are measured
// on x86-64 only.
// Two parts are measured only when they are named, since they take long: web, every size
// of answer from all servers, and tcp, what connections carry, also over bad networks.
// -journal keeps each of their figures at once; a run that was broken off goes on there.
// What needs something this host lacks (wrk, root, a Debian kernel package) is
// left out with a message, and the rest still runs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"yolk/scripts/bench/journal"
	"yolk/scripts/bench/linuxguest"
)

// A bench is one session of measurements.
type bench struct {
	options
	ctx    context.Context
	work   string // a folder for this session's files
	root   string // the module's folder
	linux  linuxguest.Maker
	beds   []*bed
	report *Report

	journal *journal.Journal // of what takes long
}

// options are the command line's.
type options struct {
	only     []string
	machines []string
	boots    int           // of each system and machine
	rounds   int           // of Yolk and Linux in turn
	seconds  time.Duration // of each load and each idle measurement
	memory   int64         // bytes, of everything but the memory search
	quick    bool
	json     string
	svg      string
	md       string
	log      string // the journal's file
}

// sections are the parts of a session, in order. Those that stand apart are measured only
// when they are named.
var sections = []struct {
	name  string
	apart bool
	run   func(*bench) error
}{
	{"size", false, (*bench).measureSizes},
	{"boot", false, (*bench).measureBoots},
	{"count", false, (*bench).measureCounts},
	{"memory", false, (*bench).measureMemory},
	{"idle", false, (*bench).measureIdle},
	{"scale", false, (*bench).measureScale},
	{"http", false, (*bench).measureHTTP},
	{"web", true, (*bench).measureWeb},
	{"tcp", true, (*bench).measureTCP},
}

// names are those of all sections, or of those that need not be named.
func names(all bool) (list []string) {
	for _, s := range sections {
		if all || !s.apart {
			list = append(list, s.name)
		}
	}
	return list
}

// chosen reads the value of -only.
func chosen(only string) []string {
	if only == "" {
		return names(false)
	}
	list := strings.Split(only, ",")
	for _, s := range list {
		if !slices.Contains(names(true), s) {
			fmt.Fprintf(os.Stderr, "bench: -only %s: there are %s\n", s, strings.Join(names(true), ","))
			os.Exit(2)
		}
	}
	return list
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := session(ctx, parse()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse reads the command line.
func parse() (o options) {
	var only, machines string
	flag.BoolVar(&o.quick, "quick", false, "few and short measurements, to see that all works")
	flag.StringVar(&only, "only", "", "measure only these `SECTIONS`: "+strings.Join(names(true), ","))
	flag.StringVar(&machines, "machines", "microvm,q35,virt,raspi3b", "`LIST` of machines")
	flag.IntVar(&o.boots, "n", 21, "`NUMBER` of boots of each image")
	flag.IntVar(&o.rounds, "rounds", 3, "`NUMBER` of turns of each system under load")
	flag.DurationVar(&o.seconds, "time", 3*time.Second, "`TIME` of each load")
	flag.Int64Var(&o.memory, "memory", 128, "`MIB` of memory, where that is not what is measured")
	flag.StringVar(&o.json, "json", "", "write the figures to `FILE`")
	flag.StringVar(&o.svg, "svg", "", "draw them into `FILE`")
	flag.StringVar(&o.md, "md", "", "write web and tcp as tables to `FILE`")
	flag.StringVar(&o.log, "journal", "", "keep each figure of web and tcp in `FILE` until the run ends, and go on with what is there")
	flag.Parse()
	if o.quick {
		o.boots, o.rounds, o.seconds = 3, 1, time.Second
	}
	o.memory <<= 20
	o.machines = strings.Split(machines, ",")
	o.only = chosen(only)
	return o
}

// session measures, and prints what there is even when a section failed.
func session(ctx context.Context, o options) error {
	work, err := os.MkdirTemp("", "yolk-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := &bench{options: o, ctx: ctx, work: work, report: &Report{}}
	b.linux = linuxguest.Maker{Context: ctx, Work: work, Say: b.say}
	if err := b.prepare(); err != nil {
		return err
	}
	b.journal, err = journal.Open(o.log, fmt.Sprintf("%s, %v, quick %v", b.report.Host.Commit, o.seconds, o.quick))
	if err != nil {
		return err
	}
	for _, s := range sections {
		if !slices.Contains(o.only, s.name) {
			continue
		}
		if err := s.run(b); err != nil {
			b.leftOut(s.name, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	b.report.print(os.Stdout)
	return errors.Join(b.write(), b.journal.Close(ctx.Err() == nil && len(b.report.LeftOut) == 0), context.Cause(ctx))
}

// leftOut records that something could not be measured, and why. What fails
// because the session is being broken off is not worth a word.
func (b *bench) leftOut(what string, err error) {
	if b.ctx.Err() != nil {
		return
	}
	b.say("%s left out: %v", what, err)
	b.report.LeftOut = append(b.report.LeftOut, fmt.Sprintf("%s: %v", what, err))
}

// say tells how far we are.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

// write stores the report as asked.
func (b *bench) write() error {
	var errs error
	if b.json != "" {
		text, err := json.MarshalIndent(b.report, "", "  ")
		errs = errors.Join(errs, err, os.WriteFile(b.json, append(text, '\n'), 0o644))
	}
	if b.svg != "" {
		errs = errors.Join(errs, os.WriteFile(b.svg, b.report.draw(), 0o644))
	}
	if b.md != "" {
		var text strings.Builder
		b.report.markdown(&text)
		errs = errors.Join(errs, os.WriteFile(b.md, []byte(text.String()), 0o644))
	}
	return errs
}
