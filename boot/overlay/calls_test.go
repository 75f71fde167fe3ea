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

var archs = []string{"amd64", "arm64"}

func TestCallsUnique(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Calls {
		if names[c.Name] || c.Ptrs >= 1<<6 {
			t.Errorf("%s: listed twice, or a mask beyond six arguments", c.Name)
		}
		names[c.Name] = true
	}
	for _, arch := range archs {
		used := map[int]string{}
		for name, nr := range Numbers[arch] {
			if nr < 0 || nr >= TableSize || used[nr] != "" || !names[name] {
				t.Errorf("%s: %s is call %d, which is used by %q, out of range, or no call", arch, name, nr, used[nr])
			}
			used[nr] = name
		}
	}
	if len(Numbers["amd64"]) != len(Calls) {
		t.Errorf("%d calls, %d of them on amd64, which has all", len(Calls), len(Numbers["amd64"]))
	}
}

// TestCallNumbers compares with package syscall's own constants, and looks for
// calls that an architecture has and the table misses.
func TestCallNumbers(t *testing.T) {
	for _, arch := range archs {
		numbers := syscallNumbers(t, arch)
		for _, c := range Calls {
			nr, ok := numbers[c.Name]
			if have, mine := Numbers[arch][c.Name]; ok && (!mine || nr != have) {
				t.Errorf("%s: %s is call %d, the table says %d", arch, c.Name, nr, have)
			}
		}
	}
}

// TestRuntimeCallsTrap names calls that must never be served by function: the
// runtime makes them, or they are not about files.
func TestRuntimeCallsTrap(t *testing.T) {
	for _, arch := range archs {
		tab, err := table(arch)
		if err != nil {
			t.Fatal(err)
		}
		numbers := syscallNumbers(t, arch)
		for _, name := range []string{"munmap", "madvise", "clone", "exit", "exit_group", "futex",
			"tgkill", "getpid", "gettid", "kill", "nanosleep", "clock_gettime", "rt_sigaction", "execve", "uname"} {
			if nr, ok := numbers[name]; !ok || tab[nr] != 0 {
				t.Errorf("%s: %s is in the table, or unknown", arch, name)
			}
		}
	}
	if _, err := table("mips"); err == nil {
		t.Error("a table for an unknown architecture")
	}
}

// TestPointerMasks compares with the signatures of package syscall's stubs:
// an argument that a stub makes from unsafe.Pointer is an address.
func TestPointerMasks(t *testing.T) {
	masks := map[string]uint8{}
	for _, c := range Calls {
		masks[c.Name] = c.Ptrs
	}
	for _, arch := range archs {
		checked := 0
		for name, mask := range stubMasks(t, arch) {
			ptrs, ok := masks[name]
			if !ok {
				continue
			}
			checked++
			if mask&^ptrs != 0 {
				t.Errorf("%s: package syscall passes addresses in mask %06b, the table says %06b", name, mask, ptrs)
			}
			// arm64's stub of epoll_pwait never passes a signal mask.
			if extra := ptrs &^ mask; extra != 0 && name != "fcntl" && name != "epoll_pwait" {
				t.Errorf("%s: the table says %06b, package syscall passes addresses in %06b only", name, ptrs, mask)
			}
		}
		if checked < 50 {
			t.Errorf("%s: only %d stubs compared: the test no longer finds them", arch, checked)
		}
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

// syscallNumbers reads the SYS_ constants of an architecture, by lower-case name.
func syscallNumbers(t *testing.T, arch string) map[string]int {
	numbers := map[string]int{}
	ast.Inspect(parse(t, "zsysnum_linux_"+arch+".go"), func(n ast.Node) bool {
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
func stubMasks(t *testing.T, arch string) map[string]uint8 {
	masks := map[string]uint8{}
	for _, d := range parse(t, "zsyscall_linux_"+arch+".go").Decls {
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
