package build

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
)

// trapped are the calls, by the names of package syscall, that the kernel has in every image
// and serves without a file: a program that makes them by number needs no more for it.
var trapped = []string{"SYS_GETTID", "SYS_GETCPU", "SYS_SCHED_GETAFFINITY", "SYS_SCHED_SETAFFINITY", "SYS_SCHED_YIELD"}

// byNumber are the functions that make any call.
var byNumber = []string{"RawSyscall", "RawSyscall6", "Syscall", "Syscall6"}

// makesCalls reports whether a package outside the standard library may make system calls
// that the standard library itself does not, or only with what is in trapped. One that
// imports package syscall may, unless all that it uses of it are those.
func (l *listed) makesCalls() bool {
	switch {
	case l.Standard:
		return false
	case slices.Contains(l.Imports, "golang.org/x/sys/unix"):
		return true
	case !slices.Contains(l.Imports, "syscall"):
		return false
	}
	return slices.ContainsFunc(l.GoFiles, func(name string) bool { return fileMakesCalls(filepath.Join(l.Dir, name)) })
}

// fileMakesCalls reports it of one file. What it cannot tell of is as if it did.
func fileMakesCalls(name string) bool {
	src, err := os.ReadFile(name)
	if err != nil {
		return true
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		return true // the compiler will say what is wrong
	}
	i := slices.IndexFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"syscall"` })
	switch {
	case i < 0:
		return false
	case f.Imports[i].Name != nil, bytes.Contains(src, []byte("//go:linkname ")):
		return true // by another name it could be anything
	}
	harmless := map[ast.Node]bool{}
	makes := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if slices.Contains(byNumber, ofSyscall(n.Fun)) && slices.Contains(trapped, ofSyscall(n.Args[0])) {
				harmless[n.Fun], harmless[n.Args[0]] = true, true
			}
		case *ast.SelectorExpr:
			makes = makes || ofSyscall(n) != "" && !harmless[n]
		}
		return true
	})
	return makes
}

// ofSyscall is the name that an expression has in package syscall, or "".
func ofSyscall(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := s.X.(*ast.Ident); !ok || pkg.Name != "syscall" {
		return ""
	}
	return s.Sel.Name
}
