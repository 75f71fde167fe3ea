package syscalls

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
)

// A layout is what one file of Go says of an architecture's structures and constants.
type layout struct {
	*types.Package
	sizes types.Sizes
}

// load type-checks one file for an architecture. What the file takes from others is
// unknown, and left out.
func load(t *testing.T, arch, file string) layout {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	sizes := types.SizesFor("gc", arch)
	conf := types.Config{Importer: importer.Default(), Sizes: sizes, Error: func(error) {}}
	pkg, _ := conf.Check("layout", set, []*ast.File{f}, nil)
	return layout{pkg, sizes}
}

// runtimes is the Go runtime's own description of Linux on an architecture.
func runtimes(t *testing.T, arch string) layout {
	t.Helper()
	file := filepath.Join(runtime.GOROOT(), "src", "runtime", "defs_linux_"+arch+".go")
	if _, err := os.Stat(file); err != nil {
		t.Skip("no source of the runtime: ", err)
	}
	return load(t, arch, file)
}

// offset returns where a field is, in a structure and the structures in it.
func (l layout) offset(t *testing.T, name string, path ...string) (at uint64) {
	t.Helper()
	object := l.Scope().Lookup(name)
	if object == nil {
		t.Fatalf("the runtime has no type %s", name)
	}
	in := object.Type()
	for _, want := range path {
		s, ok := in.Underlying().(*types.Struct)
		if !ok {
			t.Fatalf("%v is no structure", in)
		}
		var fields []*types.Var
		index := -1
		for i := range s.NumFields() {
			fields = append(fields, s.Field(i))
			if s.Field(i).Name() == want {
				index = i
			}
		}
		if index < 0 {
			t.Fatalf("%v has no field %s", in, want)
		}
		at += uint64(l.sizes.Offsetsof(fields)[index])
		in = fields[index].Type()
	}
	return at
}

// value returns a constant.
func (l layout) value(t *testing.T, name string) uint64 {
	t.Helper()
	c, ok := l.Scope().Lookup(name).(*types.Const)
	if !ok {
		t.Fatalf("no constant %s", name)
	}
	v, _ := constant.Uint64Val(constant.ToInt(c.Val()))
	return v
}

// TestFrameARM64: the places in a signal frame are those that the runtime's handler on
// arm64 reads, by this package's constants for it. (That the frame is filled is seen
// in a machine: boot/e2e.)
func TestFrameARM64(t *testing.T) {
	ours, theirs := load(t, "arm64", "signal_arm64.go"), runtimes(t, "arm64")
	for _, c := range []struct {
		name  string
		field []string
	}{
		{"ucStack", []string{"uc_stack"}},
		{"ucMask", []string{"uc_sigmask"}},
		{"ucMachine", []string{"uc_mcontext"}},
	} {
		if got, want := ours.value(t, c.name), theirs.offset(t, "ucontext", c.field...); got != want {
			t.Errorf("%s is %d, and the runtime has it at %d", c.name, got, want)
		}
	}
	// enter and sysSigreturn write the machine's part as words.
	for field, word := range map[string]uint64{"fault_address": 0, "regs": 1, "sp": 32, "pc": 33, "pstate": 34} {
		if at := theirs.offset(t, "sigcontext", field); at != word*8 {
			t.Errorf("word %d is %s, and the runtime has that at %d", word, field, at)
		}
	}
	// Records begin at a multiple of 16 behind the last word (struct sigcontext).
	machine, records := ours.value(t, "sfMachine"), ours.value(t, "sfRecords")
	if behind := machine + theirs.offset(t, "sigcontext", "__reserved"); records < behind || records-behind >= 16 || (records-machine)%16 != 0 {
		t.Errorf("records at %d, the runtime has them at %d", records, behind)
	}
	if ours.value(t, "sfContext") < 128 || ours.value(t, "sfContext")%16 != 0 {
		t.Error("no room for a siginfo")
	}
}

// TestNumbers: whatever the runtime traps with is served, by the numbers in its own
// assembler, but for what it can do without.
func TestNumbers(t *testing.T) {
	unneeded := map[string]bool{
		"socket": true, "connect": true, // Android's log
		"timer_create": true, "timer_settime": true, "timer_delete": true, // it takes setitimer then
		"pipe2": true, // for two of its own tests
	}
	for arch, file := range map[string]string{"amd64": "calls_amd64.go", "arm64": "calls_arm64.go"} {
		text, err := os.ReadFile(filepath.Join(runtime.GOROOT(), "src", "runtime", "sys_linux_"+arch+".s"))
		if err != nil {
			t.Skip("no source of the runtime: ", err)
		}
		served := keys(t, file, "calls")
		found := 0
		for _, m := range regexp.MustCompile(`(?m)^#define SYS_(\w+)\s+(\d+)`).FindAllStringSubmatch(string(text), -1) {
			n, _ := strconv.Atoi(m[2])
			if found++; served[n] == unneeded[m[1]] {
				t.Errorf("%s: %s, call %d, is served: %v", arch, m[1], n, served[n])
			}
		}
		if found < 25 {
			t.Errorf("%s: %d numbers in the runtime's assembler", arch, found)
		}
	}
}

// keys returns the constant keys of a variable's composite literal.
func keys(t *testing.T, file, name string) map[int]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == name {
			for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
				var key int
				fmt.Sscan(e.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value, &key)
				found[key] = true
			}
		}
		return true
	})
	return found
}
