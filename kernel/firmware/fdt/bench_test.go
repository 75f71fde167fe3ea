package fdt

import (
	"os"
	"testing"
)

// BenchmarkBoot does what the kernel does with the tree of QEMU's virt machine:
// it opens it and places all devices.
func BenchmarkBoot(b *testing.B) {
	blob, err := os.ReadFile("testdata/virt-gic3-cpu4.dtb")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tree, _ := Open(blob)
		found := 0
		for n, ok := tree.Compatible(Root, "virtio,mmio"); ok; n, ok = tree.Compatible(n, "virtio,mmio") {
			_, ok1 := tree.Address(n, 0)
			_, ok2 := tree.Interrupt(n, 0)
			if ok1 && ok2 {
				found++
			}
		}
		if found != 32 {
			b.Fatal(found)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	blob, err := os.ReadFile("testdata/virt-gic3-cpu4.dtb")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Open(blob)
	}
}
