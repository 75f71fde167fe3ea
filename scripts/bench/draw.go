package main

import (
	"fmt"
	"strings"

	"yolk/scripts/chart"
)

// draw renders the report beside the quoted peers: one panel for each question.
func (r *Report) draw() []byte {
	drawings := []chart.Drawing{r.bootPanel(), r.memoryPanel(), r.httpPanel()}
	for _, p := range r.webPlots() {
		drawings = append(drawings, p)
	}
	return chart.Draw(append(drawings, r.tcpPanels()...)...)
}

func (r *Report) bootPanel() chart.Panel {
	p := chart.Panel{Title: "Time to first output after the floor (log scale)", Unit: " ms", Log: true}
	for _, s := range r.Boot {
		name := s.System + ", " + s.Machine
		switch {
		case s.System == "floor":
		case strings.HasPrefix(s.System, "Linux"):
			p.Bars = append(p.Bars, chart.Bar{Name: name, Ink: chart.Beside, Value: s.AfterFloor})
		default:
			p.Bars = append(p.Bars, chart.Bar{Name: "Yolk " + name, Ink: chart.Ours, Value: s.AfterFloor})
		}
	}
	if len(p.Bars) > 0 {
		for _, q := range peers {
			if q.afterFloor != 0 {
				p.Bars = append(p.Bars, chart.Bar{Name: q.name, Ink: chart.Quoted, Value: q.afterFloor})
			}
		}
	}
	return p
}

func (r *Report) memoryPanel() chart.Panel {
	p := chart.Panel{Title: "Smallest memory (log scale)", Unit: " MiB", Log: true}
	for _, m := range r.Memory {
		p.Bars = append(p.Bars, chart.Bar{Name: "Yolk " + m.Program + ", " + m.Machine, Ink: chart.Ours, Value: float64(m.MiB)})
	}
	if len(p.Bars) > 0 {
		for _, q := range peers {
			if q.memory != 0 {
				p.Bars = append(p.Bars, chart.Bar{Name: q.name, Ink: chart.Quoted, Value: float64(q.memory)})
			}
		}
	}
	return p
}

func (r *Report) httpPanel() chart.Panel {
	p := chart.Panel{Title: fmt.Sprintf("Requests a second, %d connections, the same Go program", connections)}
	for _, h := range r.HTTP {
		for _, l := range h.Loads {
			ink := chart.Ours
			if l.System != "Yolk" {
				ink = chart.Beside
			}
			name := fmt.Sprintf("%s %s, %s, %s", l.System, l.Machine, h.Page, h.Network)
			p.Bars = append(p.Bars, chart.Bar{Name: name, Ink: ink, Value: l.Rate})
		}
	}
	return p
}
