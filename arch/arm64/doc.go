// Package arm64 is the AArch64 processor: how an image is entered, how traps
// reach the kernel and how threads are resumed, the page-table format, and the
// instructions Go cannot express. Together with arch/amd64 it holds the only
// assembler of Yolk.
//
// Everything runs at EL1, threads on SP_EL0 (the architecture's EL1t) and the
// kernel on SP_EL1 (EL1h). Every exception from a thread switches to SP_EL1 in
// hardware, and that points at the thread's Context: the entry code needs no
// scratch register and no room on a goroutine's stack. A thread enters the
// kernel through SVC (the Go runtime's own instructions), a fault or an
// interrupt; each entry saves its registers in its Context, runs one Go function
// on the CPU's kernel stack, and leaves by resuming whichever Context the CPU
// then names. Inside the kernel interrupts are masked and a fault nests on the
// kernel stack.
//
// Vector registers are the 32 of Advanced SIMD. SVE and SME trap (CPACR_EL1),
// pointer authentication and memory tags are off (SCTLR_EL1), so their state
// needs no saving; Go uses none of them.
//
// Sources: Arm Architecture Reference Manual for A-profile, DDI 0487J (cited by
// section); Procedure Call Standard, IHI 0055; Linux
// Documentation/arch/arm64/booting.rst; Power State Coordination Interface,
// DEN 0022.
//
// It may import unsafe and arch/mmio only.
package arm64
