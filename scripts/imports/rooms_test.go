package main

import (
	"bytes"
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
// Tests do not count.
func TestRooms(t *testing.T) {
	lines, total := make([]int, len(rooms)), 0
	out, err := exec.Command("git", "-C", "../..", "ls-files", "*.go", "*.s").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		i := roomOf(filepath.Dir(name))
		if i < 0 {
			t.Errorf("%s is in no room", name)
			continue
		}
		src, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		n := bytes.Count(src, []byte("\n"))
		lines[i], total = lines[i]+n, total+n
	}
	for i, r := range rooms {
		if share := float64(lines[i]) / float64(total); share >= 0.3 {
			t.Errorf("%s holds %.0f %% of the source", r.name, 100*share)
		} else {
			t.Logf("%-16s %6d lines %5.1f %%", r.name, lines[i], 100*share)
		}
	}
}

// TestReach: what packages reach, by whatever way. Kernel context has nothing that
// allocates or blocks; files and sockets have nothing of page tables and threads.
func TestReach(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.Command("go", "list", "-e", "-tags", "yolk", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "yolk/kernel/...", "yolk/arch/...")
		cmd.Env = append(cmd.Environ(), "GOOS=linux", "GOARCH="+arch)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			pkg := strings.TrimPrefix(f[0], "yolk/")
			if strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "/testdata/") {
				continue
			}
			for _, dep := range f[1:] {
				if !mayReach(pkg, dep) {
					t.Errorf("%s, %s: reaches %s", arch, pkg, dep)
				}
			}
		}
	}
}

// mayReach reports whether a package of kernel or arch may depend on another.
func mayReach(pkg, dep string) bool {
	ours, isOurs := strings.CutPrefix(dep, "yolk/")
	if below(pkg, "kernel/posix") {
		return !isOurs || slices.ContainsFunc([]string{"kernel/posix", "kernel/abi", "kernel/bootinfo"}, func(f string) bool { return below(ours, f) })
	}
	return dep != "fmt" && dep != "os" && dep != "net" && !strings.HasPrefix(dep, gvisor) && !below(ours, "kernel/posix")
}

// TestReachFinds checks the checker.
func TestReachFinds(t *testing.T) {
	for _, c := range []struct{ pkg, dep string }{
		{"kernel/sched", "fmt"}, {"kernel", gvisor + "tcpip"}, {"kernel/mem", "yolk/kernel/posix/file"}, {"kernel/posix/file", "yolk/kernel/mem"},
	} {
		if mayReach(c.pkg, c.dep) {
			t.Errorf("%s may reach %s", c.pkg, c.dep)
		}
	}
}
