package timeline

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"text/tabwriter"
	"time"
)

// A row is a phase as it is shown.
type row struct {
	Phase
	took     time.Duration
	executed int64
}

// rows are the phases with what they took; the last is where it ended.
func (r *Recorder) rows() (rows []row, end Phase) {
	for i := range len(r.phases) - 1 {
		next := r.phases[i+1]
		rows = append(rows, row{r.phases[i], next.Begins - r.phases[i].Begins, next.Instructions - r.phases[i].Instructions})
	}
	return rows, r.phases[len(r.phases)-1]
}

// Show returns the timeline as an SVG picture, if the file's name ends in .svg, else as
// text.
func (r *Recorder) Show(title, name string) []byte {
	if strings.HasSuffix(strings.ToLower(name), ".svg") {
		return r.svg(title)
	}
	return r.text(title)
}

// note says what the figures are.
func (r *Recorder) note() string {
	if !r.counts {
		return "Time is this computer's, since the emulator was started, without the stops."
	}
	return "Time is this computer's, since the emulator was started, without the stops; instructions are exact."
}

func (r *Recorder) text(title string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n\n", title, r.note())
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "BEGINS\tTAKES\tINSTRUCTIONS\t  WHOSE, WHAT")
	rows, end := r.rows()
	for _, p := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t  %s: %s\n", ms(p.Begins), ms(p.took), r.count(p), p.Owner, p.Name)
	}
	fmt.Fprintf(w, "%s\t\t%s\t  %s\n", ms(end.Begins), r.total(end), end.Name)
	w.Flush()
	return b.Bytes()
}

func ms(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// count is how many instructions a phase took, in words. The emulator's start has none.
func (r *Recorder) count(p row) string {
	if !r.counts || p.Name == r.phases[0].Name {
		return "-"
	}
	return grouped(p.executed)
}

// total is how many there were before the end.
func (r *Recorder) total(end Phase) string {
	if !r.counts {
		return "-"
	}
	return grouped(end.Instructions)
}

// grouped writes a number with spaces between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// Colours of owners; those of the README's pictures.
var inks = map[Owner]string{Emulator: "#b8c4d6", Kernel: "#d9822b", Runtime: "#4a6fa5", Program: "#5a9367"}

// The picture's measures, in pixels.
const (
	width      = 1000
	left, most = 230, 520 // where time begins, and how long it is
	takes      = 860      // where the column of times ends
	rowStep    = 24
	bar        = 15
	top        = 92
)

// svg draws a bar for each phase, where it is in time.
func (r *Recorder) svg(title string) []byte {
	var b bytes.Buffer
	rows, end := r.rows()
	bottom := top + len(rows)*rowStep
	height := bottom + 58
	total := max(end.Begins, 1)
	x := func(d time.Duration) float64 { return left + float64(most)*float64(d)/float64(total) }
	text := func(x float64, y int, attributes, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" %s>%s</text>`+"\n", x, y, attributes, html.EscapeString(s))
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="system-ui, sans-serif" font-size="13" fill="#333" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n"+`<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", html.EscapeString(title), width, height)
	text(10, 24, `font-size="16" font-weight="600" fill="#222"`, title)
	r.key(&b, text)
	text(takes, top-10, `text-anchor="end" fill="#666"`, "takes")
	text(width-12, top-10, `text-anchor="end" fill="#666"`, "instructions")
	for at := time.Duration(0); at <= total; at += tick(total) {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1[1]f" y1="%d" y2="%d" stroke="#e4e4e4"/>`+"\n", x(at), top-4, bottom)
		text(x(at), top-10, `text-anchor="middle" fill="#666"`, fmt.Sprintf("%d ms", at.Milliseconds()))
	}
	for i, p := range rows {
		y := top + i*rowStep
		text(left-10, y+bar-3, `text-anchor="end"`, p.Name)
		fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n", x(p.Begins), y, max(1.5, x(p.took)-left), bar, inks[p.Owner])
		text(takes, y+bar-3, `text-anchor="end"`, ms(p.took))
		text(width-12, y+bar-3, `text-anchor="end"`, r.count(p))
	}
	text(left-10, bottom+bar-3, `text-anchor="end" font-weight="600"`, end.Name)
	text(takes, bottom+bar-3, `text-anchor="end" font-weight="600"`, "after "+ms(end.Begins))
	text(width-12, bottom+bar-3, `text-anchor="end" font-weight="600"`, r.total(end))
	text(10, height-12, `font-size="12" fill="#666"`, r.note())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// key says whose each colour is.
func (r *Recorder) key(b *bytes.Buffer, text func(float64, int, string, string)) {
	at := 10.0
	for _, o := range []Owner{Emulator, Kernel, Runtime, Program} {
		fmt.Fprintf(b, `<rect x="%.1f" y="40" width="12" height="12" rx="2" fill="%s"/>`+"\n", at, inks[o])
		text(at+18, 51, `fill="#333"`, string(o))
		at += 110
	}
}

// tick is the distance of marks on an axis that is total long: 4 to 10 of them, at round
// numbers of milliseconds.
func tick(total time.Duration) time.Duration {
	for step := time.Millisecond; ; step *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if total/(n*step) <= 10 {
				return n * step
			}
		}
	}
}
