package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A Report holds a session's figures; -json writes it.
type Report struct {
	Host     Host
	Size     []Size
	Boot     []Boot
	Count    []Count
	Memory   []Memory
	Idle     []Idle
	Scale    []Scale
	HTTP     []HTTP
	Web      []Web
	WebCount []WebCount
	TCP      []TCP
	LeftOut  []string // what could not be measured, and why
}

// Host says where the figures come from.
type Host struct {
	Time                        time.Time
	Processors                  int
	Go, Emulator, Accel, Commit string
	Load                        string // averages over 1, 5 and 15 minutes before the session
}

// Size is an image's length as a file, in bytes.
type Size struct {
	Program, Platform string
	Bytes             int64
}

// Boot is the time from the emulator's start to a system's first output, or
// for a server to its listening, in milliseconds.
type Boot struct {
	Machine, System  string
	Min, Median, Max float64
	AfterFloor       float64 // median less the floor's median
	Used             float64 // processor time of the emulator, which a busy host stretches less; median
	UsedAfterFloor   float64
}

// Count is a figure that hardly depends on how busy the host is: instructions
// from the start of the kernel's clock to main, or blocks of guest code that
// the emulator translates until the program has nothing to do.
type Count struct {
	What, Machine    string
	Min, Median, Max float64
}

// Memory is the smallest memory with which a program does its work: in whole
// MiB, and in KiB to the next 64.
type Memory struct {
	Program, Machine string
	MiB, KiB         int
}

// Idle is the share of one host processor that a waiting machine takes.
type Idle struct {
	System, Machine string
	Percent         float64
}

// Scale is how much faster a system does the same work on two processors.
type Scale struct {
	System, Machine string
	One, Two        []float64 // seconds on one processor and on two, a figure each turn
	SpeedUp         float64   // median over median
	Ratio           float64   // Yolk's SpeedUp over Linux's, 0 without a Linux guest
}

// HTTP compares servers under the same load.
type HTTP struct {
	Network, Page string
	Loads         []Load
}

// Load is one server under load.
type Load struct {
	System, Machine string
	Rates           []float64 // requests a second, one figure a turn
	Rate            float64   // their median
	Ratio           float64   // Rate over Linux's, 0 without a Linux guest
	Costs           []float64 // ms of the emulator's processor time for a request
	Cost            float64   // their median, which a busy host changes less than Rate
	CostRatio       float64   // Linux's Cost over Cost: above 1 a request is cheaper here
	Failed          int       // requests, of all turns
	Ready           []float64 // ms from the emulator's start to listening
}

// Goals, from the project's issue.
const (
	goalHelloSize   = 1_700_000 // bytes
	goalHTTPDSize   = 9_000_000
	goalHelloAfter  = 35 // ms after the floor
	goalHTTPDAfter  = 90
	goalHelloMemory = 8 // MiB
	goalHTTPDMemory = 24
	goalIdle        = 2 // percent
	goalScale       = 1 // of Linux's speed-up
)

// goalMachines are those that the goals for sizes and times are for.
var goalMachines = []string{"microvm", "q35", "kvm amd64"}

// goal returns a program's goal where there is one for the machine, or 0.
func goal(machine, program string, goals map[string]int) int {
	if !slices.Contains(goalMachines, machine) {
		return 0
	}
	return goals[program]
}

// print writes the table.
func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "\nYolk %s, %s, %s, %s, %d processors, load %s, %s\n", r.Host.Commit, r.Host.Go, r.Host.Emulator,
		r.Host.Accel, r.Host.Processors, r.Host.Load, r.Host.Time.Format(time.DateTime))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	r.printSizes(t)
	r.printBoots(t)
	r.printMemory(t)
	r.printIdle(t)
	r.printScale(t)
	r.printHTTP(t)
	r.webTables(t)
	r.tcpTables(t)
	for _, s := range r.LeftOut {
		fmt.Fprintf(t, "\nleft out: %s\n", s)
	}
}

func (r *Report) printSizes(w io.Writer) {
	if len(r.Size) > 0 {
		fmt.Fprint(w, "\nIMAGE\tbytes\tgoal\n")
	}
	for _, s := range r.Size {
		goal := goal(s.Platform, s.Program, map[string]int{"helloworld": goalHelloSize, "httpd": goalHTTPDSize})
		fmt.Fprintf(w, "%s, %s\t%d\t%s\n", s.Program, s.Platform, s.Bytes, limit(float64(s.Bytes), goal, ""))
	}
}

func (r *Report) printBoots(w io.Writer) {
	if len(r.Boot) > 0 {
		fmt.Fprint(w, "\nFIRST OUTPUT, ms\tmin\tmedian\tmax\tafter the floor\tgoal\tprocessor time\tafter the floor\n")
	}
	for _, s := range r.Boot {
		goal := goal(s.Machine, s.System, map[string]int{"helloworld": goalHelloAfter, "httpd": goalHTTPDAfter})
		fmt.Fprintf(w, "%s, %s\t%.1f\t%.1f\t%.1f\t%+.1f\t%s\t%.1f\t%+.1f\n", s.System, s.Machine, s.Min, s.Median, s.Max,
			s.AfterFloor, limit(s.AfterFloor, goal, ""), s.Used, s.UsedAfterFloor)
	}
	if len(r.Boot) > 0 {
		for _, p := range peers {
			if p.last != 0 {
				fmt.Fprintf(w, "%s (quoted)\t%.0f\t\t%.0f\t\t\t\t\n", p.name, p.first, p.last)
				continue
			}
			fmt.Fprintf(w, "%s (quoted)\t\t%.0f\t\t%+.0f\t\t\t\n", p.name, p.first, p.afterFloor)
		}
	}
	if len(r.Count) > 0 {
		fmt.Fprint(w, "\nCOUNTS\tmin\tmedian\tmax\n")
	}
	for _, c := range r.Count {
		fmt.Fprintf(w, "%s, %s\t%.0f\t%.0f\t%.0f\n", c.What, c.Machine, c.Min, c.Median, c.Max)
	}
}

func (r *Report) printMemory(w io.Writer) {
	if len(r.Memory) > 0 {
		fmt.Fprint(w, "\nSMALLEST MEMORY\t-m\tto 64 KiB\tgoal\n")
	}
	for _, m := range r.Memory {
		goal := map[string]int{"helloworld": goalHelloMemory, "httpd": goalHTTPDMemory}[m.Program]
		fmt.Fprintf(w, "%s, %s\t%dM\t%dk\t%s\n", m.Program, m.Machine, m.MiB, m.KiB, limit(float64(m.MiB), goal, "M"))
	}
}

func (r *Report) printIdle(w io.Writer) {
	if len(r.Idle) > 0 {
		fmt.Fprint(w, "\nIDLE\tof a processor\tgoal\n")
	}
	for _, i := range r.Idle {
		fmt.Fprintf(w, "%s, %s\t%.1f %%\t%s\n", i.System, i.Machine, i.Percent, limit(i.Percent, goalIdle, " %"))
	}
}

func (r *Report) printScale(w io.Writer) {
	if len(r.Scale) > 0 {
		fmt.Fprint(w, "\nTWO PROCESSORS\ts on 1\ts on 2\tspeed-up\tof Linux\tgoal\n")
	}
	for _, s := range r.Scale {
		ratio, goal := "", ""
		if s.Ratio != 0 {
			ratio, goal = fmt.Sprintf("%.2f", s.Ratio), fmt.Sprintf(">= %d.00", goalScale)
			if s.Ratio < goalScale {
				goal += " missed"
			}
		}
		fmt.Fprintf(w, "%s, %s\t%.2f\t%.2f\t%.2f\t%s\t%s\n", s.System, s.Machine, median(s.One), median(s.Two), s.SpeedUp, ratio, goal)
	}
}

func (r *Report) printHTTP(w io.Writer) {
	if len(r.HTTP) > 0 {
		fmt.Fprintf(w, "\nREQUESTS/S, wrk -t1 -c%d\tmin\tmedian\tmax\tof Linux\tgoal\tfailed\tms of processor each\tcheaper by\tlistens after, ms\n", connections)
	}
	for _, h := range r.HTTP {
		for _, l := range h.Loads {
			ratio, cheaper, goal := "", "", ""
			if l.System != "Linux" && l.Ratio != 0 {
				ratio, goal = fmt.Sprintf("%.2f", l.Ratio), ">= 1.00"
				cheaper = fmt.Sprintf("%.2f", l.CostRatio)
				if l.Ratio < 1 {
					goal += " missed"
				}
			}
			fmt.Fprintf(w, "%s, %s, %s %s\t%.0f\t%.0f\t%.0f\t%s\t%s\t%d\t%.2f\t%s\t%.0f\n", h.Page, h.Network, l.System, l.Machine,
				slices.Min(l.Rates), l.Rate, slices.Max(l.Rates), ratio, goal, l.Failed, l.Cost, cheaper, median(l.Ready))
		}
	}
}

// limit words the goal that value shall not exceed, and whether it does.
func limit(value float64, goal int, unit string) string {
	switch {
	case goal == 0:
		return ""
	case value > float64(goal):
		return fmt.Sprintf("<= %d%s missed", goal, unit)
	}
	return fmt.Sprintf("<= %d%s", goal, unit)
}
