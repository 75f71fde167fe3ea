package kernel_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goroutineMark exempts a function or a file from the check.
const goroutineMark = "//yolk:goroutine"

// A violation is a call that kernel context must not make.
type violation struct {
	file string
	line int
	fn   string // linker symbol of the function the call is in
	call string // linker symbol of what is called
}

func (v violation) String() string {
	return fmt.Sprintf("%s:%d: %s calls %s", v.file, v.line, v.fn, v.call)
}

// contextViolations compiles packages for the target and checks every call in
// the assembler listing: allocation, write barriers, maps, channels, defer and
// conversions that allocate are all calls into the runtime by then.
func contextViolations(t *testing.T, arch string, packages []string) []violation {
	t.Helper()
	needGo(t)
	exempt := map[string]bool{}
	for _, pkg := range packages {
		markExempt(t, arch, pkg, exempt)
	}
	listing := compilerListing(t, arch, packages...)
	if !strings.Contains(listing, " STEXT ") {
		t.Fatal("the compiler printed no assembler listing")
	}
	return scanListing(listing, arch, packages, exempt)
}

// compilerListing returns what the compiler makes of packages: for each symbol its
// instructions, or its bytes and what they refer to.
func compilerListing(t *testing.T, arch string, packages ...string) string {
	t.Helper()
	args := append([]string{"build", "-gcflags=-S"}, packages...)
	listing, err := target(arch, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, bytes.Join(complaint.FindAll(listing, -1), []byte("\n")))
	}
	return string(listing)
}

// complaint is a line in which the compiler says what is wrong.
var complaint = regexp.MustCompile(`(?m)^\S+\.go:\d+:\d+: .*$`)

// target returns a go command that works as for an image with assertions, which has all
// that one without them has.
func target(arch string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=-tags=yolk_assert")
	return cmd
}

// emptyInit is the size of an initialiser that has nothing to do: one RET, on
// arm64 with its padding.
var emptyInit = map[string]int{"amd64": 1, "arm64": 16}

var (
	// A function, or a variable: its symbol and its size in the listing.
	textLine = regexp.MustCompile(`^(\S.*) STEXT .*?size=(\d+) `)
	dataLine = regexp.MustCompile(`^(\S.*) S\w*DATA .*?size=(\d+)`)
	// A call, or where a function's value is taken: source file, line and symbol.
	callLine  = regexp.MustCompile(`\((\S+):(\d+)\)\s+(?:CALL|JMP)\s+(\S+)\(SB\)`)
	valueLine = regexp.MustCompile(`\((\S+):(\d+)\)\s.*?([^\s$,]+)·f\(SB\)`)
	// What a variable refers to: a function's value, or in a table of an interface's
	// methods a function.
	referLine = regexp.MustCompile(`^\s+rel \d+\+8 t=\S+ (.+?)(·f)?\+0$`)
)

// function returns what a line says if a function begins there, its symbol and size. The
// search for a word, here and below, spares the expression nearly all lines, for which it
// takes half a minute with the race detector.
func function(line string) []string {
	if !strings.Contains(line, " STEXT ") {
		return nil
	}
	return textLine.FindStringSubmatch(line)
}

// call returns the call in a line, if there is one.
func call(line string) []string {
	if !strings.Contains(line, "CALL") && !strings.Contains(line, "JMP") || !strings.Contains(line, "(SB)") {
		return nil
	}
	return callLine.FindStringSubmatch(line)
}

// value returns the function whose value is taken in a line, if there is one.
func value(line string) []string {
	if !strings.Contains(line, "·f(SB)") {
		return nil
	}
	return valueLine.FindStringSubmatch(line)
}

// refers returns what a variable refers to in a line, if it does.
func refers(line string) []string {
	if !strings.Contains(line, "rel ") {
		return nil
	}
	return referLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
}

// scanListing returns the forbidden calls in a listing, each once.
func scanListing(listing, arch string, packages []string, exempt map[string]bool) []violation {
	var found []violation
	add := func(v violation) {
		if !mayCall(v.call, packages, exempt) && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	fn, variable, skip := "", "", false
	for line := range strings.Lines(listing) {
		if m := function(line); m != nil {
			fn, variable = m[1], ""
			isInit := strings.HasSuffix(fn, ".init")
			skip = isInit || isExempt(fn, exempt) || strings.HasPrefix(fn, "type:")
			if size, _ := strconv.Atoi(m[2]); isInit && size > emptyInit[arch] {
				found = append(found, violation{file: fn, fn: fn, call: "for an initialiser: state must be static"})
			}
			continue
		}
		if line[0] != '\t' {
			fn, variable, skip = "", "", true
			if m := dataLine.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[1], "type:") {
				variable = m[1]
			}
			continue
		}
		if m := refers(line); m != nil && variable != "" {
			if m[2] != "" || strings.HasPrefix(variable, "go:itab.") && !strings.HasPrefix(m[1], "type:") {
				add(violation{file: variable, fn: variable, call: m[1]})
			}
			continue
		}
		m := call(line)
		if m == nil {
			m = value(line)
		}
		// A method's wrapper for pointers is as the method: what is in it was looked at.
		if m == nil || skip || m[1] == "<autogenerated>" {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		add(violation{m[1], n, fn, m[3]})
	}
	return found
}

// machineTable returns the size of machine.This in a listing, in bytes, and how many
// functions are named in it.
func machineTable(listing string) (size, values int) {
	in := false
	for line := range strings.Lines(listing) {
		switch {
		case line[0] != '\t':
			m := dataLine.FindStringSubmatch(line)
			if in = m != nil && m[1] == "yolk/kernel/machine.This"; in {
				size, _ = strconv.Atoi(m[2])
			}
		case in && strings.Contains(line, "·f+0"):
			values++
		}
	}
	return size, values
}

// mayCall reports whether kernel context may call symbol.
func mayCall(symbol string, packages []string, exempt map[string]bool) bool {
	for _, allowed := range contextCalls {
		prefix, all := strings.CutSuffix(allowed, "*")
		if symbol == allowed || all && strings.HasPrefix(symbol, prefix) {
			return true
		}
	}
	context, _ := contextPackages()
	for _, pkg := range slices.Concat(packages, context) {
		rest, ok := strings.CutPrefix(symbol, pkg+".")
		if ok && !strings.Contains(rest, "/") {
			return !isExempt(symbol, exempt)
		}
	}
	return false
}

// isExempt reports whether a symbol, or the function that a closure is in, is
// marked for goroutines.
func isExempt(symbol string, exempt map[string]bool) bool {
	for s := symbol; ; {
		if exempt[s] {
			return true
		}
		i := strings.LastIndexByte(s, '.')
		if i < 0 {
			return false
		}
		s = s[:i]
	}
}

// markExempt adds the symbols of a package's functions that are marked.
func markExempt(t *testing.T, arch, pkg string, exempt map[string]bool) {
	t.Helper()
	out, err := target(arch, "list", "-f", `{{.Dir}}{{range .GoFiles}} {{.}}{{end}}`, pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	fields := strings.Fields(string(out))
	for _, name := range fields[1:] {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(fields[0], name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		whole := false
		for _, c := range f.Comments {
			whole = whole || c.Pos() < f.Package && hasMark(c)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && (whole || hasMark(fn.Doc)) {
				exempt[pkg+"."+symbolName(fn)] = true
			}
		}
	}
}

// hasMark reports whether a comment has the mark on a line of its own.
func hasMark(c *ast.CommentGroup) bool {
	if c == nil {
		return false
	}
	return slices.ContainsFunc(c.List, func(l *ast.Comment) bool { return l.Text == goroutineMark })
}

// symbolName returns a function's name as the linker knows it: F, T.M or (*T).M.
func symbolName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	switch r := fn.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		if id, ok := r.X.(*ast.Ident); ok {
			return "(*" + id.Name + ")." + fn.Name.Name
		}
	case *ast.Ident:
		return r.Name + "." + fn.Name.Name
	}
	return fn.Name.Name // a generic type: not marked under this name
}
