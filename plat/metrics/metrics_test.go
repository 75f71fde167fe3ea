package metrics

import (
	"strings"
	"testing"
)

// TestWriteTo: figures are read when they are written, and written by name in the form
// that Prometheus reads.
func TestWriteTo(t *testing.T) {
	n := 41
	var l List
	l.Add(
		Metric{"b_total", Counter, "Of each.", func(put Put) {
			put(Label("device", "0"), 1.5)
			put(Label("device", `a "b"`), 1<<40)
		}},
		Metric{"a_bytes", Gauge, "One.", One(func() int { return n })},
	)
	n++
	var b strings.Builder
	if k, err := l.WriteTo(&b); int(k) != b.Len() || err != nil {
		t.Error(k, err)
	}
	want := `# HELP a_bytes One.
# TYPE a_bytes gauge
a_bytes 42
# HELP b_total Of each.
# TYPE b_total counter
b_total{device="0"} 1.5
b_total{device="a \"b\""} 1.099511627776e+12
`
	if b.String() != want {
		t.Errorf("%s\nwant %s", &b, want)
	}
}
