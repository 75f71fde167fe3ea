package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// publish writes the table, RESULTS.md beside this program's source.
func publish(s *store, all pkgs) error {
	_, file, _, _ := runtime.Caller(0)
	return os.WriteFile(filepath.Join(filepath.Dir(file), "RESULTS.md"), []byte(render(s, all)), 0o644)
}

// A report collects what the table's parts need.
type report struct {
	rows     strings.Builder
	verdicts map[verdict]int
	tests    map[status]int                 // on Yolk
	linux    map[status]int                 // on Linux
	failed   map[string]map[string][]string // reason -> package -> tests
	skipped  map[string]map[string][]string
	alike    []string
}

func render(s *store, all pkgs) string {
	r := report{verdicts: map[verdict]int{}, tests: map[status]int{}, linux: map[status]int{},
		failed: map[string]map[string][]string{}, skipped: map[string]map[string][]string{}}
	for _, p := range all {
		r.add(p.ImportPath, s.get(p.ImportPath))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The Go standard library's tests on Yolk\n\n")
	fmt.Fprintf(&b, "%s, linux/amd64 and Yolk on the same machine (QEMU, software emulation), `-test.short`, CGO_ENABLED=0.\n", runtime.Version())
	fmt.Fprintf(&b, "Written by `go run ./scripts/conformance`; README.md says how to read it.\n\n")
	fmt.Fprintf(&b, "| | packages |\n|---|---|\n")
	for _, v := range []verdict{same, less, worse, absent} {
		fmt.Fprintf(&b, "| %s | %d |\n", legend[v], r.verdicts[v])
	}
	fmt.Fprintf(&b, "\n| tests | Linux | Yolk |\n|---|---|---|\n")
	for _, st := range []status{passed, skipped, failed} {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", st, r.linux[st], r.tests[st])
	}
	b.WriteString("\n## What Linux passes and Yolk does not\n")
	section(&b, r.failed)
	b.WriteString("\n## What Linux passes and the test itself skips on Yolk\n")
	section(&b, r.skipped)
	if len(r.alike) > 0 {
		fmt.Fprintf(&b, "\n## What fails on both\n\n%s\n", strings.Join(r.alike, ", "))
	}
	b.WriteString("\n## All packages\n\nTests passed / skipped / failed.\n\n| package | Linux | Yolk | |\n|---|---|---|---|\n")
	b.WriteString(r.rows.String())
	return b.String()
}

// legend says what a verdict means.
var legend = map[verdict]string{
	same:   "ok: what passes on Linux passes on Yolk",
	less:   "partial: but for tests that need what the machine does not have",
	worse:  "WORSE: a test fails without such a reason",
	absent: "not run",
}

// add takes in one package.
func (r *report) add(path string, p pair) {
	c := compare(path, p.Linux, p.Yolk)
	r.verdicts[c.verdict]++
	for _, t := range p.Linux.Tests {
		r.linux[t.Status]++
	}
	for _, t := range p.Yolk.Tests {
		r.tests[t.Status]++
	}
	for _, f := range c.failures {
		file(r.failed, f.Why, path, f.Test)
	}
	for _, f := range c.skips {
		file(r.skipped, general(f.Why), path, f.Test)
	}
	for _, name := range c.alike {
		r.alike = append(r.alike, path+"."+name)
	}
	fmt.Fprintf(&r.rows, "| %s | %s | %s | %s |\n", path, numbers(p.Linux), numbers(p.Yolk), c.verdict)
}

// numbers are an outcome's counts.
func numbers(o outcome) string {
	text := fmt.Sprintf("%d / %d / %d", count(o, passed), count(o, skipped), count(o, failed))
	if o.Status == crashed || o.Status == late || o.Status == unbuilt {
		text += " " + string(o.Status)
	}
	return text
}

func file(m map[string]map[string][]string, why, path, name string) {
	if m[why] == nil {
		m[why] = map[string][]string{}
	}
	m[why][path] = append(m[why][path], name)
}

// section lists tests by reason and package, the commonest reason first.
func section(b *strings.Builder, m map[string]map[string][]string) {
	size := func(why string) int {
		n := 0
		for _, names := range m[why] {
			n += len(names)
		}
		return n
	}
	reasons := slices.SortedFunc(maps.Keys(m), func(x, y string) int {
		if d := size(y) - size(x); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for _, why := range reasons {
		fmt.Fprintf(b, "\n### %d: %s\n\n", size(why), strings.ReplaceAll(why, "|", "\\|"))
		for _, path := range slices.Sorted(maps.Keys(m[why])) {
			fmt.Fprintf(b, "* %s: %s\n", path, strings.Join(m[why][path], ", "))
		}
	}
}
