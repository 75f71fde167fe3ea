package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPicture: the picture of ARCHITECTURE.md shows what is.
func TestPicture(t *testing.T) {
	list, err := arrows()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("rooms.svg"); err != nil || string(got) != draw(list) {
		t.Errorf("%v; it is not what it should be: go run ./scripts/imports > scripts/imports/rooms.svg", err)
	}
}

// TestRooms: no room holds a third of the house, so that each can be known whole.
func TestRooms(t *testing.T) {
	lines, total, err := sizes("../..")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rooms {
		if share := float64(lines[i]) / float64(total); share >= 0.3 {
			t.Errorf("%s holds %.0f %% of the source", r.name, 100*share)
		}
	}
}

// TestReach: what packages reach, by whatever way. Kernel context has nothing that
// allocates or blocks; files and sockets have nothing of page tables and threads.
func TestReach(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.Command("go", "list", "-e", "-deps", "-tags", "yolk", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "yolk/kernel/...", "yolk/arch/...", "yolk/plat/...")
		cmd.Env = append(cmd.Environ(), "GOOS=linux", "GOARCH="+arch)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		imports := map[string][]string{}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			imports[f[0]] = f[1:]
		}
		for path := range imports {
			pkg := strings.TrimPrefix(path, "yolk/")
			inside := below(pkg, "kernel") || below(pkg, "arch") || below(pkg, "plat") && filepath.Base(pkg) == "machine"
			if !inside || strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "/testdata/") {
				continue
			}
			for dep, by := range reach(path, imports) {
				if !mayReach(pkg, dep) {
					t.Errorf("%s, %s: reaches %s, by %s", arch, pkg, dep, by)
				}
			}
		}
	}
}

// reach returns the packages that pkg depends on, each with one that imports it.
func reach(pkg string, imports map[string][]string) map[string]string {
	found := map[string]string{}
	for next := []string{pkg}; len(next) > 0; next = next[1:] {
		if isLeaf(next[0]) {
			continue
		}
		for _, dep := range imports[next[0]] {
			if _, known := found[dep]; !known {
				found[dep] = next[0]
				next = append(next, dep)
			}
		}
	}
	return found
}

// isLeaf reports whether what a package imports is none of the matter: of TamaGo kernel
// context uses names of registers and one function, which kernel/context_test.go checks
// call by call, and of embed, package runtime and sync/atomic nothing that they import.
func isLeaf(pkg string) bool {
	return strings.HasPrefix(pkg, tamago) || pkg == "embed" || pkg == "runtime" || pkg == "sync/atomic"
}

// mayReach reports whether a package of kernel or arch, or what a platform fills in for
// kernel, may depend on another.
func mayReach(pkg, dep string) bool {
	ours, isOurs := strings.CutPrefix(dep, "yolk/")
	if below(pkg, "kernel/posix") {
		return !isOurs || slices.ContainsFunc([]string{"kernel/posix", "kernel/abi", "kernel/bootinfo"}, func(f string) bool { return below(ours, f) })
	}
	return !slices.Contains([]string{"fmt", "os", "net", "sync", "time", "strings", "errors", "io"}, dep) && !strings.HasPrefix(dep, gvisor) && !below(ours, "kernel/posix")
}

// TestReachFinds checks the checker.
func TestReachFinds(t *testing.T) {
	for _, c := range []struct{ pkg, dep string }{
		{"kernel/sched", "fmt"}, {"kernel/sched", "sync"}, {"kernel/trap", gvisor + "tcpip"}, {"kernel/mem", "yolk/kernel/posix/file"}, {"kernel/posix/file", "yolk/kernel/mem"},
	} {
		if mayReach(c.pkg, c.dep) {
			t.Errorf("%s may reach %s", c.pkg, c.dep)
		}
	}
	got := reach("a", map[string][]string{"a": {"b", tamago + "x"}, "b": {"a", "c"}, tamago + "x": {"sync"}})
	if want := map[string]string{"a": "b", "b": "a", tamago + "x": "a", "c": "b"}; !maps.Equal(got, want) {
		t.Errorf("reached %v", got)
	}
}
