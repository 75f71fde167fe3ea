package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A status is how a package's tests, or one test, ended.
type status string

const (
	passed  status = "pass"
	failed  status = "fail"
	skipped status = "skip"
	crashed status = "crash"   // the process ended before its last test
	late    status = "timeout" // of the test binary itself
	unbuilt status = "no build"
)

// A test is one top-level test, example or fuzz test with seeds.
type test struct {
	Status status
	Why    string `json:",omitempty"` // the first complaint, or the reason to skip
}

// An outcome is one run of a package's tests.
type outcome struct {
	Status  status
	Why     string `json:",omitempty"` // for a crash or a build that failed
	Seconds float64
	Tests   map[string]test `json:",omitempty"`
}

// done names the tests that passed or skipped themselves, in order.
func (o *outcome) done() (names []string) {
	for name, t := range o.Tests {
		if t.Status == passed || t.Status == skipped {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// mend takes over what another run, of the tests that were not done, says.
func (o *outcome) mend(again outcome) {
	maps.Copy(o.Tests, again.Tests)
	o.Status, o.Why = again.Status, again.Why
}

// mark precedes each line of the testing package in the format test2json.
const mark = "\x16"

var (
	verdictLine = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP|BENCH): (\S+) \(`)
	stateLine   = regexp.MustCompile(`^=== (RUN|CONT|NAME|PAUSE) +(\S*)`)
	sourceLine  = regexp.MustCompile(`^ +[\w.-]+\.go:\d+: (.*)`)
	crashLine   = regexp.MustCompile(`^(panic: |fatal error: |unexpected fault address|SIG[A-Z]+: |yolk: )(.*)`)
)

// A reader follows the output of a test binary.
type reader struct {
	tests   map[string]test
	said    map[string][]string // top-level test -> its complaints so far
	current string              // the test, subtests included, that is speaking
	crash   string
	ended   bool // PASS or FAIL stood at the end
}

// read evaluates the output of a test binary that ended well or not.
func read(out string, ok bool) outcome {
	r := reader{tests: map[string]test{}, said: map[string][]string{}}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if i := strings.LastIndex(line, mark); i >= 0 {
			line = line[i+len(mark):]
		}
		r.line(line)
	}
	o := outcome{Status: passed, Tests: r.tests}
	switch {
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "yolk: package "):
		return outcome{Status: unbuilt, Why: clip(out)}
	case strings.HasPrefix(r.crash, "panic: test timed out"):
		o.Status, o.Why = late, r.crash
	case !ok && !r.ended:
		o.Status, o.Why = crashed, r.crash
	case !ok:
		o.Status = failed
	}
	if o.Status == crashed || o.Status == late {
		for name, t := range r.tests {
			if t.Status == "" {
				r.tests[name] = test{o.Status, o.Why}
			}
		}
	}
	return o
}

// line takes in one line.
func (r *reader) line(line string) {
	if m := stateLine.FindStringSubmatch(line); m != nil {
		r.current = m[2]
		if _, known := r.tests[top(m[2])]; m[1] == "RUN" && !known {
			r.tests[top(m[2])] = test{}
		}
		return
	}
	if m := verdictLine.FindStringSubmatch(line); m != nil {
		r.verdict(m[1], m[2])
		return
	}
	if m := crashLine.FindStringSubmatch(line); m != nil && !strings.Contains(line, "software emulation") {
		if r.crash == "" {
			r.crash = line
		}
	}
	if line == "PASS" || line == "FAIL" {
		r.ended = true
	}
	if m := sourceLine.FindStringSubmatch(line); m != nil {
		name := top(r.current)
		r.said[name] = append(r.said[name], m[1])
	} else if name := top(r.current); strings.TrimSpace(line) != "" {
		r.said[name] = append(r.said[name], strings.TrimSpace(line))
	}
}

// verdict notes how a test ended. A test that skipped some of its subtests
// counts as what it says itself.
func (r *reader) verdict(word, name string) {
	said := r.said[name]
	if name != top(name) {
		return
	}
	switch word {
	case "PASS", "BENCH":
		r.tests[name] = test{Status: passed}
	case "SKIP":
		t := test{Status: skipped}
		if len(said) > 0 {
			t.Why = clip(said[len(said)-1])
		}
		r.tests[name] = t
	case "FAIL":
		t := test{Status: failed}
		if len(said) > 0 {
			t.Why = clip(strings.Join(telling(said), " / "))
		}
		r.tests[name] = t
	}
}

// telling picks the lines of a failed test that say most: the first three, and
// the first that names a known reason.
func telling(said []string) []string {
	first := said[:min(3, len(said))]
	for _, line := range said[len(first):] {
		if complaint(line) != "" {
			return append([]string{line}, first...)
		}
	}
	return first
}

// top is the test that a subtest belongs to.
func top(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// clip shortens text to what a table can hold.
func clip(s string) string {
	const limit = 300
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, mark, "")), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
