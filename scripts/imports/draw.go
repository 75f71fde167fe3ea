package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	boxWidth, boxHeight = 220, 76
	gapX, gapY          = 90, 54
	margin              = 30
	headSize            = 9 // an arrow's head
)

// draw returns the rooms and the arrows between them as SVG.
func draw(list []arrow) string {
	var b strings.Builder
	cols, rows := 0, 0
	for _, r := range rooms {
		cols, rows = max(cols, r.col+1), max(rows, r.row+1)
	}
	width, height := 2*margin+cols*boxWidth+(cols-1)*gapX, 2*margin+rows*boxHeight+(rows-1)*gapY
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">
<title>The rooms of Yolk: an arrow means "imports"</title>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="%d" markerHeight="%d" orient="auto"><path d="M0 0L10 5L0 10z" fill="#567"/></marker></defs>
<rect width="100%%" height="100%%" fill="#fff"/>
`, width, height, headSize, headSize)
	for _, a := range list {
		b.WriteString(line(rooms[a.from], rooms[a.to]))
	}
	for _, r := range rooms {
		x, y := r.corner()
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#567"/>`+"\n", x, y, boxWidth, boxHeight, r.colour())
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="17" font-weight="bold" text-anchor="middle">%s</text>`+"\n", x+boxWidth/2, y+24, r.name)
		for i, l := range r.about {
			fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="13" fill="#345" text-anchor="middle">%s</text>`+"\n", x+boxWidth/2, y+44+17*i, html.EscapeString(l))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// corner is the upper left one.
func (r room) corner() (x, y int) {
	return margin + r.col*(boxWidth+gapX), margin + r.row*(boxHeight+gapY)
}

// colour tells the worlds apart: the host's, goroutines in an image, kernel context.
func (r room) colour() string {
	switch {
	case r.name == "boot" || r.name == "scripts":
		return "#eee"
	case r.name == "arch" || strings.HasPrefix(r.name, "kernel") && r.name != "kernel/posix" && r.name != "kernel/abi":
		return "#fde3c8"
	case r.name == "kernel/abi":
		return "#fff7cc"
	}
	return "#d9ecff"
}

// line is an arrow from the edge of one box to the edge of another. One that passes a
// box of the same column on its way bends around it.
func line(from, to room) string {
	x1, y1 := from.corner()
	x2, y2 := to.corner()
	ax, ay := float64(x1+boxWidth/2), float64(y1+boxHeight/2)
	bx, by := float64(x2+boxWidth/2), float64(y2+boxHeight/2)
	if from.col == to.col && to.row-from.row > 1 {
		ax, bx = ax+boxWidth/2, bx+boxWidth/2
		bend := ax + float64(gapX)/2 + 6*float64(to.row-from.row)
		return fmt.Sprintf(`<path d="M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f" fill="none" stroke="#567" marker-end="url(#head)"/>`+"\n", ax, ay, bend, ay, bend, by, bx, by)
	}
	sx, sy := edge(ax, ay, bx, by)
	ex, ey := edge(bx, by, ax, ay)
	return fmt.Sprintf(`<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" stroke="#567" marker-end="url(#head)"/>`+"\n", sx, sy, ex, ey)
}

// edge is where the line from the middle of a box to another point leaves the box.
func edge(x, y, toX, toY float64) (float64, float64) {
	dx, dy := toX-x, toY-y
	k := math.Min(boxWidth/2/math.Max(math.Abs(dx), 1e-9), boxHeight/2/math.Max(math.Abs(dy), 1e-9))
	return x + k*dx, y + k*dy
}
