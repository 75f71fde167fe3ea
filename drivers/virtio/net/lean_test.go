package net_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// loops are the functions whose loops run once for each packet, by file.
var loops = map[string][]string{
	"../split.go":       {"addSplit"},
	"../split_used.go":  {"takeSplit"},
	"../packed.go":      {"addPacked"},
	"../packed_used.go": {"takePacked"},
}

// TestNoBoundsChecks compiles the driver and finds no check of an index in the
// loops over a ring, as the compiler reports them.
func TestNoBoundsChecks(t *testing.T) {
	const pkg = "yolk/drivers/virtio/net"
	out, err := exec.Command("go", "build", "-gcflags="+pkg+"=-d=ssa/check_bce", pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checks := map[string][]int{} // lines by file name
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(line, ":"); len(f) > 3 && strings.Contains(f[3], "Found Is") {
			n, _ := strconv.Atoi(f[1])
			name := filepath.Base(f[0])
			checks[name] = append(checks[name], n)
		}
	}
	if len(checks["split.go"]) == 0 {
		t.Fatalf("the compiler reports no checks at all; has the option changed?\n%s", out)
	}
	for file, names := range loops {
		bodies := loopBodies(t, file, names)
		if len(bodies) != len(names) {
			t.Errorf("%s: %d loops in %v", file, len(bodies), names)
		}
		for _, line := range checks[filepath.Base(file)] {
			for _, b := range bodies {
				if line > b[0] && line <= b[1] {
					t.Errorf("%s:%d: index checked for each packet", file, line)
				}
			}
		}
	}
}

// loopBodies returns first and last line of the loops in the named functions.
func loopBodies(t *testing.T, file string, names []string) (bodies [][2]int) {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !slices.Contains(names, f.Name.Name) {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if loop, ok := n.(*ast.RangeStmt); ok {
				bodies = append(bodies, [2]int{fset.Position(loop.Pos()).Line, fset.Position(loop.End()).Line})
			}
			return true
		})
	}
	return bodies
}
