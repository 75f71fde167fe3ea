package fdt

import (
	"os"
	"path/filepath"
	"testing"
)

// exercise asks a tree everything.
func exercise(t *Tree) {
	nodes := 0
	for n, ok := Root, true; ok && nodes < 100; n, ok = t.Next(n) {
		nodes++
		t.Name(n)
		t.Enabled(n)
		t.Sibling(n)
		t.Child(n)
		t.Parent(n)
		t.Is(n, "arm,pl011")
		for i := range 3 {
			t.Reg(n, i)
			t.Address(n, i)
			t.Window(n, i)
			t.Interrupt(n, i)
		}
		t.PCIInterrupt(n, 1, 0, 2)
	}
	for i := range 5 {
		t.Memory(i)
		t.Reserved(i)
		t.CPU(i)
	}
	t.PSCI()
	t.Stdout()
	t.Bootargs()
	t.Seed()
	t.Path("serial0/x")
	t.Path("/soc/serial@7e201000")
	t.Compatible(Root, "virtio,mmio")
	t.Phandle(1)
	t.PowerKey()
}

func FuzzOpen(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.dtb")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no trees in testdata")
	}
	for _, s := range seeds {
		blob, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Add(bus(0, 0x1000, 0x10000).seal())
	f.Add(mapTree(1, 0, 5, 1, 0, 6).seal())
	f.Fuzz(func(t *testing.T, blob []byte) {
		tree, code := Open(blob)
		if code == OK {
			exercise(&tree)
			return
		}
		if code.Error() == "device tree: unknown error" {
			t.Errorf("code %d has no text", code)
		}
	})
}

// FuzzStructure fuzzes what is inside, so that no input is lost to the header.
func FuzzStructure(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/*.dtb")
	for _, s := range seeds {
		blob, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		tree, code := Open(blob)
		if code != OK {
			f.Fatal(code)
		}
		f.Add(tree.structure, tree.strings)
	}
	f.Fuzz(func(t *testing.T, structure, strings []byte) {
		for len(structure)%4 != 0 {
			structure = append(structure, 0)
		}
		b := &builder{structure: structure, strings: strings}
		if tree, code := Open(b.blob()); code == OK {
			exercise(&tree)
		}
	})
}
