package kernel_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// contextPackages run in kernel context: before the Go runtime is up, and with
// interrupts off on a fake g. They are all packages of kernel and arch but the
// goroutine world's wing, kernel/posix, and what is for tests. Their code must not
// allocate, store a pointer where the garbage collector would have to know of it,
// block, or call what might. TestKernelContext proves it from the machine code.
// What a platform puts into the machine's table (kernel/machine) is there too: folder
// machine of each.
//
// Code of such a package that runs on goroutines only says so with a line
// //yolk:goroutine, in a function's doc comment or above the package clause for
// a whole file. It is not checked, and the rest of the package may not call it.
var contextPackages = sync.OnceValues(func() (list []string, err error) {
	out, err := exec.Command("go", "list", "yolk/kernel/...", "yolk/arch/...", "yolk/plat/.../machine").Output()
	for _, p := range strings.Fields(string(out)) {
		if !strings.HasPrefix(p, "yolk/kernel/posix/") && !strings.HasSuffix(p, "test") && p != "yolk/kernel/chip/bcm2837/tree" {
			list = append(list, p)
		}
	}
	return list, err
})

// contextCalls are the functions outside contextPackages that kernel context may
// call; an entry that ends in '*' allows all that begin like it. A call through a func
// value or an interface does not show whom it calls: instead each function is looked at
// whose value these packages take, in code or in static data, and each method in their
// tables of interfaces.
var contextCalls = []string{
	"runtime.morestack*",           // compares against the fake g's stack bounds
	"runtime.panic*",               // index out of range, division by zero ...: fatal in kernel context
	"runtime.memmove",              // plain assembler
	"runtime.memclrNoHeapPointers", // plain assembler
	"runtime.memequal*",            // plain assembler
	"runtime.cmpstring",            // plain assembler
	"math/bits.Div64",              // an instruction on amd64, plain Go on arm64
	// Read for allocation and blocking: it touches registers only.
	"github.com/usbarmory/tamago/soc/intel/ioapic.(*IOAPIC).EnableInterrupt",
}

func TestKernelContext(t *testing.T) {
	needGo(t)
	packages, err := contextPackages()
	if err != nil || len(packages) < 20 {
		t.Fatal(packages, err)
	}
	found := false
	for _, arch := range []string{"amd64", "arm64"} {
		for _, v := range contextViolations(t, arch, packages) {
			t.Error(arch, v)
			found = true
		}
	}
	if found {
		t.Log("kernel context does not allocate, store pointers, block or call into the Go runtime; " +
			"code for goroutines says //yolk:goroutine (kernel/context_test.go)")
	}
}

// TestMachineIsWhole: each platform that has a machine fills its table, for one
// architecture at least, with a function in every place. That they obey is for
// TestKernelContext.
func TestMachineIsWhole(t *testing.T) {
	needGo(t)
	folders, err := filepath.Glob("../plat/*/machine")
	if err != nil || len(folders) < 2 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		filled := false
		for _, arch := range []string{"amd64", "arm64"} {
			size, values := machineTable(compilerListing(t, arch, "./"+folder))
			if size != 8*values {
				t.Errorf("%s, %s: %d bytes of table with %d functions", folder, arch, size, values)
			}
			filled = filled || size > 0
		}
		if !filled {
			t.Errorf("%s does not fill yolk/kernel/machine.This", folder)
		}
	}
}

// TestKernelContextFindsViolations runs the check on testdata/context, where
// each line that must be found ends in a comment "want" with what it calls.
func TestKernelContextFindsViolations(t *testing.T) {
	src, err := os.ReadFile("testdata/context/context.go")
	if err != nil {
		t.Fatal(err)
	}
	found := contextViolations(t, "amd64", []string{"yolk/kernel/testdata/context"})
	if !slices.ContainsFunc(found, func(v violation) bool { return strings.HasSuffix(v.fn, ".init") }) {
		t.Error("the initialiser of the package was not found")
	}
	for variable, want := range map[string]string{".operations": "strings.ToUpper", "go:itab.*strings.Builder,io.Writer": "strings.(*Builder).Write"} {
		if !slices.ContainsFunc(found, func(v violation) bool { return strings.HasSuffix(v.fn, variable) && v.call == want }) {
			t.Errorf("%s was not found in %s", want, variable)
		}
	}
	for i, line := range strings.Split(string(src), "\n") {
		_, want, _ := strings.Cut(line, "// want ")
		var got []string
		for _, v := range found {
			if v.line == i+1 {
				got = append(got, v.call)
			}
		}
		switch {
		case want == "" && len(got) > 0:
			t.Errorf("line %d: found %q, nothing is wrong there", i+1, got)
		case want != "" && !regexp.MustCompile(want).MatchString(strings.Join(got, " ")):
			t.Errorf("line %d: found %q, want %s", i+1, got, want)
		}
	}
}

// needGo skips a test where there is no Go toolchain, as in a machine image.
func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: ", err)
	}
}
