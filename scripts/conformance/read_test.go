package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// output writes a log in the format test2json, with the console's line ends.
func output(lines ...string) string {
	for i, l := range lines {
		if strings.HasPrefix(l, "=== ") || strings.HasPrefix(l, "--- ") {
			lines[i] = mark + l
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func TestRead(t *testing.T) {
	o := read(output(
		"yolk: software emulation: no vmx",
		"=== RUN   TestGood", "    a_test.go:3: noted", "--- PASS: TestGood (0.01s)", "=== NAME  ",
		"=== RUN   TestAway", "    a_test.go:9: no cgo here", "--- SKIP: TestAway (0.00s)", "=== NAME  ",
		"=== RUN   TestBad", "=== RUN   TestBad/sub", "    a_test.go:12: one", "    a_test.go:13: two", "    a_test.go:14: three",
		"    a_test.go:15: fork/exec /app: function not implemented", "--- FAIL: TestBad/sub (0.00s)", "--- FAIL: TestBad (0.00s)",
		"FAIL"), false)
	if o.Status != failed || len(o.Tests) != 3 {
		t.Fatalf("%+v", o)
	}
	if s := o.Tests["TestGood"]; s.Status != passed {
		t.Error(s)
	}
	if s := o.Tests["TestAway"]; s != (test{skipped, "no cgo here"}) {
		t.Error(s)
	}
	if s := o.Tests["TestBad"]; s.Status != failed || !strings.HasPrefix(s.Why, "fork/exec") || !strings.HasSuffix(s.Why, "three") {
		t.Error(s)
	}
}

// TestReadPartialLine: a test that prints without a line end does not hide the
// verdict that follows.
func TestReadPartialLine(t *testing.T) {
	o := read("\x16=== RUN   TestA\nhello\x16--- PASS: TestA (0.00s)\nPASS\n", true)
	if o.Status != passed || o.Tests["TestA"].Status != passed {
		t.Errorf("%+v", o)
	}
}

func TestReadCrash(t *testing.T) {
	o := read(output("=== RUN   TestA", "--- PASS: TestA (0.00s)", "=== RUN   TestB", "panic: oops [recovered]", "goroutine 1 [running]:"), false)
	if o.Status != crashed || !strings.Contains(o.Why, "oops") {
		t.Errorf("%+v", o)
	}
	if s := o.Tests["TestB"]; s.Status != crashed {
		t.Error(s)
	}
	o = read(output("=== RUN   TestB", "panic: test timed out after 1m0s"), false)
	if o.Status != late || o.Tests["TestB"].Status != late {
		t.Errorf("%+v", o)
	}
	if o = read("yolk: os does not compile:\nFAIL\tos [build failed]\n", false); o.Status != unbuilt {
		t.Errorf("%+v", o)
	}
}

func outcomeOf(s status, tests map[string]test) outcome { return outcome{Status: s, Tests: tests} }

func TestCompare(t *testing.T) {
	linux := outcomeOf(passed, map[string]test{"A": {Status: passed}, "B": {Status: passed}, "C": {Status: passed}, "D": {Status: skipped}, "E": {Status: failed}})
	yolk := outcomeOf(failed, map[string]test{"A": {Status: passed}, "B": {failed, "fork/exec /x"}, "C": {skipped, "none"}, "D": {Status: skipped}, "E": {Status: failed}})
	c := compare("p", linux, yolk)
	if c.verdict != less || len(c.failures) != 1 || c.failures[0].Why != needsProcess || len(c.skips) != 1 || !slices.Equal(c.alike, []string{"E"}) {
		t.Errorf("%+v", c)
	}
	worseRun := maps.Clone(yolk.Tests)
	worseRun["A"] = test{failed, "wrong answer"}
	if c := compare("p", linux, outcomeOf(failed, worseRun)); c.verdict != worse {
		t.Errorf("%+v", c)
	}
	if c := compare("p", linux, outcome{Status: crashed, Why: "panic"}); c.verdict != worse || c.unrun != 3 {
		t.Errorf("%+v", c)
	}
	if c := compare("p", linux, linux); c.verdict != same {
		t.Errorf("%+v", c)
	}
	if c := compare("p", linux, outcome{}); c.verdict != absent {
		t.Errorf("%+v", c)
	}
}

// TestCheckWithoutLinux: in a check a failure counts though Linux was not run.
func TestCheckWithoutLinux(t *testing.T) {
	c := compare("p", outcome{Status: passed}, outcomeOf(failed, map[string]test{"A": {failed, "wrong"}, "B": {Status: passed}}))
	if c.verdict != worse || len(c.failures) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestFatalTestsAreKnown(t *testing.T) {
	l := outcomeOf(passed, map[string]test{"ExampleScope": {Status: passed}})
	y := outcomeOf(passed, map[string]test{"TestX": {Status: passed}})
	if c := compare("go/types", l, y); c.verdict != less || c.failures[0].Why != needsToolchain {
		t.Errorf("%+v", c)
	}
}

func TestNamed(t *testing.T) {
	l := pkgs{{ImportPath: "net"}, {ImportPath: "net/http"}, {ImportPath: "netx"}}
	if n := l.named([]string{"net/..."}); len(n) != 2 {
		t.Error(n)
	}
	if n := l.named([]string{"netx", "nothing"}); len(n) != 1 {
		t.Error(n)
	}
}

func TestClip(t *testing.T) {
	if s := clip("a\n\tb " + mark + "c"); s != "a b c" {
		t.Errorf("%q", s)
	}
	if s := clip(strings.Repeat("é", 500)); len(s) > 310 {
		t.Error(len(s))
	}
}
