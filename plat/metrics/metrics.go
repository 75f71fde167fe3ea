// Package metrics is a list of figures with names, and writes them in the text form that
// Prometheus and its relatives read. A figure is read when somebody asks: whoever counts
// knows nothing of this package, and pays nothing for it.
//
// It imports nothing of Yolk.
package metrics

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Kind is what a figure does.
type Kind string

const (
	Counter Kind = "counter" // only grows
	Gauge   Kind = "gauge"
)

// A Metric is a figure, or one for each of some things, which labels tell apart.
type Metric struct {
	Name string // with its unit at the end, and _total behind that of a counter
	Kind Kind
	Help string
	Read func(put Put)
}

// Put takes a value. Labels are `name="value"` with commas between, or "".
type Put func(labels string, value float64)

// One is the Read of a single figure.
func One[T uint64 | int64 | int | float64](read func() T) func(Put) {
	return func(put Put) { put("", float64(read())) }
}

// Label returns a label, its value in quotes.
func Label(name, value string) string { return name + "=" + strconv.Quote(value) }

// A List is what is written together. The zero List is empty. It is not safe for
// concurrent use while it is added to.
type List struct{ all []Metric }

// Add adds figures.
func (l *List) Add(m ...Metric) { l.all = append(l.all, m...) }

// WriteTo writes all figures by name (Prometheus, "Exposition formats", text format
// 0.0.4), at once.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	slices.SortFunc(l.all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	var b []byte
	for _, m := range l.all {
		b = append(b, "# HELP "+m.Name+" "+m.Help+"\n# TYPE "+m.Name+" "+string(m.Kind)+"\n"...)
		m.Read(func(labels string, value float64) {
			b = append(b, m.Name...)
			if labels != "" {
				b = append(b, "{"+labels+"}"...)
			}
			b = append(b, ' ')
			b = strconv.AppendFloat(b, value, 'g', -1, 64)
			b = append(b, '\n')
		})
	}
	n, err := w.Write(b)
	return int64(n), err
}

// ContentType is that of what WriteTo writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"
