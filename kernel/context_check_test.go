package kernel_test

import (
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
func contextViolations(t *testing.T, packages []string) []violation {
	t.Helper()
	needGo(t)
	exempt := map[string]bool{}
	for _, pkg := range packages {
		markExempt(t, pkg, exempt)
	}
	args := append([]string{"build", "-gcflags=-S"}, packages...)
	listing, err := target(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, listing)
	}
	if !strings.Contains(string(listing), " STEXT ") {
		t.Fatal("the compiler printed no assembler listing")
	}
	return scanListing(string(listing), packages, exempt)
}

// target returns a go command that works as for an image.
func target(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	return cmd
}

// emptyInit is the size of an initialiser that has nothing to do: one RET.
const emptyInit = 1

var (
	// A function: its symbol and its size in the listing.
	textLine = regexp.MustCompile(`^(\S.*) STEXT .*?size=(\d+) `)
	// A call: source file, line and symbol.
	callLine = regexp.MustCompile(`\((\S+):(\d+)\)\s+(?:CALL|JMP)\s+(\S+)\(SB\)`)
)

// scanListing returns the forbidden calls in a listing, each once.
func scanListing(listing string, packages []string, exempt map[string]bool) []violation {
	var found []violation
	fn, skip := "", false
	for line := range strings.Lines(listing) {
		if m := textLine.FindStringSubmatch(line); m != nil {
			fn = m[1]
			isInit := strings.HasSuffix(fn, ".init")
			skip = isInit || isExempt(fn, exempt) || strings.HasPrefix(fn, "type:")
			if size, _ := strconv.Atoi(m[2]); isInit && size > emptyInit {
				found = append(found, violation{file: fn, fn: fn, call: "for an initialiser: state must be static"})
			}
			continue
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil || skip || mayCall(m[3], packages, exempt) {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		if v := (violation{m[1], n, fn, m[3]}); !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	return found
}

// mayCall reports whether kernel context may call symbol.
func mayCall(symbol string, packages []string, exempt map[string]bool) bool {
	for _, allowed := range contextCalls {
		prefix, all := strings.CutSuffix(allowed, "*")
		if symbol == allowed || all && strings.HasPrefix(symbol, prefix) {
			return true
		}
	}
	for _, pkg := range slices.Concat(packages, contextPackages) {
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
func markExempt(t *testing.T, pkg string, exempt map[string]bool) {
	t.Helper()
	out, err := target("list", "-f", `{{.Dir}}{{range .GoFiles}} {{.}}{{end}}`, pkg).Output()
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
