package overlay

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestCallsOrderedAndUnique(t *testing.T) {
	names := map[string]bool{}
	last := -1
	for _, c := range CallsAMD64 {
		if c.Nr <= last || c.Nr >= TableSize {
			t.Errorf("%s: number %d after %d", c.Name, c.Nr, last)
		}
		if names[c.Name] || c.Ptrs >= 1<<6 {
			t.Errorf("%s: listed twice, or a mask beyond six arguments", c.Name)
		}
		names[c.Name], last = true, c.Nr
	}
}

// TestCallNumbers compares with package syscall's own constants.
func TestCallNumbers(t *testing.T) {
	numbers := syscallNumbers(t)
	for _, c := range CallsAMD64 {
		if nr, ok := numbers[c.Name]; ok && nr != c.Nr {
			t.Errorf("%s is call %d, the table says %d", c.Name, nr, c.Nr)
		}
	}
}

// TestRuntimeCallsTrap names calls that must never be served by function: the
// runtime makes them, or they are not about files.
func TestRuntimeCallsTrap(t *testing.T) {
	tab := table(CallsAMD64)
	numbers := syscallNumbers(t)
	for _, name := range []string{"mmap", "munmap", "madvise", "clone", "exit", "exit_group", "futex",
		"tgkill", "getpid", "gettid", "kill", "nanosleep", "clock_gettime", "rt_sigaction", "execve", "uname"} {
		if tab[numbers[name]] != 0 {
			t.Errorf("%s is in the table", name)
		}
	}
}

// TestPointerMasks compares with the signatures of package syscall's stubs:
// an argument that a stub makes from unsafe.Pointer is an address.
func TestPointerMasks(t *testing.T) {
	byNr := map[int]Call{}
	for _, c := range CallsAMD64 {
		byNr[c.Nr] = c
	}
	numbers := syscallNumbers(t)
	checked := 0
	for name, mask := range stubMasks(t) {
		c, ok := byNr[numbers[name]]
		if !ok {
			continue
		}
		checked++
		if mask&^c.Ptrs != 0 {
			t.Errorf("%s: package syscall passes addresses in mask %06b, the table says %06b", name, mask, c.Ptrs)
		}
		if extra := c.Ptrs &^ mask; extra != 0 && name != "fcntl" {
			t.Errorf("%s: the table says %06b, package syscall passes addresses in %06b only", name, c.Ptrs, mask)
		}
	}
	if checked < 50 {
		t.Errorf("only %d stubs compared: the test no longer finds them", checked)
	}
}

func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	path := filepath.Join(runtime.GOROOT(), "src", "syscall", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no Go sources on this machine:", err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// syscallNumbers reads the SYS_ constants for linux/amd64, by lower-case name.
func syscallNumbers(t *testing.T) map[string]int {
	numbers := map[string]int{}
	ast.Inspect(parse(t, "zsysnum_linux_amd64.go"), func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		lit, ok := v.Values[0].(*ast.BasicLit)
		if name, cut := strings.CutPrefix(v.Names[0].Name, "SYS_"); ok && cut {
			numbers[strings.ToLower(name)], _ = strconv.Atoi(lit.Value)
		}
		return true
	})
	return numbers
}

// stubMasks reads, from the generated stubs, which arguments of each call are
// converted from unsafe.Pointer.
func stubMasks(t *testing.T) map[string]uint8 {
	masks := map[string]uint8{}
	for _, d := range parse(t, "zsyscall_linux_amd64.go").Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		pointers := pointerNames(fn)
		ast.Inspect(fn, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 4 {
				return true
			}
			nr, ok := call.Args[0].(*ast.Ident)
			if !ok || !strings.HasPrefix(nr.Name, "SYS_") {
				return true
			}
			name := strings.ToLower(strings.TrimPrefix(nr.Name, "SYS_"))
			masks[name] |= 0
			for i, arg := range call.Args[1:] {
				if conv, ok := arg.(*ast.CallExpr); ok && len(conv.Args) == 1 && isPointer(conv.Args[0], pointers) {
					masks[name] |= 1 << i
				}
			}
			return true
		})
	}
	return masks
}

// pointerNames collects fn's parameters and variables of type unsafe.Pointer.
func pointerNames(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	add := func(typ ast.Expr, ids []*ast.Ident) {
		if s, ok := typ.(*ast.SelectorExpr); ok && s.Sel.Name == "Pointer" {
			for _, id := range ids {
				names[id.Name] = true
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			add(n.Type, n.Names)
		case *ast.ValueSpec:
			add(n.Type, n.Names)
		}
		return true
	})
	return names
}

// isPointer reports whether e is unsafe.Pointer(...) or one of the names.
func isPointer(e ast.Expr, names map[string]bool) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return names[e.Name]
	case *ast.CallExpr:
		s, ok := e.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Pointer"
	}
	return false
}
