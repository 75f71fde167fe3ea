// Calls prints what Yolk does with each of Linux's system calls, from the code that does
// it: kernel/posix/CALLS.md is its output.
//
//	go run ./scripts/calls > kernel/posix/CALLS.md
//
// Trapped calls are read off the table in kernel/syscalls, those by function (boot/overlay)
// are made here, with arguments that are wrong or nothing. The names and numbers are
// x86-64's, of golang.org/x/sys/unix.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"yolk/boot/overlay"
	"yolk/kernel/posix/file"
)

func main() {
	text, err := report()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
}

// What becomes of a call beside an errno that it is always refused with.
const (
	answered = "answered"
	missing  = "ENOSYS"
)

// handlers are functions of kernel/syscalls that refuse, and with what.
var handlers = map[string]string{"sysNoChild": "ECHILD", "sysNoEntry": "ENOENT", "sysNoFile": "EBADF", "nil": missing}

// fallBack are those whose callers are told to read and write instead (file.Handle), by
// an errno that a wrong argument has as well.
var fallBack = map[string]bool{"splice": true, "tee": true, "vmsplice": true}

func report() (string, error) {
	numbers, err := linux()
	if err != nil {
		return "", err
	}
	traps, err := trapped()
	if err != nil {
		return "", err
	}
	byFunction := map[string]bool{}
	for _, c := range overlay.Calls {
		byFunction[c.Name] = true
	}
	file.Full()
	found := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		how, nr := missing, numbers[name]
		if fallBack[name] {
			how = "EINVAL"
		} else if byFunction[name] {
			how = tried(uintptr(nr))
		} else if handler, ok := traps[nr]; ok {
			if how = handlers[handler]; how == "" {
				how = answered
			}
		}
		found[how] = append(found[how], name)
	}
	var b strings.Builder
	b.WriteString("# System calls\n\nWhat an image whose program makes calls of its own does with each of Linux's (x86-64), as `go run ./scripts/calls`\nfinds in the code. What is answered may refuse some of its arguments: the READMEs say which.\n\n| | calls |\n|---|---|\n")
	write := func(what string, names []string) {
		fmt.Fprintf(&b, "| %s (%d) | %s |\n", what, len(names), strings.Join(names, ", "))
	}
	write(answered, found[answered])
	for _, how := range slices.Sorted(maps.Keys(found)) {
		if how != answered && how != missing {
			write("refused: "+how, found[how])
		}
	}
	write("not there: "+missing, found[missing])
	return b.String(), nil
}

// linux returns the numbers of Linux's calls by name.
func linux() (map[string]int, error) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix").Output()
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "zsysnum_linux_amd64.go"), nil, 0)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				name, _ := strings.CutPrefix(v.Names[0].Name, "SYS_")
				numbers[strings.ToLower(name)], _ = strconv.Atoi(lit.Value)
			}
		}
		return true
	})
	return numbers, nil
}

// trapped returns the functions of kernel/syscalls by number.
func trapped() (map[int]string, error) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "yolk/kernel/syscalls").Output()
	if err != nil {
		return nil, err
	}
	fset, names, table := token.NewFileSet(), map[string]int{}, map[int]string{}
	for _, name := range []string{"calls_amd64.go", "files.go"} {
		f, err := parser.ParseFile(fset, filepath.Join(strings.TrimSpace(string(dir)), name), nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec: // nrMremap = 25
				if lit, ok := slices.Concat(n.Values, []ast.Expr{nil})[0].(*ast.BasicLit); ok {
					names[n.Names[0].Name], _ = strconv.Atoi(lit.Value)
				}
			case *ast.KeyValueExpr: // 25: sysMremap
				key, ok1 := n.Key.(*ast.BasicLit)
				value, ok2 := n.Value.(*ast.Ident)
				if ok1 && ok2 {
					nr, _ := strconv.Atoi(key.Value)
					table[nr] = value.Name
				}
			case *ast.AssignStmt: // calls[nrMremap] = sysMremap
				index, ok1 := n.Lhs[0].(*ast.IndexExpr)
				value, ok2 := n.Rhs[0].(*ast.Ident)
				if ok1 && ok2 {
					if key, ok := index.Index.(*ast.Ident); ok {
						table[names[key.Name]] = value.Name
					}
				}
			}
			return true
		})
	}
	return table, nil
}

// tried makes a call by function, with a descriptor that is none and with one that is.
// A call that waits is answered.
func tried(nr uintptr) string {
	var seen []string
	for _, first := range []uintptr{^uintptr(0), 1} {
		result := make(chan syscall.Errno, 1)
		go func() {
			_, _, e := file.Handle(nr, first, 0, 0, 0, 0, 0, nil, nil, nil, nil, nil, nil)
			result <- e
		}()
		select {
		case e := <-result:
			name := unix.ErrnoName(e)
			if e == syscall.EOPNOTSUPP { // or ENOTSUP, which is the same
				name = "EOPNOTSUPP"
			}
			seen = append(seen, name)
		case <-time.After(100 * time.Millisecond):
			return answered
		}
	}
	if seen[0] == seen[1] && slices.Contains([]string{missing, "EOPNOTSUPP"}, seen[0]) {
		return seen[0]
	}
	return answered
}
