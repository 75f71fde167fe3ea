package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A rule says what the packages below a folder may import of this module and
// from other modules. The standard library is open to all but kernel context,
// which kernel/context_test.go checks call by call. The first rule whose
// folder holds the package counts.
type rule struct {
	folder string   // "kernel/mem": that package and all below it
	ours   []string // folders of this module
	theirs []string // other modules, by prefix
}

const (
	tamago = "github.com/usbarmory/tamago/"
	gvisor = "gvisor.dev/gvisor/pkg/"
)

var rules = []rule{
	{"arch", []string{"arch"}, nil},

	{"kernel/abi", nil, nil},
	{"kernel/firmware/acpi", nil, nil},
	{"kernel/alloc", []string{"kernel/alloc"}, nil},
	{"kernel/bootinfo", nil, nil},
	{"kernel/cmdline", nil, nil},
	{"kernel/entropy", nil, nil},
	{"kernel/firmware/fdt", nil, nil},
	{"kernel/firmware/fwcfg", nil, nil},
	{"kernel/posix/printonly", []string{"kernel/abi"}, nil},
	{"kernel/firmware/atags", nil, nil},
	{"kernel/chip/bcm2837/tree", nil, nil},
	{"kernel/chip/gic", []string{"kernel/abi", "arch"}, nil},
	{"kernel/chip/lapic", []string{"arch"}, nil},
	{"kernel/machine/machinetest", []string{"arch", "kernel/chip/uart", "kernel/machine"}, nil},
	{"kernel/machine", []string{"arch", "kernel/abi", "kernel/chip/uart", "kernel/firmware/fdt"}, nil},
	{"kernel/smp", []string{"kernel/abi", "arch", "kernel/chip/lapic", "kernel/machine"}, nil},
	{"kernel/klog", []string{"kernel/cmdline", "kernel/machine", "kernel/smp"}, nil},
	{"kernel/chip/bcm2837/bcm2837test", []string{"arch/mmio", "kernel/chip/bcm2837"}, nil},
	{"kernel/chip/bcm2837", []string{"arch/mmio"}, nil},
	{"kernel/chip/uart", []string{"arch"}, nil},
	{"kernel/chip/button", []string{"arch/mmio", "kernel/firmware/acpi"}, nil},
	{"kernel/shutdown", []string{"arch", "kernel/klog", "kernel/machine", "kernel/mem", "kernel/sched", "kernel/smp"}, nil},
	{"kernel/clock", []string{"arch", "kernel/chip/lapic"}, []string{tamago}},
	{"kernel/mem", []string{"kernel/abi", "arch", "kernel/alloc", "kernel/klog", "kernel/smp"}, nil},
	{"kernel/sched", []string{"kernel/abi", "arch", "kernel/clock", "kernel/klog", "kernel/mem", "kernel/smp"}, nil},
	{"kernel/irq", []string{"arch", "kernel/abi", "kernel/chip/gic", "kernel/chip/lapic", "kernel/machine", "kernel/sched", "kernel/smp"}, []string{tamago}},
	{"kernel/syscalls", []string{"kernel/abi", "arch", "kernel/bootinfo", "kernel/clock", "kernel/entropy", "kernel/firmware/fwcfg", "kernel/irq", "kernel/klog", "kernel/machine", "kernel/mem", "kernel/sched", "kernel/shutdown", "kernel/smp"}, nil},
	{"kernel/posix/device", []string{"kernel/abi"}, nil},
	{"kernel/posix/hostfs", []string{"kernel/posix/ninep", "kernel/posix/ramfs"}, nil},
	{"kernel/posix/ninep", []string{"kernel/posix/ninep"}, nil},
	{"kernel/posix/ramfs", []string{"kernel/posix/ramfs"}, nil},
	{"kernel/posix/file", []string{"kernel/abi", "kernel/posix/file", "kernel/bootinfo", "kernel/posix/ramfs"}, nil},
	{"kernel/posix/socket", []string{"kernel/posix/socket", "kernel/posix/file", "kernel/posix/netmem"}, []string{gvisor, "github.com/insomniacslk/dhcp/"}},
	{"kernel/boot", []string{"arch", "kernel/abi", "kernel/bootinfo", "kernel/chip/button", "kernel/chip/lapic", "kernel/clock", "kernel/cmdline", "kernel/firmware", "kernel/irq", "kernel/klog", "kernel/machine", "kernel/mem", "kernel/sched", "kernel/shutdown", "kernel/smp", "kernel/syscalls"}, nil},
	{"kernel/trap", []string{"arch", "kernel/boot", "kernel/clock", "kernel/irq", "kernel/klog", "kernel/machine", "kernel/mem", "kernel/sched", "kernel/shutdown", "kernel/smp", "kernel/syscalls"}, nil},
	{"kernel/kerneltest", []string{"arch", "kernel", "boot/child"}, nil},
	{"kernel", nil, nil},

	{"netdev/netbuf", []string{"kernel/abi/assert"}, nil},
	{"netdev/netstack/flowtable", nil, nil},
	{"netdev/netstack", []string{"netdev"}, []string{gvisor}},
	{"netdev/relay/transfer", nil, nil},
	{"netdev/relay", []string{"netdev"}, []string{gvisor}},
	{"netdev", []string{"netdev", "kernel/abi/assert"}, nil},
	{"drivers/usb/smsc95xx/lan9514", nil, nil},
	{"drivers/usb/usbnet", []string{"drivers/usb", "netdev"}, nil},
	{"drivers/usb/smsc95xx", []string{"drivers/usb", "netdev"}, nil},
	{"drivers/usb/cdcecm", []string{"drivers/usb", "netdev"}, nil},
	{"drivers/virtio/virtiotest", []string{"drivers", "netdev", "boot/child"}, nil},
	{"drivers", []string{"drivers", "netdev", "kernel", "arch"}, []string{tamago}},
	{"plat/kvm/machine", []string{"arch", "kernel/boot", "kernel/chip/gic", "kernel/chip/uart", "kernel/firmware", "kernel/irq", "kernel/machine", "kernel/mem"}, nil},
	{"plat/rpi3/machine", []string{"arch", "kernel/boot", "kernel/chip/bcm2837", "kernel/chip/uart", "kernel/firmware", "kernel/irq", "kernel/klog", "kernel/machine", "kernel/mem"}, nil},
	{"plat/linuxu", []string{"plat/linuxu", "netdev"}, []string{"golang.org/x/sys/"}},
	{"plat/metrics", nil, nil},
	{"plat", []string{"plat", "drivers", "netdev", "kernel", "arch"}, []string{tamago, gvisor}},

	// Programs are ordinary Go: nothing of Yolk but the packet API.
	{"apps", []string{"apps", "netdev"}, nil},

	// Host-side code shares the command line's quoting and options with the kernel.
	{"boot/child", nil, nil},
	{"boot/vmm", nil, nil},
	// A machine's model of a chip is host-side code as well.
	{"boot/usbredir", []string{"drivers/usb/smsc95xx/lan9514"}, nil},
	{"boot", []string{"boot", "kernel/abi", "kernel/cmdline", "netdev", "drivers/usb/smsc95xx/lan9514"}, []string{"*"}},
	{"scripts", []string{"scripts", "boot", "kernel/abi", "kernel/cmdline", "kernel/posix/file", "netdev/relay"}, []string{"*"}},
}

func TestImports(t *testing.T) {
	for _, tags := range []string{"", "yolk"} {
		out, err := exec.Command("go", "list", "-e", "-tags", tags, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "yolk/...").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			f := strings.Fields(line)
			check(t, strings.TrimPrefix(f[0], "yolk/"), f[1:])
		}
	}
}

func check(t *testing.T, pkg string, imports []string) {
	i := slices.IndexFunc(rules, func(r rule) bool { return below(pkg, r.folder) })
	if i < 0 {
		t.Errorf("%s: no rule for this folder; add it to the table on purpose", pkg)
		return
	}
	r := rules[i]
	for _, imp := range imports {
		ours, isOurs := strings.CutPrefix(imp, "yolk/")
		switch {
		case isOurs && !slices.ContainsFunc(r.ours, func(f string) bool { return below(ours, f) }):
			t.Errorf("%s imports %s; packages below %s may import %v", pkg, imp, r.folder, r.ours)
		case !isOurs && external(imp) && !slices.ContainsFunc(r.theirs, func(m string) bool { return m == "*" || strings.HasPrefix(imp, m) }):
			t.Errorf("%s imports %s; packages below %s may import from elsewhere only %v", pkg, imp, r.folder, r.theirs)
		}
	}
}

// TestKernelLog: package klog's lines hold a lock for which the kernel waits with
// interrupts off. A goroutine that lost its processor inside one would stop the
// machine: no code for goroutines may write one. A platform's folder machine has none.
func TestKernelLog(t *testing.T) {
	for _, folder := range []string{"plat", "drivers", "netdev", "apps", "kernel/posix/file", "kernel/posix/socket", "kernel/posix/device", "kernel/posix/printonly"} {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || filepath.Base(filepath.Dir(path)) == "machine" {
				return err
			}
			src, err := os.ReadFile(path)
			for _, call := range []string{"klog.Line(", "klog.Last(", "klog.Write("} {
				if bytes.Contains(src, []byte(call)) {
					t.Errorf("%s calls %s), which is for kernel context; goroutines print", path, call)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// external reports whether an import path is neither ours nor the standard
// library's: the first element of other modules is a domain.
func external(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// TestImportsFinds checks the checker.
func TestImportsFinds(t *testing.T) {
	for _, c := range []struct{ pkg, imp string }{
		{"kernel/mem", "yolk/kernel/sched"},
		{"netdev", "yolk/drivers/virtio"},
		{"apps/httpd", "yolk/kernel/boot"},
		{"kernel/boot", "yolk/kernel/trap"},
		{"kernel/sched", "example.com/x"},
		{"nowhere", "fmt"},
	} {
		var probe testing.T
		check(&probe, c.pkg, []string{c.imp})
		if !probe.Failed() {
			t.Errorf("%s may import %s", c.pkg, c.imp)
		}
	}
}
