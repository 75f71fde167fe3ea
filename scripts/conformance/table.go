package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// publish writes the table beside this program's source.
func publish(s *store, std *library) error {
	return os.WriteFile(filepath.Join(source(), s.table), []byte(render(s, std)), 0o644)
}

// reasons are tests by reason, package and name, and the columns in which each
// was found.
type reasons map[string]map[string]map[string][]string

func (m reasons) add(why, path, name, column string) {
	if m[why] == nil {
		m[why] = map[string]map[string][]string{}
	}
	if m[why][path] == nil {
		m[why][path] = map[string][]string{}
	}
	m[why][path][name] = append(m[why][path][name], column)
}

// render writes the table's text from what is stored.
func render(s *store, std *library) string {
	var measured []string // columns with any result
	for _, name := range s.columns {
		if len(s.rows[name]) > 0 {
			measured = append(measured, name)
		}
	}
	failures, skips := reasons{}, reasons{}
	alike := map[string]bool{}
	for _, c := range measured {
		for path, r := range s.rows[c] {
			for _, e := range r.explain() {
				failures.add(e.why, path, e.test, c)
			}
			for _, f := range r.Skips {
				skips.add(general(f.Why), path, f.Test, c)
			}
			for _, name := range r.Alike {
				alike[path+"."+name] = true
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", s.title)
	fmt.Fprintf(&b, "%s, Linux/%s and Yolk on the same machine (QEMU, software emulation), `-test.short`, CGO_ENABLED=0.\n", runtime.Version(), std.host)
	fmt.Fprintf(&b, "Written by `go run ./scripts/conformance`; README.md says how to read it.\n\n")
	summary(&b, s, std)
	b.WriteString("\n## What Linux passes and Yolk does not\n")
	section(&b, failures, measured)
	b.WriteString("\n## What Linux passes and the test itself skips on Yolk\n")
	section(&b, skips, measured)
	if len(alike) > 0 {
		fmt.Fprintf(&b, "\n## What fails on both\n\n%s\n", strings.Join(slices.Sorted(maps.Keys(alike)), ", "))
	}
	if list := leftOut(std); len(list) > 0 {
		fmt.Fprintf(&b, "\n## What is not run on any system\n\n%s\n", strings.Join(list, "\n"))
	}
	b.WriteString("\n## All packages\n\nTests passed / skipped / failed, and what the package is if not ok.\n\n")
	packages(&b, s, std)
	return b.String()
}

// legend says what a verdict means.
var legend = map[verdict]string{
	same:   "packages ok: what passes on Linux passes on Yolk",
	less:   "packages partial: but for tests that need what the machine does not have",
	worse:  "packages WORSE: a test fails without such a reason",
	absent: "packages not run",
}

// row writes a row with a cell for Linux and for each config.
func (s *store) row(b *strings.Builder, head string, cell func(name string) string) {
	fmt.Fprintf(b, "| %s |", head)
	for _, name := range append([]string{linuxName}, s.columns...) {
		fmt.Fprintf(b, " %s |", cell(name))
	}
	b.WriteString("\n")
}

// summary writes the counts of each column, and at which commits it was
// measured.
func summary(b *strings.Builder, s *store, std *library) {
	s.row(b, "", func(name string) string { return name })
	s.row(b, "---", func(string) string { return "---" })
	s.row(b, "measured at", func(name string) string {
		return counted(s.rows[name], func(r result) string { return r.Commit })
	})
	s.row(b, "measured on", func(name string) string {
		return counted(s.rows[name], func(r result) string { return cmp.Or(r.Date, "no date kept") })
	})
	for _, v := range []verdict{same, less, worse, absent} {
		s.row(b, legend[v], func(name string) string {
			n := 0
			for _, path := range std.paths {
				if r := s.rows[name][path]; r.verdict() == v && (name == linuxName || std.of(archOf(name), path) != nil) {
					n++
				}
			}
			if name == linuxName {
				return ""
			}
			return fmt.Sprint(n)
		})
	}
	for i, what := range []string{"tests passed", "tests skipped", "tests failed"} {
		s.row(b, what, func(name string) string {
			n := 0
			for _, r := range s.rows[name] {
				n += [...]int{r.Passed, r.Skipped, r.Failed}[i]
			}
			return fmt.Sprint(n)
		})
	}
}

func archOf(name string) string {
	c, _ := configNamed(name)
	return c.arch
}

// counted lists what of tells of a column's results, the commonest first.
func counted(rows map[string]result, of func(result) string) string {
	n := map[string]int{}
	for _, r := range rows {
		n[of(r)]++
	}
	list := slices.SortedFunc(maps.Keys(n), func(x, y string) int {
		if n[x] != n[y] {
			return n[y] - n[x]
		}
		return strings.Compare(x, y)
	})
	for i, c := range list {
		if len(list) > 1 {
			list[i] = fmt.Sprintf("%s (%d)", c, n[c])
		}
	}
	return strings.Join(list, ", ")
}

// packages writes a row for each package.
func packages(b *strings.Builder, s *store, std *library) {
	s.row(b, "package", func(name string) string { return name })
	s.row(b, "---", func(string) string { return "---" })
	for _, path := range std.paths {
		s.row(b, path, func(name string) string {
			r := s.rows[name][path]
			if r.Status == "" {
				if name != linuxName && std.of(archOf(name), path) == nil {
					return "" // it has no tests there
				}
				return string(absent)
			}
			text := fmt.Sprintf("%d / %d / %d", r.Passed, r.Skipped, r.Failed)
			if v := r.verdict(); name != linuxName && v != same {
				text += " " + string(v)
			}
			return text
		})
	}
}

// section lists tests by reason and package, the commonest reason first. A test
// that is not on the list for all columns says for which.
func section(b *strings.Builder, m reasons, measured []string) {
	size := func(why string) int {
		n := 0
		for _, names := range m[why] {
			n += len(names)
		}
		return n
	}
	order := slices.SortedFunc(maps.Keys(m), func(x, y string) int {
		if d := size(y) - size(x); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for _, why := range order {
		fmt.Fprintf(b, "\n### %d: %s\n\n", size(why), strings.ReplaceAll(why, "|", "\\|"))
		for _, path := range slices.Sorted(maps.Keys(m[why])) {
			var names []string
			for _, name := range slices.Sorted(maps.Keys(m[why][path])) {
				if on := m[why][path][name]; len(on) < len(measured) {
					name += " (" + strings.Join(on, ", ") + ")"
				}
				names = append(names, name)
			}
			fmt.Fprintf(b, "* %s: %s\n", path, strings.Join(names, ", "))
		}
	}
}
