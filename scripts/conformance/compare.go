package main

import (
	"fmt"
	"slices"
	"strings"
)

// A verdict says how Yolk compares to Linux for a package.
type verdict string

const (
	same   verdict = "ok"      // every test that passes on Linux passes on Yolk
	less   verdict = "partial" // but for tests that cannot, for a known reason
	worse  verdict = "WORSE"   // a test fails that passes on Linux
	absent verdict = "not run"
)

// A finding is a test with another outcome on Yolk than on Linux, and what it
// said.
type finding struct {
	Test   string
	Status status
	Why    string `json:",omitempty"`
}

// A result is what became of a package's tests on one system, compared to
// Linux. It is what the repository keeps.
type result struct {
	Package                 string
	Commit                  string // of Yolk; for Linux the Go release
	Date                    string `json:",omitempty"` // on which it was run
	Status                  status
	Why                     string `json:",omitempty"` // for a crash or a build that failed
	Seconds                 float64
	Passed, Skipped, Failed int
	Failures                []finding `json:",omitempty"` // pass on Linux, fail here
	Skips                   []finding `json:",omitempty"` // pass on Linux, skipped here
	Alike                   []string  `json:",omitempty"` // fail on both
	Unrun                   int       `json:",omitempty"` // pass on Linux, not reached here
}

// compare sets the two runs side by side. A linux without tests is that of a
// check, which takes everything to pass there; declared tells which tests there
// are on the architecture.
func compare(path string, linux, yolk outcome, declared func(string) bool) result {
	r := result{Package: path, Status: yolk.Status, Why: yolk.Why, Seconds: yolk.Seconds,
		Passed: count(yolk, passed), Skipped: count(yolk, skipped), Failed: len(yolk.Tests) - count(yolk, passed) - count(yolk, skipped)}
	names := map[string]bool{}
	for n := range linux.Tests {
		names[n] = declared(n)
	}
	for n := range yolk.Tests {
		names[n] = true
	}
	for n, there := range names {
		if there {
			r.add(n, linux, yolk)
		}
	}
	byName := func(a, b finding) int { return strings.Compare(a.Test, b.Test) }
	slices.SortFunc(r.Failures, byName)
	slices.SortFunc(r.Skips, byName)
	slices.Sort(r.Alike)
	return r
}

// add files one test under what became of it.
func (r *result) add(name string, linux, yolk outcome) {
	l, y := linux.Tests[name], yolk.Tests[name]
	if len(linux.Tests) == 0 {
		l.Status = passed
	}
	switch {
	case y.Status == passed:
	case y.Status == skipped && l.Status == passed && len(linux.Tests) > 0:
		r.Skips = append(r.Skips, finding{name, y.Status, y.Why})
	case y.Status == skipped:
	case l.Status == failed || l.Status == crashed:
		r.Alike = append(r.Alike, name)
	case y.Status == "" && fatal[r.Package][name] == "":
		if l.Status == passed {
			r.Unrun++
		}
	default:
		r.Failures = append(r.Failures, finding{name, y.Status, y.Why})
	}
}

// An explanation is a finding with its reason.
type explanation struct {
	test, why string
	known     bool // the reason is in the table of known reasons
}

// explain gives the reasons for what failed here and not on Linux, the end of
// the whole run included.
func (r *result) explain() (list []explanation) {
	for _, f := range r.Failures {
		e := explanation{f.Test, f.Why, false}
		if why := reason(r.Package, f.Test, test{f.Status, f.Why}); why != "" {
			e.why, e.known = why, true
		}
		list = append(list, e)
	}
	if r.Unrun > 0 {
		list = append(list, explanation{fmt.Sprint(r.Unrun, " tests"), "not run after that", false})
	}
	if r.Status == crashed || r.Status == unbuilt || r.Status == late {
		list = append(list, explanation{string(r.Status), r.Why, false})
	}
	return list
}

func (r *result) verdict() verdict {
	if r.Status == "" {
		return absent
	}
	v := same
	for _, e := range r.explain() {
		if !e.known {
			return worse
		}
		v = less
	}
	if len(r.Skips) > 0 {
		v = less
	}
	return v
}

// count counts the tests with a status.
func count(o outcome, s status) int {
	n := 0
	for _, t := range o.Tests {
		if t.Status == s {
			n++
		}
	}
	return n
}
