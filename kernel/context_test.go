package kernel_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contextPackages run in kernel context: before the Go runtime is up, and with
// interrupts off on a fake g. Their code must not allocate, store a pointer
// where the garbage collector would have to know of it, block, or call what
// might. TestKernelContext proves it from the machine code. To put a package
// under the rule, add it here.
//
// Code of such a package that runs on goroutines only says so with a line
// //yolk:goroutine, in a function's doc comment or above the package clause for
// a whole file. It is not checked, and the rest of the package may not call it.
var contextPackages = []string{
	"yolk/kernel/firmware/acpi",
	"yolk/kernel/alloc",
	"yolk/kernel/alloc/buddy",
	"yolk/kernel/alloc/bump",
	"yolk/kernel/alloc/pool",
	"yolk/kernel/alloc/region",
	"yolk/kernel",
	"yolk/kernel/firmware/atags",
	"yolk/kernel/chip/bcm2837",
	"yolk/kernel/chip/button",
	"yolk/kernel/clock",
	"yolk/kernel/cmdline",
	"yolk/kernel/entropy",
	"yolk/kernel/firmware/fdt",
	"yolk/kernel/firmware/fwcfg",
	"yolk/kernel/chip/gic",
	"yolk/kernel/irq",
	"yolk/kernel/klog",
	"yolk/kernel/chip/lapic",
	"yolk/kernel/syscalls",
	"yolk/kernel/mem",
	"yolk/kernel/sched",
	"yolk/kernel/shutdown",
	"yolk/kernel/smp",
	"yolk/kernel/chip/uart",
}

// contextCalls are the functions outside contextPackages that kernel context may
// call; an entry that ends in '*' allows all that begin like it. Calls through
// func values and interfaces are not seen here.
var contextCalls = []string{
	"runtime.morestack*",           // compares against the fake g's stack bounds
	"runtime.panic*",               // index out of range, division by zero ...: fatal in kernel context
	"runtime.memmove",              // plain assembler
	"runtime.memclrNoHeapPointers", // plain assembler
	"runtime.memequal*",            // plain assembler
	"runtime.cmpstring",            // plain assembler
	"math/bits.Div64",              // an instruction on amd64, plain Go on arm64
	"yolk/arch.*",                  // names for the functions of
	"yolk/arch/*",                  // these, written for kernel context
	// Read for allocation and blocking: the methods we call only touch ports
	// and registers.
	"github.com/usbarmory/tamago/*",
}

func TestKernelContext(t *testing.T) {
	found := false
	for _, arch := range []string{"amd64", "arm64"} {
		for _, v := range contextViolations(t, arch, contextPackages) {
			t.Error(arch, v)
			found = true
		}
	}
	if found {
		t.Log("kernel context does not allocate, store pointers, block or call into the Go runtime; " +
			"code for goroutines says //yolk:goroutine (kernel/context_test.go)")
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
