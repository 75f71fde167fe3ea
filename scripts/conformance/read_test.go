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

// everywhere declares every test.
func everywhere(string) bool { return true }

func TestCompare(t *testing.T) {
	linux := outcomeOf(passed, map[string]test{"A": {Status: passed}, "B": {Status: passed}, "C": {Status: passed}, "D": {Status: skipped}, "E": {Status: failed}})
	yolk := outcomeOf(failed, map[string]test{"A": {Status: passed}, "B": {failed, "fork/exec /x"}, "C": {skipped, "none"}, "D": {Status: skipped}, "E": {Status: failed}})
	r := compare("p", linux, yolk, everywhere)
	if e := r.explain(); r.verdict() != less || len(e) != 1 || e[0].why != needsProcess || len(r.Skips) != 1 || !slices.Equal(r.Alike, []string{"E"}) {
		t.Errorf("%+v", r)
	}
	if r.Passed != 1 || r.Skipped != 2 || r.Failed != 2 {
		t.Errorf("counts: %+v", r)
	}
	worseRun := maps.Clone(yolk.Tests)
	worseRun["A"] = test{failed, "wrong answer"}
	if r := compare("p", linux, outcomeOf(failed, worseRun), everywhere); r.verdict() != worse {
		t.Errorf("%+v", r)
	}
	if r := compare("p", linux, outcome{Status: crashed, Why: "panic"}, everywhere); r.verdict() != worse || r.Unrun != 3 {
		t.Errorf("%+v", r)
	}
	onlyA := func(name string) bool { return name == "A" }
	if r := compare("p", linux, outcomeOf(passed, map[string]test{"A": {Status: passed}}), onlyA); r.verdict() != same {
		t.Errorf("tests of another architecture: %+v", r)
	}
	if r := compare("p", linux, linux, everywhere); r.verdict() != same {
		t.Errorf("%+v", r)
	}
	if r := (&result{}); r.verdict() != absent {
		t.Errorf("%+v", r)
	}
}

// TestCheckWithoutLinux: in a check a failure counts though Linux was not run.
func TestCheckWithoutLinux(t *testing.T) {
	r := compare("p", outcome{Status: passed}, outcomeOf(failed, map[string]test{"A": {failed, "wrong"}, "B": {Status: passed}}), everywhere)
	if r.verdict() != worse || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFatalTestsAreKnown(t *testing.T) {
	l := outcomeOf(passed, map[string]test{"ExampleScope": {Status: passed}})
	y := outcomeOf(passed, map[string]test{"TestX": {Status: passed}})
	r := compare("go/types", l, y, everywhere)
	if e := r.explain(); r.verdict() != less || e[0].why != needsToolchain {
		t.Errorf("%+v", r)
	}
}

func TestNamed(t *testing.T) {
	l := library{paths: []string{"net", "net/http", "netx"}}
	if n := l.named([]string{"net/..."}); len(n) != 2 {
		t.Error(n)
	}
	if n := l.named([]string{"netx", "nothing"}); len(n) != 1 {
		t.Error(n)
	}
	if n := l.named(nil); len(n) != 3 {
		t.Error(n)
	}
}

// TestDeclares: a test that another architecture's files have is none here.
func TestDeclares(t *testing.T) {
	p := &pkg{Dir: ".", TestGoFiles: []string{"read_test.go"}}
	if !p.declares("TestDeclares") || p.declares("TestOfAnotherFile") {
		t.Error(p.names)
	}
}

// TestStore: what is put is there for the next run, Linux's outcomes too.
func TestStore(t *testing.T) {
	s := &store{suite: standard, dir: t.TempDir(), cache: t.TempDir() + "/linux.json", rows: map[string]map[string]result{"rpi3": {}, linuxName: {}}, linux: map[string]outcome{}}
	for _, path := range []string{"b", "a"} {
		if err := s.put("rpi3", result{Package: path, Commit: "1234567", Status: passed, Passed: 3}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := fileText(s.file("rpi3"))
	if err != nil || strings.Count(text, "\n") != 2 || !strings.HasPrefix(text, `{"Package":"a"`) {
		t.Errorf("%q, %v", text, err)
	}
	runs := 0
	for range 2 {
		o, err := s.onLinux(&pkg{ImportPath: "a"}, false, func() (outcome, error) { runs++; return outcome{Status: failed}, nil })
		if err != nil || o.Status != failed || runs != 1 || s.get(linuxName, "a").Status != failed {
			t.Error(o, err, runs)
		}
	}
}

// TestRender: every column says what it was measured at, and a reason for which
// columns it holds.
func TestRender(t *testing.T) {
	std := &library{host: "amd64", paths: []string{"os"}, pkgs: map[string]map[string]*pkg{"amd64": {"os": {}}, "arm64": {"os": {}}}}
	s := &store{suite: standard, rows: map[string]map[string]result{
		linuxName: {"os": {Package: "os", Status: passed, Passed: 2, Commit: "go1"}},
		"amd64-1": {"os": {Package: "os", Status: passed, Passed: 2, Commit: "abc"}},
		"rpi3":    {"os": {Package: "os", Status: failed, Passed: 1, Failed: 1, Commit: "def", Failures: []finding{{"TestX", failed, "odd"}}}},
	}}
	text := render(s, std)
	for _, want := range []string{"| measured at | go1 | abc |  |  |  | def |", "### 1: odd", "* os: TestX (rpi3)", "| os | 2 / 0 / 0 | 2 / 0 / 0 | not run | not run | not run | 1 / 0 / 1 WORSE |"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
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

// TestConfigs: each column has its machine, and memory where there is a choice.
func TestConfigs(t *testing.T) {
	all, err := selected("")
	if err != nil || len(all) != len(configs) {
		t.Errorf("%v, %v", all, err)
	}
	for _, c := range all {
		f := strings.Join(c.flags("77M"), " ")
		if !strings.Contains(f, "-plat "+c.plat+" -arch "+c.arch+" ") || strings.Contains(f, "77M") == (c.plat == "rpi3") {
			t.Errorf("%s: %s", c.name, f)
		}
	}
	if _, err := selected("amd64-1,vax"); err == nil || !strings.Contains(err.Error(), `no configuration "vax": there are amd64-1,`) {
		t.Error(err)
	}
}

// TestMend: what a busy host has fail, or a crash keeps from running, passes in another run.
func TestMend(t *testing.T) {
	o := outcomeOf(crashed, map[string]test{"A": {Status: passed}, "B": {failed, "late"}, "C": {crashed, "panic"}, "S": {Status: skipped}})
	if got := o.done(); !slices.Equal(got, []string{"A", "S"}) {
		t.Error(got)
	}
	if o.mend(outcomeOf(failed, map[string]test{"B": {Status: passed}, "C": {failed, "wrong"}, "D": {Status: passed}})); o.Status != failed || !slices.Equal(o.done(), []string{"A", "B", "D", "S"}) {
		t.Errorf("%+v", o)
	}
	if o.mend(outcomeOf(passed, map[string]test{"C": {Status: passed}})); o.Status != passed || len(o.done()) != 5 {
		t.Errorf("%+v", o)
	}
}
