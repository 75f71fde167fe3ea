package main

import (
	"fmt"
	"io"
	"slices"

	"yolk/scripts/chart"
)

// tcpRow is what is compared, by the rates of each system.
type tcpRow struct {
	path, way string
	size      int
	rates     map[string][]float64
}

// tcpRows gathers all turns.
func (r *Report) tcpRows() (rows []tcpRow, systems []string) {
	for _, t := range r.TCP {
		i := slices.IndexFunc(rows, func(q tcpRow) bool { return q.path == t.Path && q.way == t.Way && q.size == t.Size })
		if i < 0 {
			i = len(rows)
			rows = append(rows, tcpRow{t.Path, t.Way, t.Size, map[string][]float64{}})
		}
		rows[i].rates[t.System] = append(rows[i].rates[t.System], t.Rates...)
		if !slices.Contains(systems, t.System) {
			systems = append(systems, t.System)
		}
	}
	return rows, systems
}

func (q tcpRow) String() string {
	return fmt.Sprintf("%s, %s, %d MB", q.path, q.way, q.size/1e6)
}

// tcpTables writes Mbit/s with their standard deviations.
func (r *Report) tcpTables(w io.Writer) {
	rows, systems := r.tcpRows()
	if len(rows) == 0 {
		return
	}
	var cells [][]string
	for _, q := range rows {
		row := []string{q.String()}
		for _, s := range systems {
			v := q.rates[s]
			row = append(row, fmt.Sprintf("%.1f ± %.1f %% of %d", mean(v), 100*deviation(v)/max(mean(v), 1e-9), len(v)))
		}
		cells = append(cells, append(row, ratio(mean(q.rates["Yolk"]), mean(q.rates["Linux"]))))
	}
	table(w, append(append([]string{"Mbit/s, the machine"}, systems...), "of Linux"), cells)
}

// tcpPanels are the same in bars, a panel for each network.
func (r *Report) tcpPanels() (panels []chart.Drawing) {
	rows, systems := r.tcpRows()
	var bars []chart.Bar
	for i, q := range rows {
		for k, s := range systems {
			name := fmt.Sprintf("%s %s, %d MB", s, q.way, q.size/1e6)
			bars = append(bars, chart.Bar{Name: name, Ink: chart.Inks[k%len(chart.Inks)], Value: mean(q.rates[s])})
		}
		if i+1 == len(rows) || rows[i+1].path != q.path {
			panels = append(panels, chart.Panel{Title: "TCP: " + q.path, Unit: " Mbit/s", Bars: bars})
			bars = nil
		}
	}
	return panels
}
