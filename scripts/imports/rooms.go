package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A room is a part of the house: folders, and their place in the picture.
type room struct {
	name     string
	about    []string // lines
	folders  []string // the longest that holds a package counts
	col, row int
}

// rooms are all there are, by where they stand. The three wings of kernel are rooms of
// their own.
var rooms = []room{
	{"apps", []string{"example programs"}, []string{"apps"}, 1, 0},
	{"netdev", []string{"network cards as packets,", "and gVisor's stack over them"}, []string{"netdev"}, 2, 1},
	{"kernel/posix", []string{"what a Go program asks of", "a system: files, sockets"}, []string{"kernel/posix"}, 1, 2},
	{"drivers", []string{"virtio, USB, the", "Raspberry Pi's firmware"}, []string{"drivers"}, 2, 2},
	{"plat", []string{"what makes a machine's image"}, []string{"plat"}, 1, 1},
	{"kernel", []string{"boot, memory, threads,", "traps: kernel context"}, []string{"kernel"}, 1, 3},
	{"kernel/chip", []string{"interrupt controllers,", "serial ports, buttons"}, []string{"kernel/chip"}, 1, 4},
	{"kernel/firmware", []string{"what the machine is, as", "its firmware tells"}, []string{"kernel/firmware"}, 2, 4},
	{"kernel/abi", []string{"numbers that all share,", "the command line, boot's facts"}, []string{"kernel/abi", "kernel/bootinfo", "kernel/cmdline"}, 0, 3},
	{"arch", []string{"instructions and entries", "of a processor"}, []string{"arch"}, 1, 5},
	{"boot", []string{"builds and starts images,", "on the host"}, []string{"boot"}, 0, 1},
	{"scripts", []string{"benchmarks, tests, setup"}, []string{"scripts"}, 0, 0},
}

// roomOf returns the index of the room that a package is in, or -1.
func roomOf(pkg string) int {
	best, length := -1, 0
	for i, r := range rooms {
		for _, f := range r.folders {
			if below(pkg, f) && len(f) > length {
				best, length = i, len(f)
			}
		}
	}
	return best
}

func below(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// An arrow is that packages of one room import packages of another.
type arrow struct{ from, to int }

// arrows asks the go command who imports whom, in images of both architectures and on
// the host. Tests and their helpers do not count.
func arrows() ([]arrow, error) {
	found := map[arrow]bool{}
	for _, build := range [][]string{{"amd64", ""}, {"amd64", "yolk"}, {"arm64", "yolk"}} {
		cmd := exec.Command("go", "list", "-e", "-tags", build[1], "-f", `{{.ImportPath}} {{join .Imports " "}}`, "yolk/...")
		cmd.Env = append(cmd.Environ(), "GOOS=linux", "GOARCH="+build[0])
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(strings.ReplaceAll(line, "yolk/", ""))
			from := roomOf(f[0])
			if from < 0 || strings.HasSuffix(f[0], "test") || strings.Contains(f[0], "/testdata/") {
				continue
			}
			for _, imp := range f[1:] {
				if to := roomOf(imp); to >= 0 && to != from {
					found[arrow{from, to}] = true
				}
			}
		}
	}
	var list []arrow
	for a := range found {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b arrow) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	return list, nil
}

// sizes counts the lines of each room's source in the repository at root, without
// tests.
func sizes(root string) (lines []int, total int, err error) {
	lines = make([]int, len(rooms))
	out, err := exec.Command("git", "-C", root, "ls-files", "*.go", "*.s").Output()
	if err != nil {
		return nil, 0, err
	}
	for _, name := range strings.Fields(string(out)) {
		i := roomOf(filepath.Dir(name))
		if i < 0 {
			return nil, 0, fmt.Errorf("%s is in no room", name)
		}
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, 0, err
		}
		n := bytes.Count(src, []byte("\n"))
		lines[i], total = lines[i]+n, total+n
	}
	return lines, total, nil
}
