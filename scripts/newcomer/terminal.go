package main

import (
	"fmt"
	"html"
	"strings"
)

// The picture's measures, in pixels, and its most lines and columns.
const (
	lineHeight = 19
	charWidth  = 8.4
	margin     = 16
	bar        = 28
	columns    = 100
)

// terminal draws lines as a terminal shows them. What is too long is cut off, visibly.
func terminal(lines []string) []byte {
	var b strings.Builder
	width, height := int(columns*charWidth)+2*margin, bar+len(lines)*lineHeight+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#1e2227"/>`+"\n", width, height)
	for i, ink := range []string{"#e06c5f", "#e5b95c", "#7fb069"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="15" r="5" fill="%s"/>`, margin+4+18*i, ink)
	}
	b.WriteString("\n")
	for i, line := range lines {
		ink := "#c8ccd4"
		if strings.HasPrefix(line, "$ ") {
			ink = "#f2c879"
		}
		if r := []rune(strings.ReplaceAll(line, "\t", "    ")); len(r) > columns {
			line = string(r[:columns-1]) + "…"
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s" xml:space="preserve">%s</text>`+"\n", margin, bar+margin+(i+1)*lineHeight-5, ink, html.EscapeString(line))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
