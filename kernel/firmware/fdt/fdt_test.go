package fdt

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// open reads a tree of testdata.
func open(t testing.TB, name string) Tree {
	t.Helper()
	blob, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	tree, code := Open(blob)
	if code != OK {
		t.Fatalf("%s: %v", name, code)
	}
	return tree
}

// at finds a node that must be there.
func at(t testing.TB, tree *Tree, path string) Node {
	t.Helper()
	n, ok := tree.Path(path)
	if !ok {
		t.Fatalf("no node %s", path)
	}
	return n
}

func wantRange(t *testing.T, what string, r Range, ok bool, addr, size uint64) {
	t.Helper()
	if !ok || r != (Range{addr, size}) {
		t.Errorf("%s: %#x %v, want %#x", what, r, ok, Range{addr, size})
	}
}

// TestVirt looks for what the kernel needs of QEMU's virt machine.
func TestVirt(t *testing.T) {
	for _, c := range []struct {
		file string
		gic  string
		cpus int
	}{
		{"virt-gic2-cpu1.dtb", "arm,cortex-a15-gic", 1},
		{"virt-gic2-cpu4.dtb", "arm,cortex-a15-gic", 4},
		{"virt-gic3-cpu1.dtb", "arm,gic-v3", 1},
		{"virt-gic3-cpu4.dtb", "arm,gic-v3", 4},
	} {
		t.Run(c.file, func(t *testing.T) {
			tree := open(t, c.file)
			r, ok := tree.Memory(0)
			wantRange(t, "memory", r, ok, 0x40000000, 256<<20)
			if r, ok := tree.Memory(1); ok {
				t.Errorf("a second range of memory: %#x", r)
			}
			if r, ok := tree.Reserved(0); ok {
				t.Errorf("reserved: %#x", r)
			}
			uart, options, ok := tree.Stdout()
			if !ok || len(options) != 0 || !tree.Is(uart, "arm,pl011") {
				t.Errorf("stdout: %v %q", ok, options)
			}
			r, ok = tree.Address(uart, 0)
			wantRange(t, "uart", r, ok, 0x9000000, 0x1000)
			gic, ok := tree.Compatible(Root, c.gic)
			if !ok {
				t.Fatalf("no %s", c.gic)
			}
			irq, ok := tree.Interrupt(uart, 0)
			if want := (Interrupt{gic, [4]uint32{0, 1, 4}, 3}); !ok || irq != want {
				t.Errorf("interrupt %v, want %v", irq, want)
			}
			r, ok = tree.Address(gic, 0)
			wantRange(t, "distributor", r, ok, 0x8000000, 0x10000)
			if tree.PSCI() != ConduitHVC {
				t.Error("PSCI is not called by HVC")
			}
			checkVirtCPUs(t, &tree, c.cpus)
			checkVirtio(t, &tree, gic)
			checkPCI(t, &tree, gic)
			if seed, ok := tree.Seed(); !ok || len(seed) != 32 {
				t.Errorf("seed of %d bytes", len(seed))
			}
		})
	}
}

func checkVirtCPUs(t *testing.T, tree *Tree, n int) {
	for i := range n {
		cpu, ok := tree.CPU(i)
		if !ok || cpu.ID != uint64(i) || (cpu.Method == MethodPSCI) != (n > 1) || !tree.Is(cpu.Node, "arm,cortex-a53") {
			t.Errorf("CPU %d: %v %v", i, cpu, ok)
		}
	}
	if cpu, ok := tree.CPU(n); ok {
		t.Errorf("CPU %d of %d: %v", n, n, cpu)
	}
}

func checkVirtio(t *testing.T, tree *Tree, gic Node) {
	count := 0
	for n, ok := tree.Compatible(Root, "virtio,mmio"); ok; n, ok = tree.Compatible(n, "virtio,mmio") {
		r, ok := tree.Address(n, 0)
		irq, ok2 := tree.Interrupt(n, 0)
		slot := (r.Addr - 0xa000000) / 0x200
		if !ok || !ok2 || r.Size != 0x200 || irq.Controller != gic || uint64(irq.Cells[1]) != 16+slot {
			t.Errorf("virtio-mmio at %#x: %v", r, irq)
		}
		count++
	}
	if count != 32 {
		t.Errorf("%d virtio-mmio places, want 32", count)
	}
}

func checkPCI(t *testing.T, tree *Tree, gic Node) {
	host, ok := tree.Compatible(Root, "pci-host-ecam-generic")
	if !ok {
		t.Fatal("no PCI host")
	}
	r, ok := tree.Address(host, 0)
	wantRange(t, "ECAM", r, ok, 0x4010000000, 0x10000000)
	for i, want := range []Window{
		{0x1000000, 0, Range{0x3eff0000, 0x10000}},
		{0x2000000, 0x10000000, Range{0x10000000, 0x2eff0000}},
		{0x3000000, 0x8000000000, Range{0x8000000000, 0x8000000000}},
	} {
		if w, ok := tree.Window(host, i); !ok || w != want {
			t.Errorf("window %d: %#x, want %#x", i, w, want)
		}
	}
	if w, ok := tree.Window(host, 3); ok {
		t.Errorf("a window too many: %#x", w)
	}
	for device := range uint8(8) {
		for pin := uint8(1); pin <= 4; pin++ {
			irq, ok := tree.PCIInterrupt(host, device, 0, pin)
			want := Interrupt{gic, [4]uint32{0, 3 + (uint32(device)+uint32(pin)-1)%4, 4}, 3}
			if !ok || irq != want {
				t.Errorf("device %d pin %d: %v %v, want %v", device, pin, irq, ok, want)
			}
		}
	}
	if _, ok := tree.PCIInterrupt(host, 0, 0, 5); ok {
		t.Error("pin 5 has an interrupt")
	}
	if _, ok := tree.PCIInterrupt(gic, 0, 0, 1); ok {
		t.Error("the GIC is a PCI host")
	}
}

func TestRaspberryPi(t *testing.T) {
	tree := open(t, "rpi3.dtb")
	if !tree.Is(Root, "brcm,bcm2837") {
		t.Error("the root is not a bcm2837")
	}
	uart, options, ok := tree.Stdout()
	if !ok || string(options) != "115200n8" || !tree.Is(uart, "brcm,bcm2835-aux-uart") {
		t.Errorf("stdout: %v %q", ok, options)
	}
	if args, ok := tree.Bootargs(); !ok || string(args) != "log=debug -- -addr :80" {
		t.Errorf("bootargs %q", args)
	}
	if pl011 := at(t, &tree, "serial0"); tree.Enabled(pl011) || !tree.Enabled(uart) {
		t.Error("the wrong UART is enabled")
	}
	r, ok := tree.Address(uart, 0)
	wantRange(t, "mini UART", r, ok, 0x3f215040, 0x40)
	r, ok = tree.Reg(uart, 0)
	wantRange(t, "mini UART on its bus", r, ok, 0x7e215040, 0x40)
	watchdog := at(t, &tree, "/soc/watchdog")
	r, ok = tree.Address(watchdog, 1)
	wantRange(t, "second of two", r, ok, 0x3f00a000, 0x24)
	if r, ok := tree.Address(watchdog, 2); ok {
		t.Errorf("third of two: %#x", r)
	}
	for _, n := range []string{"/soc/outside", "/soc/across", "/soc/usb/hub", "/cpus/cpu@0", "/timer", "/"} {
		if r, ok := tree.Address(at(t, &tree, n), 0); ok {
			t.Errorf("%s has the address %#x", n, r)
		}
	}
	r, ok = tree.Memory(0)
	wantRange(t, "memory", r, ok, 0, 0x3b400000)
	r, ok = tree.Reserved(0)
	wantRange(t, "reserved", r, ok, 0, 0x1000)
	r, ok = tree.Reserved(1)
	wantRange(t, "reserved", r, ok, 0x3b300000, 0x100000)
	if r, ok := tree.Reserved(2); ok {
		t.Errorf("reserved: %#x", r)
	}
	if tree.PSCI() != ConduitNone {
		t.Error("PSCI")
	}
	ethernet := at(t, &tree, "ethernet0")
	if mac, ok := tree.Prop(ethernet, "local-mac-address"); !ok || !bytes.Equal(mac, []byte{0xb8, 0x27, 0xeb, 1, 2, 3}) {
		t.Errorf("mac %x", mac)
	}
}

func TestRaspberryPiInterrupts(t *testing.T) {
	tree := open(t, "rpi3.dtb")
	gpu, local := at(t, &tree, "/soc/interrupt-controller"), at(t, &tree, "/soc/local_intc")
	for _, c := range []struct {
		node string
		i    int
		want Interrupt
	}{
		{"/soc/usb", 0, Interrupt{gpu, [4]uint32{1, 9}, 2}},
		{"/soc/timer", 3, Interrupt{gpu, [4]uint32{1, 3}, 2}},
		{"/timer", 1, Interrupt{local, [4]uint32{1, 4}, 2}},
		{"/soc/interrupt-controller", 0, Interrupt{local, [4]uint32{8, 4}, 2}},
		{"/both", 0, Interrupt{local, [4]uint32{9, 4}, 2}},
		{"/both", 1, Interrupt{gpu, [4]uint32{2, 7}, 2}},
	} {
		if irq, ok := tree.Interrupt(at(t, &tree, c.node), c.i); !ok || irq != c.want {
			t.Errorf("%s interrupt %d: %v %v, want %v", c.node, c.i, irq, ok, c.want)
		}
	}
	for node, i := range map[string]int{"/soc/usb": 1, "/timer": -1, "/both": 2, "/chosen": 0} {
		if irq, ok := tree.Interrupt(at(t, &tree, node), i); ok {
			t.Errorf("%s interrupt %d: %v", node, i, irq)
		}
	}
}

func TestRaspberryPiCPUs(t *testing.T) {
	tree := open(t, "rpi3.dtb")
	for i, want := range []CPU{
		{0, 0, MethodSpinTable, 0xd8},
		{0, 1, MethodSpinTable, 0xe0},
		{0, 3, MethodOther, 0}, // 2 has failed, 3 is asleep
	} {
		cpu, ok := tree.CPU(i)
		cpu.Node = 0
		if !ok || cpu != want {
			t.Errorf("CPU %d: %v, want %v", i, cpu, want)
		}
	}
	if cpu, ok := tree.CPU(3); ok {
		t.Errorf("a CPU too many: %v", cpu)
	}
}

func TestWalk(t *testing.T) {
	tree := open(t, "rpi3.dtb")
	var names []string
	for n, ok := tree.Child(Root); ok; n, ok = tree.Sibling(n) {
		names = append(names, string(tree.Name(n)))
		if p, ok := tree.Parent(n); !ok || p != Root {
			t.Errorf("parent of %s is not the root", tree.Name(n))
		}
	}
	if got := strings.Join(names, " "); got != "aliases chosen memory@0 reserved-memory soc timer both cpus" {
		t.Errorf("children of the root: %s", got)
	}
	if _, ok := tree.Parent(Root); ok {
		t.Error("the root has a parent")
	}
	if _, ok := tree.Sibling(Root); ok {
		t.Error("the root has a sibling")
	}
	hub := at(t, &tree, "/soc/usb@7e980000/hub@1")
	if p, _ := tree.Parent(at(t, &tree, "ethernet0")); p != hub {
		t.Errorf("parent of the card is %s", tree.Name(p))
	}
	if tree.Name(hub+1) != nil {
		t.Error("a name of what is no node")
	}
	if _, ok := tree.Parent(hub + 4); ok {
		t.Error("a parent of what is no node")
	}
}

func TestPath(t *testing.T) {
	tree := open(t, "rpi3.dtb")
	for p, want := range map[string]string{
		"/":                              "",
		"/soc":                           "soc",
		"//soc/":                         "soc",
		"/soc/serial":                    "serial@7e201000",
		"/soc/serial@7e215040":           "serial@7e215040",
		"serial1":                        "serial@7e215040",
		"ethernet0/":                     "ethernet@1",
		"/soc/usb@7e980000/hub/ethernet": "ethernet@1",
	} {
		if n, ok := tree.Path(p); !ok || string(tree.Name(n)) != want {
			t.Errorf("%q is %q %v, want %q", p, tree.Name(n), ok, want)
		}
	}
	for _, p := range []string{"", "soc", "/so", "/soc/serial@7e20100", "loop", "loop/loop", "/soc//x", "serial2"} {
		if n, ok := tree.Path(p); ok {
			t.Errorf("%q is %q", p, tree.Name(n))
		}
	}
}

func TestAllocations(t *testing.T) {
	blob, err := os.ReadFile("testdata/virt-gic3-cpu4.dtb")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(10, func() {
		if tree, code := Open(blob); code == OK {
			exercise(&tree)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
