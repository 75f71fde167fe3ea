// Benchnet measures packets: what the ring and the driver cost on this host with
// no emulator, how many instructions a packet takes in a machine, and how many
// packets a second a machine sends, receives and forwards beside a Linux guest.
//
//	go run ./scripts/benchnet [-quick] [-rounds N] [-only driver,count,hub,socket,vhost]
//
// Each command is printed as it is run. What needs something that this host lacks
// (dpdk-testpmd of Debian's package dpdk-dev; apt-get, which downloads a Linux
// kernel) is left out with a message. Systems take turns, and a figure is the
// median of all seconds of all turns after the first of each: absolute figures
// depend on what else the host does, so compare those of one session.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// bench is a session.
type bench struct {
	ctx     context.Context
	work    string
	only    []string
	sizes   []int
	rounds  int
	seconds int // of each turn, the first of which does not count
	verbose bool
	images  map[string]string           // by program
	linux   func() (*linuxGuest, error) // makes it once
	rows    []row
}

// row is a figure.
type row struct {
	where, what, system string
	value               float64
	unit                string
}

var sections = []struct {
	name string
	run  func(*bench) error
}{
	{"driver", (*bench).driver},
	{"count", (*bench).count},
	{"hub", (*bench).hub},
	{"socket", (*bench).socket},
	{"vhost", (*bench).vhost},
}

// names are those of all sections.
func names() (list []string) {
	for _, s := range sections {
		list = append(list, s.name)
	}
	return list
}

// chosen reads the value of -only.
func chosen(only string) []string {
	if only == "" {
		return names()
	}
	list := strings.Split(only, ",")
	for _, s := range list {
		if !slices.Contains(names(), s) {
			fmt.Fprintf(os.Stderr, "benchnet: -only %s: there are %s\n", s, strings.Join(names(), ","))
			os.Exit(2)
		}
	}
	return list
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{ctx: ctx, sizes: []int{60, 128, 256, 512, 1024, 1514}, seconds: 5, images: map[string]string{}}
	only := flag.String("only", "", "measure only these `SECTIONS`: "+strings.Join(names(), ","))
	sizes := flag.String("sizes", "", "only frames of these `BYTES`, such as 60,1514")
	rounds := flag.Int("rounds", 3, "`NUMBER` of turns of each system")
	quick := flag.Bool("quick", false, "one short turn, the smallest and the largest packets")
	flag.Parse()
	if b.rounds = *rounds; *quick {
		b.sizes, b.rounds, b.seconds = []int{60, 1514}, 1, 4
	}
	if b.rounds < 1 {
		fmt.Fprintln(os.Stderr, "benchnet: -rounds: at least one")
		os.Exit(2)
	}
	if *sizes != "" {
		b.sizes = nil
		for _, s := range strings.Split(*sizes, ",") {
			n, err := strconv.Atoi(s)
			if err != nil || n < 60 || n > 1514 {
				fmt.Fprintf(os.Stderr, "benchnet: -sizes %s: numbers from 60 to 1514 with commas\n", *sizes)
				os.Exit(2)
			}
			b.sizes = append(b.sizes, n)
		}
	}
	b.only = chosen(*only)
	b.linux = sync.OnceValues(b.prepareLinux)
	if err := b.session(); err != nil {
		fmt.Fprintln(os.Stderr, "benchnet:", err)
		os.Exit(1)
	}
}

// session measures, and prints what there is also when a section failed.
func (b *bench) session() (err error) {
	if b.work, err = os.MkdirTemp("", "yolk-benchnet-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	for _, s := range sections {
		if !slices.Contains(b.only, s.name) {
			continue
		}
		if err := s.run(b); err != nil && b.ctx.Err() == nil {
			b.say("%s left out: %v", s.name, err)
		}
	}
	b.print()
	return context.Cause(b.ctx)
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "benchnet: "+format+"\n", args...)
}

// add notes a figure.
func (b *bench) add(where, what, system string, value float64, unit string) {
	b.rows = append(b.rows, row{where, what, system, value, unit})
	b.say("%s, %s, %s: %.1f %s", where, what, system, value, unit)
}

// print writes the table: a line for each thing measured, its systems side by
// side.
func (b *bench) print() {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("\n%s, load %s", time.Now().UTC().Format(time.DateTime), load)
	for i, r := range b.rows {
		if i == 0 || r.where != b.rows[i-1].where || r.what != b.rows[i-1].what {
			fmt.Printf("\n%-22s %-24s", r.where, r.what)
		}
		fmt.Printf("  %s %.4g %s", r.system, r.value, r.unit)
	}
	fmt.Println()
}

// median of at least one value.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
