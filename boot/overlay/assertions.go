package overlay

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// asserting are the folders whose code may have assertions.
var asserting = []string{"kernel", "drivers", "netdev", "plat"}

// assertions are their functions, and those that take file, line and condition as well.
var assertions = map[string]string{"assert.That": "assert.ThatAt", "klog.Assert": "klog.AssertAt"}

// Assertions has the calls of assertions in Yolk's own code, which is below root, say file,
// line and condition when they fail: what a macro would do, if Go had any. No line moves.
func Assertions(root, cache string) (Replace, error) {
	replace := Replace{}
	root, err := filepath.EvalSymlinks(root) // as the go command has it
	if err != nil {
		return nil, err
	}
	for _, folder := range asserting {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil || !asserts(src) {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			placed, err := placeAssertions(filepath.ToSlash(name), src)
			if err == nil {
				replace[path], err = Keep(cache, filepath.Base(path), placed)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return replace, nil
}

// asserts reports whether a file may have a call of them.
func asserts(src []byte) bool {
	for call := range assertions {
		if bytes.Contains(src, []byte(call+"(")) {
			return true
		}
	}
	return false
}

// placeAssertions tells the calls in a file where they are and what they are about.
func placeAssertions(name string, src []byte) ([]byte, error) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	copied := 0
	upTo := func(pos token.Pos) {
		out.Write(src[copied:files.Position(pos).Offset])
		copied = files.Position(pos).Offset
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		text := func(n ast.Node) string {
			return string(src[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
		}
		placed, ok := assertions[text(call.Fun)]
		if !ok {
			return true
		}
		condition := strings.Join(strings.Fields(text(call.Args[0])), " ")
		upTo(call.Fun.Pos())
		out.WriteString(placed)
		copied = files.Position(call.Fun.End()).Offset
		upTo(call.Args[0].End())
		out.WriteString(", " + strconv.Quote(fmt.Sprintf("%s:%d: %s", name, files.Position(call.Pos()).Line, condition)))
		return true
	})
	out.Write(src[copied:])
	return out.Bytes(), nil
}
