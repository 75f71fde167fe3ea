package main

import (
	"fmt"
	"io"
	"slices"

	"yolk/scripts/chart"
)

// webRatios are the comparisons that the table makes: a server's rate by another's.
var webRatios = []struct{ name, system, server, bySystem, byServer string }{
	{"of Linux", "Yolk", "net/http", "Linux", "net/http"},
	{"of nginx", "Yolk", "net/http", "nginx", "nginx"},
	{"raw of Linux's raw", "Yolk", "raw", "Linux", "raw"},
}

func (c webCell) column() string {
	if c.System == c.Server {
		return c.System
	}
	return c.System + " " + c.Server
}

// webTables writes requests a second, how long they took, and what they cost.
func (r *Report) webTables(w io.Writer) {
	columns := r.webColumns()
	if len(columns) == 0 {
		return
	}
	head := []string{"requests/s"}
	for _, c := range columns {
		head = append(head, c.column())
	}
	for _, q := range webRatios {
		head = append(head, q.name)
	}
	table(w, head, r.webRows(func(m Web) string { return fmt.Sprintf("%.0f", m.Rate) }, true))
	table(w, append([]string{"p50 / p90 / p99, ms"}, head[1:len(columns)+1]...),
		r.webRows(func(m Web) string { return fmt.Sprintf("%.2f / %.2f / %.2f", m.P50, m.P90, m.P99) }, false))
	table(w, append([]string{"ms of the emulator's processors for a request"}, head[1:len(columns)+1]...),
		r.webRows(func(m Web) string { return fmt.Sprintf("%.3f", m.Cost) }, false))
	failed := 0
	for _, m := range r.Web {
		failed += m.Failed
	}
	fmt.Fprintf(w, "\n%d requests failed.\n", failed)
	r.countTable(w)
}

// webRows has a row for each load, of what word says of each server's median.
func (r *Report) webRows(word func(Web) string, ratios bool) (rows [][]string) {
	columns := r.webColumns()
	for _, cpus := range []int{1, 2} {
		for _, load := range webLoads() {
			at := webCell{CPUs: cpus, Connections: load[0], Size: load[1]}
			row, some := []string{fmt.Sprintf("%d CPU, c%d, %s", cpus, load[0], sizeWords(load[1]))}, false
			for _, c := range columns {
				at.System, at.Server = c.System, c.Server
				m, found := r.middle(at)
				if some = some || found; found {
					row = append(row, word(m))
				} else {
					row = append(row, "-")
				}
			}
			for _, q := range webRatios {
				if ratios {
					at.System, at.Server = q.system, q.server
					a, _ := r.middle(at)
					at.System, at.Server = q.bySystem, q.byServer
					b, _ := r.middle(at)
					row = append(row, ratio(a.Rate, b.Rate))
				}
			}
			if some {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// countTable writes the instructions of a request.
func (r *Report) countTable(w io.Writer) {
	var loads, systems []string
	counts := map[[2]string]int{}
	for _, c := range r.WebCount {
		if counts[[2]string{c.Load, c.System}] = c.Instructions; !slices.Contains(loads, c.Load) {
			loads = append(loads, c.Load)
		}
		if !slices.Contains(systems, c.System) {
			systems = append(systems, c.System)
		}
	}
	if len(loads) == 0 {
		return
	}
	var rows [][]string
	for _, l := range loads {
		row := []string{l}
		for _, s := range systems {
			row = append(row, fmt.Sprint(counts[[2]string{l, s}]))
		}
		rows = append(rows, append(row, ratio(float64(counts[[2]string{l, "Yolk"}]), float64(counts[[2]string{l, "Linux"}]))))
	}
	table(w, append(append([]string{"instructions a request over loopback, both ends"}, systems...), "of Linux"), rows)
}

// webPlots are requests a second by size, a plot for each number of processors and of
// connections.
func (r *Report) webPlots() (plots []chart.Plot) {
	for _, cpus := range []int{1, 2} {
		for _, n := range webFew {
			p := chart.Plot{Title: fmt.Sprintf("Requests a second by size, %d connections, %d CPU", n, cpus)}
			for _, size := range webSizes {
				p.X = append(p.X, sizeWords(size))
			}
			for i, c := range r.webColumns() {
				line := chart.Line{Name: c.column(), Ink: chart.Inks[i%len(chart.Inks)]}
				for _, size := range webSizes {
					m, _ := r.middle(webCell{cpus, n, size, c.System, c.Server})
					line.Y = append(line.Y, m.Rate)
				}
				p.Lines = append(p.Lines, line)
			}
			if slices.ContainsFunc(r.Web, func(w Web) bool { return w.CPUs == cpus && w.Connections == n }) {
				plots = append(plots, p)
			}
		}
	}
	return plots
}
