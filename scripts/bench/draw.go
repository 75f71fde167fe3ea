package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// draw renders the report beside the quoted peers as an SVG picture: one panel
// of bars for each question, on a logarithmic scale where figures differ by
// orders of magnitude. Panels without figures are left out.
func (r *Report) draw() []byte {
	panels := []panel{r.bootPanel(), r.memoryPanel(), r.httpPanel()}
	var body strings.Builder
	y := pageTop
	for _, p := range panels {
		if len(p.bars) > 0 {
			y = p.draw(&body, y)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="system-ui, sans-serif" font-size="13" role="img">`+"\n", pageWidth, y, pageWidth, y)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", pageWidth, y)
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// The picture's measures, in pixels.
const (
	pageWidth = 720
	pageTop   = 8
	barLeft   = 250
	barMost   = 380
	barStep   = 22
	barHeight = 15
)

// Colours: ours, measured beside us, quoted.
const (
	inkOurs   = "#d9822b"
	inkBeside = "#4a6fa5"
	inkQuoted = "#b8c4d6"
)

// A panel is one question's answers.
type panel struct {
	title, unit string
	log         bool
	bars        []bar
}

type bar struct {
	name, ink string
	value     float64
}

// draw writes the panel from y downwards and returns where the next begins.
func (p panel) draw(b *strings.Builder, y int) int {
	y += 20
	fmt.Fprintf(b, `<text x="10" y="%d" font-weight="600" fill="#222">%s</text>`+"\n", y, html.EscapeString(p.title))
	y += 10
	most := 0.0
	for _, c := range p.bars {
		most = math.Max(most, c.value)
	}
	for _, c := range p.bars {
		w := p.length(c.value, most)
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" fill="#333">%s</text>`, barLeft-8, y+12, html.EscapeString(c.name))
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`, barLeft, y, w, barHeight, c.ink)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" fill="#333">%s</text>`+"\n", barLeft+w+6, y+12, figure(c.value)+p.unit)
		y += barStep
	}
	return y + 8
}

// length returns how long a bar is. A logarithmic scale begins at 1.
func (p panel) length(value, most float64) float64 {
	if value <= 0 || most <= 0 {
		return 1
	}
	share := value / most
	if p.log {
		share = math.Log10(math.Max(value, 1)) / math.Log10(math.Max(most, 10))
	}
	return math.Max(1, share*barMost)
}

// figure words a value with as many digits as matter.
func figure(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func (r *Report) bootPanel() panel {
	p := panel{title: "Time to first output after the floor (log scale)", unit: " ms", log: true}
	for _, s := range r.Boot {
		name := s.System + ", " + s.Machine
		switch {
		case s.System == "floor":
		case strings.HasPrefix(s.System, "Linux"):
			p.bars = append(p.bars, bar{name, inkBeside, s.AfterFloor})
		default:
			p.bars = append(p.bars, bar{"Yolk " + name, inkOurs, s.AfterFloor})
		}
	}
	if len(p.bars) > 0 {
		for _, q := range peers {
			if q.afterFloor != 0 {
				p.bars = append(p.bars, bar{q.name, inkQuoted, q.afterFloor})
			}
		}
	}
	return p
}

func (r *Report) memoryPanel() panel {
	p := panel{title: "Smallest memory (log scale)", unit: " MiB", log: true}
	for _, m := range r.Memory {
		p.bars = append(p.bars, bar{"Yolk " + m.Program + ", " + m.Machine, inkOurs, float64(m.MiB)})
	}
	if len(p.bars) > 0 {
		for _, q := range peers {
			if q.memory != 0 {
				p.bars = append(p.bars, bar{q.name, inkQuoted, float64(q.memory)})
			}
		}
	}
	return p
}

func (r *Report) httpPanel() panel {
	p := panel{title: fmt.Sprintf("Requests a second, %d connections, the same Go program", connections)}
	for _, h := range r.HTTP {
		for _, l := range h.Loads {
			ink := inkOurs
			if l.System != "Yolk" {
				ink = inkBeside
			}
			name := fmt.Sprintf("%s %s, %s, %s", l.System, l.Machine, h.Page, h.Network)
			p.bars = append(p.bars, bar{name, ink, l.Rate})
		}
	}
	return p
}
