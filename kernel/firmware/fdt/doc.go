// Package fdt reads flattened device trees: the description of a machine that
// firmware and emulators hand to the kernel. Written from the Devicetree
// Specification, release v0.4: chapter 5 (the format), 2.3 and 2.4 (standard
// properties, interrupts), chapter 3 (required nodes); and for PCI interrupt
// maps from "PCI Bus Binding to IEEE Std 1275-1994", revision 2.1.
//
//	size, code := fdt.Size(first40bytes)  // how much memory the tree takes
//	tree, code := fdt.Open(blob)          // checks all of it, once
//	for n, ok := tree.Compatible(fdt.Root, "virtio,mmio"); ok; n, ok = tree.Compatible(n, "virtio,mmio") {
//		r, ok := tree.Address(n, 0)   // as the processor sees it
//		irq, ok := tree.Interrupt(n, 0)
//	}
//
// A Tree is slices of the blob and a Node is a number, so that nothing is
// allocated and no pointer kept: the package is kernel-context code and needs no
// initialiser and no BSS. The kernel does not store a Tree; it opens the blob
// again where it needs one. A Tree is for one caller at a time; copies of it are
// independent of each other.
//
// The blob is untrusted. Open refuses one that is not well formed and says why.
// What a well-formed tree says may still be nonsense: a method that cannot make
// sense of a property (too short, numbers that overflow, references that lead
// nowhere or in circles) answers that it is not there. No method panics, and
// all end: each makes a limited number of passes over the tree, whose size is
// limited as well. Most make one, so that loops over an index are for short lists.
//
// It imports nothing.
package fdt
