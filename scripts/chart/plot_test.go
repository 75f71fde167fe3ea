package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestPlot: a plot is well-formed, has a point for each value that there is, and marks
// the powers of ten around them; one of nothing has no place.
func TestPlot(t *testing.T) {
	p := Plot{Title: "a<b", X: []string{"64 B", "1 KiB"}, Lines: []Line{
		{Name: "one", Ink: Inks[0], Y: []float64{20, 3000}}, {Name: "two", Ink: Inks[1], Y: []float64{0, 50}},
	}}
	out := string(Draw(p, Plot{X: []string{"none"}, Lines: []Line{{Y: []float64{0}}}}, Panel{}))
	d := xml.NewDecoder(strings.NewReader(out))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out, "<circle"); n != 3 {
		t.Errorf("%d points of 3", n)
	}
	for _, s := range []string{"a&lt;b", ">10<", ">10000<", ">64 B<", ">two<"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is missing", s)
		}
	}
	if strings.Contains(out, ">none<") || strings.Contains(out, ">1<") {
		t.Error("there is something of nothing")
	}
	if least, most := p.scale(); least != 10 || most != 10000 {
		t.Errorf("from %v to %v", least, most)
	}
}
