// Package acpi reads, of the tables by which the firmware of a PC describes it,
// those that name its processors and its power button, and how to switch it off.
// Written from the ACPI Specification 6.5: 5.2.5 (root pointer) to 5.2.9 (FADT),
// 5.2.12 (MADT), 7.4.2.5 (S5).
//
//	tables, code := acpi.Open(memory, rsdp) // the root pointer, from the loader
//	madt, code := tables.MADT()
//	for i := 0; ; i++ {
//		cpu, ok := madt.CPU(i)
//		...
//	}
//
// It is kernel-context code: it allocates nothing, keeps no pointer in the heap
// and needs no initialiser. What it returns is slices of the tables and numbers.
//
// The tables are untrusted, and so are the addresses in them: bytes come from a
// function of the caller that knows what is memory. Each table is checked as a
// whole, length, checksum and entries, before anything of it is used, and is
// refused with a Code that says why.
//
// On QEMU's microvm without ACPI there are no tables; see package fwcfg.
//
// It imports nothing.
package acpi
