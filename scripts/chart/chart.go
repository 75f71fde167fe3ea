// Package chart draws figures as an SVG picture of bars and of lines. It imports the
// standard library only.
package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// A Drawing is a Panel or a Plot.
type Drawing interface {
	// draw renders it from y downwards and returns where the next begins: at y, for one
	// of nothing.
	draw(b *strings.Builder, y int) int
}

// Draw renders drawings below each other. Those of nothing are left out.
func Draw(drawings ...Drawing) []byte {
	var body strings.Builder
	y := pageTop
	for _, d := range drawings {
		y = d.draw(&body, y)
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

// Colours.
const (
	Ours   = "#d9822b"
	Beside = "#4a6fa5" // measured beside us
	Quoted = "#b8c4d6" // measured by others
	Wrong  = "#b3261e" // not as it shall be
)

// A Panel is one question's answers, on a logarithmic scale where they differ by
// orders of magnitude.
type Panel struct {
	Title, Unit string
	Log         bool
	Bars        []Bar
}

// A Bar is one answer.
type Bar struct {
	Name, Ink string
	Value     float64
}

// draw implements Drawing.
func (p Panel) draw(b *strings.Builder, y int) int {
	if len(p.Bars) == 0 {
		return y
	}
	y += 20
	fmt.Fprintf(b, `<text x="10" y="%d" font-weight="600" fill="#222">%s</text>`+"\n", y, html.EscapeString(p.Title))
	y += 10
	most := 0.0
	for _, c := range p.Bars {
		most = math.Max(most, c.Value)
	}
	for _, c := range p.Bars {
		w := p.length(c.Value, most)
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" fill="#333">%s</text>`, barLeft-8, y+12, html.EscapeString(c.Name))
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`, barLeft, y, w, barHeight, c.Ink)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" fill="#333">%s</text>`+"\n", barLeft+w+6, y+12, figure(c.Value)+p.Unit)
		y += barStep
	}
	return y + 8
}

// length returns how long a bar is. A logarithmic scale begins at 1.
func (p Panel) length(value, most float64) float64 {
	if value <= 0 || most <= 0 {
		return 1
	}
	share := value / most
	if p.Log {
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
