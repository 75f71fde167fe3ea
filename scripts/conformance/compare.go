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

// A finding is a test with another outcome on Yolk than on Linux.
type finding struct {
	Test, Why string
	known     bool // the reason is in the table of known reasons
}

// A comparison is the result for one package.
type comparison struct {
	verdict                   verdict
	passed, skipped           int // on Yolk
	linuxPassed, linuxSkipped int
	failures                  []finding // pass on Linux, fail on Yolk
	skips                     []finding // pass on Linux, skipped on Yolk
	alike                     []string  // fail on both
	unrun                     int       // pass on Linux, not reached on Yolk
}

// compare sets the two runs side by side.
func compare(path string, linux, yolk outcome) comparison {
	c := comparison{verdict: same}
	if yolk.Status == "" {
		c.verdict = absent
		return c
	}
	c.passed, c.skipped = count(yolk, passed), count(yolk, skipped)
	c.linuxPassed, c.linuxSkipped = count(linux, passed), count(linux, skipped)
	names := map[string]bool{}
	for n := range linux.Tests {
		names[n] = true
	}
	for n := range yolk.Tests {
		names[n] = true
	}
	for n := range names {
		c.add(path, n, linux, yolk)
	}
	if c.unrun > 0 {
		c.failures = append(c.failures, finding{Test: fmt.Sprint(c.unrun, " tests"), Why: "not run after that"})
	}
	if linux.Status == passed && (yolk.Status == crashed || yolk.Status == unbuilt || yolk.Status == late) {
		c.failures = append(c.failures, finding{string(yolk.Status), yolk.Why, false})
	}
	byName := func(a, b finding) int { return strings.Compare(a.Test, b.Test) }
	slices.SortFunc(c.failures, byName)
	slices.SortFunc(c.skips, byName)
	slices.Sort(c.alike)
	for _, f := range c.failures {
		if !f.known {
			c.verdict = worse
		}
	}
	if c.verdict == same && len(c.failures)+len(c.skips) > 0 {
		c.verdict = less
	}
	return c
}

// add files one test under what became of it.
func (c *comparison) add(path, name string, linux, yolk outcome) {
	l, y := linux.Tests[name], yolk.Tests[name]
	if len(linux.Tests) == 0 {
		l.Status = passed // a check without Linux
	}
	switch {
	case y.Status == passed:
	case y.Status == skipped && l.Status == passed && len(linux.Tests) > 0:
		c.skips = append(c.skips, finding{name, y.Why, true})
	case y.Status == skipped:
	case l.Status == failed || l.Status == crashed:
		c.alike = append(c.alike, name)
	case y.Status == "" && fatal[path][name] == "":
		if l.Status == passed {
			c.unrun++
		}
	default:
		f := finding{Test: name, Why: y.Why}
		if why := reason(path, name, y); why != "" {
			f.Why, f.known = why, true
		}
		c.failures = append(c.failures, f)
	}
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
