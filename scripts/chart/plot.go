package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// A Plot has a line for each that is compared, over the same values of something, on a
// logarithmic scale from the power of ten below its least.
type Plot struct {
	Title string
	X     []string
	Lines []Line
}

// A Line has a value for each of a plot's X; none is above zero where nothing was
// measured.
type Line struct {
	Name, Ink string
	Y         []float64
}

// Inks are colours that can be told from each other; the first are those of bars.
var Inks = []string{Ours, Beside, "#5a9367", "#8c4a1e", "#7d5ba6"}

// A plot's measures, in pixels.
const (
	plotLeft   = 70
	plotWidth  = 440
	plotHeight = 220
	keyLeft    = plotLeft + plotWidth + 30
	keyStep    = 20
)

// draw implements Drawing.
func (p Plot) draw(b *strings.Builder, y int) int {
	least, most := p.scale()
	if least == 0 {
		return y
	}
	y += 20
	fmt.Fprintf(b, `<text x="10" y="%d" font-weight="600" fill="#222">%s</text>`+"\n", y, html.EscapeString(p.Title))
	top := y + 12
	height := func(v float64) float64 {
		return float64(top) + plotHeight*(1-(math.Log10(v)-math.Log10(least))/(math.Log10(most)-math.Log10(least)))
	}
	for v := least; v <= most*1.001; v *= 10 {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%[3]f" stroke="#ddd"/>`, plotLeft, plotLeft+plotWidth, height(v))
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end" fill="#333">%s</text>`+"\n", plotLeft-8, height(v)+4, figure(v))
	}
	across := func(i int) float64 { return plotLeft + plotWidth*(float64(i)+0.5)/float64(len(p.X)) }
	for i, x := range p.X {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#333">%s</text>`+"\n", across(i), top+plotHeight+16, html.EscapeString(x))
	}
	for k, l := range p.Lines {
		var points []string
		for i, v := range l.Y {
			if v > 0 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", across(i), height(v)))
				fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, across(i), height(v), l.Ink)
			}
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), l.Ink)
		at := top + k*keyStep
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="14" height="4" fill="%s"/>`, keyLeft, at+6, l.Ink)
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="#333">%s</text>`+"\n", keyLeft+20, at+12, html.EscapeString(l.Name))
	}
	return top + plotHeight + 30
}

// scale returns the powers of ten around all values, 0 without any.
func (p Plot) scale() (least, most float64) {
	for _, l := range p.Lines {
		for _, v := range l.Y {
			if v > 0 {
				least, most = min(v, or(least, v)), max(v, most)
			}
		}
	}
	if least == 0 {
		return 0, 0
	}
	least = math.Pow10(int(math.Floor(math.Log10(least))))
	return least, max(math.Pow10(int(math.Ceil(math.Log10(most)))), 10*least)
}

// or is v, or another if that is 0.
func or(v, another float64) float64 {
	if v == 0 {
		return another
	}
	return v
}
