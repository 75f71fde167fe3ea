// Package arch is the processor that an image is built for, under names that
// all processors share: what arch/amd64 and arch/arm64 both offer. The kernel's
// architecture-neutral files import it; files for one architecture import that
// one's own package as well.
//
//	Frame      registers of an interrupted thread: PC, SP, Flags, and a system
//	           call's Number, A0..A5 and Return
//	Context    a Frame, vector registers (FPSaved, FPArea) and thread-local
//	           storage (TLS)
//	CPU        one processor's private state; This is the one that asks
//	PTE...     page tables: four levels, 4 KiB pages
//	Fault...   why a page fault happened
//	Counter    the clock's ticks, which Clock turns into nanoseconds
//
// It may import the packages below it.
package arch
