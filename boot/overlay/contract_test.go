package overlay

import (
	"errors"
	"flag"
	"fmt"
	"go/version"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var add = flag.String("add", "", "record the releases in the GOROOTs that match one of `PATTERNS`, separated by colons, in releases.txt")

// TestContract walks the table for the Go release that runs the test, and fails for
// each file by its name.
func TestContract(t *testing.T) {
	if *add != "" {
		record(t, *add)
	}
	here := host(t)
	for _, c := range contract {
		t.Run(c.file, func(t *testing.T) {
			if err := c.check(here.sources()); err != nil {
				t.Errorf("%s: %v, on which %s relies: %s", here.Version, err, c.by, c.what)
			}
			if c.what == "" || c.texts == nil && !slices.Contains(names(allEdits()), c.file) {
				t.Error("the table does not say what is relied on")
			}
			if like := here.like(); here.hash(c.file) != releases[like][c.file] {
				t.Errorf("%s: it differs from what %s had; %s relies on: %s", here.Version, like, c.by, c.what)
			}
		})
	}
	if err := here.Tested(); err != nil {
		t.Error(err)
	}
}

// TestContractWhole: the table has each file that is edited or replaced once, and
// names packages that there are.
func TestContractWhole(t *testing.T) {
	rows := map[string]bool{}
	packages := map[string]bool{}
	for _, c := range contract {
		if rows[c.file] {
			t.Error(c.file, "is there twice")
		}
		rows[c.file] = true
		packages[c.by] = true
	}
	for _, name := range append(names(allEdits()), slices.Collect(maps.Keys(replacements))...) {
		if !rows[name] {
			t.Error(name, "is edited, but not in the table")
		}
	}
	for name := range packages {
		if _, err := os.Stat(filepath.Join("..", "..", strings.TrimPrefix(name, "yolk/"))); err != nil {
			t.Error(err)
		}
	}
}

// TestReleases: each release has a hash of each file, and they are in order.
func TestReleases(t *testing.T) {
	for _, v := range Releases() {
		if !version.IsValid(v) {
			t.Errorf("%q is no release", v)
		}
		for _, c := range contract {
			if releases[v][c.file] == "" {
				t.Errorf("%s: no hash of %s", v, c.file)
			}
		}
	}
	if formatReleases(releases) != releasesText {
		t.Error("releases.txt is not as -add writes it: add a release again")
	}
}

// TestUntested: a release that is not in the table, or not as it was released, is
// refused by name.
func TestUntested(t *testing.T) {
	tc := fakeRoot(t)
	if err := tc.Tested(); err != nil {
		t.Fatal(err)
	}
	real := tc.Version
	check := func(want string) {
		t.Helper()
		var ue *UntestedError
		if err := tc.Tested(); !errors.As(err, &ue) || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	tc.Version = "go1.99.0"
	check("unsupported Go release go1.99.0: tested are go1.26.")
	check("GOTOOLCHAIN=" + Newest() + " chooses one of them; -untested-go tries this one, which differs from " + Newest() + " in ")
	defer func(saved map[string]map[string]string) { releases = saved }(releases)
	releases = map[string]map[string]string{real: releases[real]}
	tc.Version = version.Lang(real) + ".999"
	check("in none of the files that Yolk relies on")
	tc.change(t, procFile, "package runtime\n", "package runtime // changed\n")
	check("in runtime/proc.go, on which Yolk relies")
	tc.Version = real
	check("this " + real + " is not as it was released: it differs in runtime/proc.go")
}

// TestSupported: releases are named by the first and the last of each line.
func TestSupported(t *testing.T) {
	defer func(saved map[string]map[string]string) { releases = saved }(releases)
	releases = parseReleases("# comment\ngo1.9.1\n\tabc x.go\ngo1.9.2\ngo1.9.10\n\tdef x.go\ngo1.10.0\n")
	if got, want := Supported(), "go1.9.1 to go1.9.10, go1.10.0"; got != want || Newest() != "go1.10.0" {
		t.Errorf("%s, the newest %s; want %s", got, Newest(), want)
	}
	if releases["go1.9.2"]["x.go"] != "abc" || releases["go1.10.0"]["x.go"] != "def" {
		t.Errorf("a release has not what the one before it has: %v", releases)
	}
}

// TestRuntimeCalls looks in the kernel's tables for each call that the runtime can
// make itself.
func TestRuntimeCalls(t *testing.T) {
	// The runtime makes these on other systems, with cgo, or in the poller and the
	// profiler's timers that are replaced or do without.
	never := []string{"socket", "connect", "timer_create", "timer_settime", "timer_delete", "pipe2",
		"epoll_create1", "epoll_pwait2", "eventfd2", "pread64"}
	define := regexp.MustCompile(`(?m)^(?:#define\s+|\s+)SYS_(\w+)\s+(?:= )?(\d+)$`)
	for _, arch := range archs {
		kernel, err := os.ReadFile("../../kernel/syscalls/calls_" + arch + ".go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"runtime/sys_linux_" + arch + ".s", "internal/runtime/syscall/linux/defs_linux_" + arch + ".go"} {
			text, err := host(t).sources().read(file)
			if err != nil {
				t.Fatal(err)
			}
			calls := define.FindAllStringSubmatch(text, -1)
			if len(calls) < 6 {
				t.Errorf("%s: only %d calls: the test no longer finds them", file, len(calls))
			}
			for _, c := range calls {
				if name := strings.ToLower(c[1]); !slices.Contains(never, name) && !strings.Contains(string(kernel), "\t"+c[2]+": ") {
					t.Errorf("%s: %s is call %s, which the kernel does not have", file, name, c[2])
				}
			}
		}
	}
}

// record takes the releases in GOROOTs into releases.txt.
func record(t *testing.T, patterns string) {
	var roots []string
	for _, pattern := range filepath.SplitList(patterns) {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatalf("%s matches nothing: %v", pattern, err)
		}
		roots = append(roots, list...)
	}
	for _, root := range roots {
		text, err := os.ReadFile(filepath.Join(root, "VERSION"))
		if err != nil {
			t.Fatal(err)
		}
		tc := Toolchain{Root: root, Version: strings.Fields(string(text))[0]}
		if _, leftOut, err := Generate(tc, "amd64", t.TempDir(), Savings...); err != nil || leftOut != nil {
			t.Fatal(err, leftOut)
		}
		releases[tc.Version] = map[string]string{}
		for _, c := range contract {
			releases[tc.Version][c.file] = tc.hash(c.file)
		}
	}
	for _, c := range contract {
		for v, hashes := range releases {
			if hashes[c.file] == "" {
				t.Fatalf("%s is new in the table: its hash in %s is needed as well", c.file, v)
			}
		}
	}
	releasesText = formatReleases(releases)
	if err := os.WriteFile("releases.txt", []byte(releasesText), 0o644); err != nil {
		t.Fatal(err)
	}
}

// formatReleases is the opposite of parseReleases.
func formatReleases(all map[string]map[string]string) string {
	var b strings.Builder
	b.WriteString("# The releases that Yolk is tested with, and the first 16 digits of the SHA-256 of each file\n" +
		"# that it relies on (contract.go), where it differs from the release before. README.md says how\n" +
		"# one is added.\n")
	var files []string
	for _, c := range contract {
		files = append(files, c.file)
	}
	slices.Sort(files)
	last := map[string]string{}
	for _, v := range slices.SortedFunc(maps.Keys(all), version.Compare) {
		fmt.Fprintf(&b, "\n%s\n", v)
		for _, file := range files {
			if h := all[v][file]; h != last[file] {
				fmt.Fprintf(&b, "%s %s\n", h, file)
			}
		}
		last = all[v]
	}
	return b.String()
}
