package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"

	"yolk/boot/qemu"
)

const serverProgram, serverMarker = "scripts/bench/server", "server: listening"

// What is asked for: each size over few connections, one over many.
var (
	webSizes = []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10}
	webFew   = []int{1, 10}
	webMany  = []int{100, 1000}
)

const webManySize = 4 << 10

// A webServer is one that is asked, on a machine that others may be on as well.
type webServer struct {
	System, Server string
	port           int
	on             *contestant
	warm           *int // the boot since which it has been asked
}

// A webCell is a server and a load.
type webCell struct {
	CPUs, Connections, Size int
	System, Server          string
}

func (c webCell) String() string {
	return fmt.Sprintf("%d CPU, c%d, %d bytes, %s %s", c.CPUs, c.Connections, c.Size, c.System, c.Server)
}

// Web is what a turn of a cell measured.
type Web struct {
	webCell
	Rate          float64 // requests a second
	P50, P90, P99 float64 // ms
	Cost          float64 // ms of the emulator's processor time for a request
	Failed        int     // requests
}

// measureWeb asks servers on all systems for each size, by turns.
func (b *bench) measureWeb() error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return fmt.Errorf("wrk is not installed: run scripts/setup, which installs it")
	}
	if err := manyFiles(); err != nil {
		return err
	}
	netns, remove, err := namespace()
	if err != nil {
		return err
	}
	defer remove()
	systems, err := b.webSystems(netns)
	if err != nil {
		return err
	}
	for _, cpus := range []int{1, 2} {
		for _, s := range systems {
			if err := s.connect(cpus); err != nil {
				return err
			}
		}
		if cpus == 1 {
			b.countWeb(systems)
		}
		servers := webServers(systems, cpus)
		err := b.webRounds(cpus, servers)
		for _, s := range servers {
			s.on.end()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// webLoads are connections and sizes in the order in which they are measured.
func webLoads() (loads [][2]int) {
	for _, c := range webFew {
		for _, size := range webSizes {
			loads = append(loads, [2]int{c, size})
		}
	}
	for _, c := range webMany {
		loads = append(loads, [2]int{c, webManySize})
	}
	return loads
}

// webRounds measures each load on each server, and that as often as there are rounds. A
// cell that fails is left out.
func (b *bench) webRounds(cpus int, servers []webServer) error {
	loads := webLoads()
	all := b.rounds * len(loads) * len(servers)
	began, done := time.Now(), 0
	for round := range b.rounds {
		for _, load := range loads {
			for _, s := range servers {
				cell := webCell{cpus, load[0], load[1], s.System, s.Server}
				w := Web{webCell: cell}
				err := b.journal.Once(fmt.Sprintf("web %d %v", round, cell), &w, func() error {
					return b.turn(s.on, func() error { return b.ask(s, &w) })
				})
				if b.ctx.Err() != nil {
					return b.ctx.Err()
				}
				done++
				if err != nil {
					b.failed(cell.String(), err)
					continue
				}
				b.report.Web = append(b.report.Web, w)
				left := time.Since(began) / time.Duration(done) * time.Duration(all-done)
				b.say("%d of %d, %v: %.0f requests/s; %v left", done, all, cell, w.Rate, left.Round(time.Second))
			}
		}
	}
	return nil
}

// ask loads a server.
func (b *bench) ask(s webServer, w *Web) error {
	load := func() (string, error) {
		return b.wrk(s.on.netns, w.Connections, fmt.Sprintf("http://10.77.%d.2:%d/%d", s.on.number, s.port, w.Size),
			"--latency", "--timeout", "10s")
	}
	if *s.warm != s.on.boots { // the emulator translates what it has not seen
		if _, err := load(); err != nil {
			return err
		}
		*s.warm = s.on.boots
	}
	pid := s.on.guest.cmd.Process.Pid
	before, _ := qemu.ProcessorTime(pid)
	out, err := load()
	if err != nil {
		return err
	}
	after, _ := qemu.ProcessorTime(pid)
	r, err := parseWrk(out)
	w.Rate, w.Failed = r.rate, r.failed
	w.P50, w.P90, w.P99 = milliseconds(r.p50), milliseconds(r.p90), milliseconds(r.p99)
	w.Cost = milliseconds(after-before) / max(r.requests, 1)
	return err
}

// middle is a cell's median over all rounds.
func (r *Report) middle(c webCell) (m Web, found bool) {
	var rates, p50, p90, p99, costs []float64
	m.webCell = c
	for _, w := range r.Web {
		if w.webCell == c {
			rates, costs = append(rates, w.Rate), append(costs, w.Cost)
			p50, p90, p99 = append(p50, w.P50), append(p90, w.P90), append(p99, w.P99)
			m.Failed += w.Failed
		}
	}
	if rates == nil {
		return m, false
	}
	m.Rate, m.Cost, m.P50, m.P90, m.P99 = median(rates), median(costs), median(p50), median(p90), median(p99)
	return m, true
}

// webColumns are the servers that were measured.
func (r *Report) webColumns() (columns []webCell) {
	for _, w := range r.Web {
		c := webCell{System: w.System, Server: w.Server}
		if !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	return columns
}
