package kernel_test

import (
	"slices"
	"strings"
	"testing"
)

// A page fault may be of the page in BSS that says whether the processor has atomic
// operations that read and write, arm64HasATOMICS: code that looks there, as such an
// operation of sync/atomic does on arm64, would fault again, and wait for the lock that the
// first fault has. The kernel's locks are assembler, which does not look.
const looksInBSS = "arm64HasATOMICS"

// faultRoots are where the kernel goes in a page fault. The last are called through func
// values.
var faultRoots = []string{"yolk/kernel/mem.Fault", "yolk/kernel/mem.faultObject", "yolk/kernel/mem.copyPage"}

// endsMachine are no way back to a fault.
var endsMachine = []string{"yolk/kernel/smp.Halt", "yolk/kernel/klog.AssertAt"}

// TestFaultsLookNowhere: nothing that a page fault calls looks in BSS for what the processor
// has. That is proven from the machine code, as in TestKernelContext.
func TestFaultsLookNowhere(t *testing.T) {
	needGo(t)
	packages, err := contextPackages()
	if err != nil {
		t.Fatal(err)
	}
	listing := compilerListing(t, "arm64", packages...)
	if found := lookers(listing, faultRoots); len(found) != 0 {
		t.Errorf("in a page fault %v are called, and look at %s", found, looksInBSS)
	}
	for _, root := range faultRoots {
		if !strings.Contains(listing, root+" STEXT ") {
			t.Errorf("there is no %s: the check follows nothing", root)
		}
	}
	if found := lookers(listing, []string{"yolk/kernel/irq.Interrupt"}); !slices.Contains(found, "yolk/kernel/irq.Event.Signal") {
		t.Errorf("an interrupt sets a bit by an atomic operation, and found are %v", found)
	}
}

// lookers returns which of the functions that roots call, and they themselves, look in BSS.
func lookers(listing string, roots []string) (found []string) {
	calls, looks := map[string][]string{}, map[string]bool{}
	fn := ""
	for line := range strings.Lines(listing) {
		if m := function(line); m != nil {
			fn = m[1]
			calls[fn] = nil
		} else if m := call(line); m != nil {
			calls[fn] = append(calls[fn], m[3])
		} else if strings.Contains(line, looksInBSS) {
			looks[fn] = true
		}
	}
	seen := map[string]bool{}
	for _, fn := range endsMachine {
		seen[fn] = true
	}
	for len(roots) > 0 {
		fn, roots = roots[0], roots[1:]
		if seen[fn] {
			continue
		}
		seen[fn] = true
		if looks[fn] {
			found = append(found, fn)
		}
		roots = slices.Concat(roots, calls[fn])
	}
	return found
}
