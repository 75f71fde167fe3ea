package tree

import (
	"os/exec"
	"testing"

	"yolk/kernel/firmware/fdt"
)

// TestCompiled compares the blob with what the compiler makes of the source.
func TestCompiled(t *testing.T) {
	dtc, err := exec.LookPath("dtc")
	if err != nil {
		t.Skip("needs dtc, of the package device-tree-compiler")
	}
	out, err := exec.Command(dtc, "-O", "dtb", "rpi3.dts").Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != Blob {
		t.Error("rpi3.dtb is not rpi3.dts compiled: run dtc -O dtb -o rpi3.dtb rpi3.dts")
	}
}

// TestTells asks the tree what the kernel asks.
func TestTells(t *testing.T) {
	d, code := fdt.Open([]byte(Blob))
	if code != fdt.OK {
		t.Fatal(code)
	}
	for i, release := range []uint64{0xd8, 0xe0, 0xe8, 0xf0} {
		cpu, ok := d.CPU(i)
		if !ok || cpu.ID != uint64(i) || cpu.Method != fdt.MethodSpinTable || cpu.Release != release {
			t.Errorf("CPU %d: %+v, %v", i, cpu, ok)
		}
	}
	if _, ok := d.CPU(4); ok {
		t.Error("a fifth CPU")
	}
	if r, ok := d.Reserved(0); !ok || r != (fdt.Range{Addr: 0, Size: 0x1000}) {
		t.Errorf("reserved %+v, %v", r, ok)
	}
	n, options, ok := d.Stdout()
	if r, has := d.Address(n, 0); !ok || !has || r.Addr != 0x3f201000 || string(options) != "115200n8" {
		t.Errorf("stdout at %+v, %q", r, options)
	}
	for compatible, want := range map[string]struct {
		base uint64
		irq  [2]uint32
	}{
		"brcm,bcm2836-armctrl-ic":   {0x3f00b200, [2]uint32{8, 4}},
		"brcm,bcm2835-system-timer": {0x3f003000, [2]uint32{1, 0}},
		"brcm,bcm2835-mbox":         {0x3f00b880, [2]uint32{0, 1}},
		"brcm,bcm2835-rng":          {0x3f104000, [2]uint32{2, 29}},
		"arm,pl011":                 {0x3f201000, [2]uint32{2, 25}},
		"brcm,bcm2835-aux-uart":     {0x3f215040, [2]uint32{1, 29}},
		"brcm,bcm2835-usb":          {0x3f980000, [2]uint32{1, 9}},
	} {
		n, ok := d.Compatible(fdt.Root, compatible)
		r, has := d.Address(n, 0)
		irq, wired := d.Interrupt(n, 0)
		if !ok || !has || !wired || r.Addr != want.base || [2]uint32(irq.Cells[:2]) != want.irq {
			t.Errorf("%s at %+v, interrupt %+v", compatible, r, irq)
		}
	}
}
