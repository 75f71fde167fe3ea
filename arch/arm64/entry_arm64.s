#include "textflag.h"

// Where the image is linked, and where it lies from a multiple of 2 MiB.
#define LINK_BASE	0x100000000
#define IMAGE_OFFSET	0x80000
#define TEXT_OFFSET	0x81000	// of runtime.text: a page of headers comes first

// The page tables of the boot sequence, from LINK_BASE's physical address.
#define BOOT_TABLES	0x70000
#define BOOT_L0		0x70000	// both halves' top tables, 2 KiB each
#define BOOT_LOW	0x71000
#define BOOT_HIGH	0x72000
#define BOOT_L2		0x73000
#define BOOT_END	0x74000
#define BOOT_STACK	0x80000	// grows down

#define DIRECT		0xffff800000000000	// kernel/mem

// 1 GiB and 2 MiB blocks that are accessed and belong to one address space.
// Normal memory is inner shareable and executable at EL1, devices are neither.
#define BLOCK_NORMAL	0x40000000000f01
#define BLOCK_DEVICE	0x60000000000c05

#define MAIR	0x04ff	// 0: normal, write-back; 1: device nGnRE (D19.2.97)
// Both halves 47 bits, 4 KiB granule, walks cached and inner shareable (D19.2.139).
#define TCR	0xb5113511
// Reserved-one bits, SPAN (no automatic PAN); then also MMU and caches on
// (D19.2.128). Pointer authentication, tags and alignment checks are off.
#define SCTLR_OFF	0x30d00800
#define SCTLR_ON	0x30d01805

#define DSB_SY		WORD $0xd5033f9f
#define TLBI_VMALLE1	WORD $0xd508871f
#define IC_IALLU	WORD $0xd508751f
#define DC_IVAC_R0	WORD $0xd5087620

// entry is where a loader enters: MMU off, at any multiple of 1 GiB plus
// IMAGE_OFFSET, at EL1 or EL2, R0 = physical address of the device tree. Until
// the MMU is on, MOVD $symbol gives physical addresses, because it is relative to
// the program counter.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MSR	$15, DAIFSet
	MOVD	R0, R19
	BL	toEL1<>(SB)
	MOVD	$runtime·text(SB), R20
	SUB	$TEXT_OFFSET, R20	// LINK_BASE's physical address
	BL	makeTables<>(SB)
	BL	mmuOn<>(SB)

	MOVD	$LINK_BASE, R0
	SUB	R20, R0
	MOVD	R0, ·imageShift(SB)
	MOVD	$·BootCPU(SB), R21
	MOVD	R21, 0(R21)
	ADD	$64, R21, R0	// CPU.g
	MOVD	R0, 24(R21)
	MOVD	$(DIRECT+BOOT_STACK), R0
	ADD	R20, R0
	BL	cpuInit<>(SB)
	MOVD	R19, R0
	MOVD	·bootFn(SB), R26
	MOVD	(R26), R1
	CALL	(R1)
	B	·resume(SB)

// secondary is where PSCI's CPU_ON enters: MMU off, R0 = address of a CPU. It
// reads no memory before the caches are on.
TEXT ·secondary(SB),NOSPLIT|NOFRAME,$0
	MSR	$15, DAIFSet
	MOVD	R0, R21
	BL	toEL1<>(SB)
	MOVD	$runtime·text(SB), R20
	SUB	$TEXT_OFFSET, R20
	BL	mmuOn<>(SB)
	MOVD	·kernelRoot(SB), R0
	BL	·switchTables(SB)
	MOVD	16(R21), R0	// CPU.StackTop
	BL	cpuInit<>(SB)
	MOVD	R21, R0
	MOVD	·secondaryFn(SB), R26
	MOVD	(R26), R1
	CALL	(R1)
	B	·resume(SB)

// park is where a processor comes that leaves the spin table: MMU off. It waits
// for an interrupt, which stays masked and pending, and for its CPU, and then goes
// on as secondary.
TEXT ·park(SB),NOSPLIT|NOFRAME,$0
	MSR	$15, DAIFSet
	BL	toEL1<>(SB)
	MRS	MPIDR_EL1, R1
	AND	$3, R1
	MOVD	$·parked(SB), R2
wait:
	WFI
	MOVD	(R2)(R1<<3), R0
	CBZ	R0, wait
	B	·secondary(SB)

// cpuInit gives the processor its CPU (R21), vectors, g and stack (R0).
TEXT cpuInit<>(SB),NOSPLIT|NOFRAME,$0
	SUB	$64, R0	// the callee's spill space for register arguments
	MOVD	R0, RSP
	MSR	R21, TPIDR_EL1
	MOVD	$·vectors(SB), R0
	MSR	R0, VBAR_EL1
	ISB	$15
	MOVD	24(R21), g
	MOVD	$0, R29
	RET

// toEL1 returns at EL1 with the MMU off and vector registers usable. From EL2 it
// first lets EL1 have everything: timers, floating point, the GIC, debug
// registers, pointer authentication keys and fine-grained traps.
TEXT toEL1<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	$SCTLR_OFF, R0
	MSR	R0, SCTLR_EL1
	MOVD	$(3<<20), R0	// FPEN; SVE and SME trap
	MSR	R0, CPACR_EL1
	ISB	$15
	MRS	CurrentEL, R1
	CMP	$(2<<2), R1
	BNE	el1
	MOVD	$(1<<31|1<<40|1<<41), R0	// RW, APK, API
	WORD	$0xd51c1100	// MSR HCR_EL2, R0
	MOVD	$3, R0	// EL1PCTEN, EL1PCEN
	WORD	$0xd51ce100	// MSR CNTHCTL_EL2, R0
	WORD	$0xd51ce07f	// MSR CNTVOFF_EL2, ZR
	MOVD	$0x33ff, R0	// reserved ones, no trap of floating point
	WORD	$0xd51c1140	// MSR CPTR_EL2, R0
	WORD	$0xd51c117f	// MSR HSTR_EL2, ZR
	WORD	$0xd51c211f	// MSR VTTBR_EL2, ZR
	WORD	$0xd51c113f	// MSR MDCR_EL2, ZR
	MRS	MIDR_EL1, R0
	WORD	$0xd51c0000	// MSR VPIDR_EL2, R0
	MRS	MPIDR_EL1, R0
	WORD	$0xd51c00a0	// MSR VMPIDR_EL2, R0
	MRS	ID_AA64MMFR0_EL1, R0
	LSR	$56, R0
	AND	$15, R0
	CBZ	R0, noFGT
	WORD	$0xd51c119f	// MSR HFGRTR_EL2, ZR
	WORD	$0xd51c11bf	// MSR HFGWTR_EL2, ZR
	WORD	$0xd51c11df	// MSR HFGITR_EL2, ZR
	WORD	$0xd51c319f	// MSR HDFGRTR_EL2, ZR
	WORD	$0xd51c31bf	// MSR HDFGWTR_EL2, ZR
noFGT:
	MRS	ID_AA64PFR0_EL1, R0
	LSR	$24, R0
	AND	$15, R0
	CBZ	R0, noGIC
	MOVD	$15, R0	// system registers, for EL1 too
	WORD	$0xd51cc9a0	// MSR ICC_SRE_EL2, R0
	ISB	$15
noGIC:
	MOVD	$0x3c5, R0	// EL1h, all masked
	WORD	$0xd51c4000	// MSR SPSR_EL2, R0
	WORD	$0xd51c403e	// MSR ELR_EL2, R30
	ERET
el1:
	MSR	$1, SPSel
	RET

// makeTables writes the page tables of the boot sequence:
//
//	R20 + 1 GiB      at its own address, for the instruction that turns the MMU on
//	                 at LINK_BASE, where the image runs
//	                 at DIRECT + R20
//	devices          at DIRECT + address: the first GiB, or on a machine whose RAM
//	                 begins at 0 (BCM2837) its last 16 MiB and the second GiB
//
// The memory is written past the caches, so they must neither hold old contents
// nor write any back: they are invalidated before and after (D7.5.9).
TEXT makeTables<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	LR, R15
	BL	invalidate<>(SB)
	ADD	$BOOT_TABLES, R20, R0
	ADD	$BOOT_END, R20, R1
clear:
	STP.P	(ZR, ZR), 16(R0)
	CMP	R1, R0
	BLO	clear

	ADD	$BOOT_L0, R20, R0
	ADD	$BOOT_LOW, R20, R1
	ADD	$BOOT_HIGH, R20, R2
	ADD	$BOOT_L2, R20, R3
	ORR	$3, R1, R4
	MOVD	R4, (R0)
	ORR	$3, R2, R4
	MOVD	R4, 2048(R0)
	MOVD	$BLOCK_NORMAL, R5
	MOVD	$BLOCK_DEVICE, R6
	CBZ	R20, low

	ORR	R5, R20, R4
	MOVD	R6, (R2)	// devices in the first GiB
	B	link

low:	// RAM begins at 0: 2 MiB blocks, the last eight of them devices
	MOVD	$0, R7
next:
	LSL	$21, R7, R8
	CMP	$504, R7
	BHS	device
	ORR	R5, R8
	B	store
device:
	ORR	R6, R8
store:
	MOVD	R8, (R3)(R7<<3)
	ADD	$1, R7
	CMP	$512, R7
	BLO	next
	ORR	$3, R3, R4
	MOVD	$0x40000000, R8
	ORR	R6, R8
	MOVD	R8, 8(R2)

link:
	LSR	$30, R20, R7
	MOVD	R4, (R1)(R7<<3)
	MOVD	R4, (R2)(R7<<3)
	MOVD	R4, 32(R1)	// LINK_BASE
	DSB_SY
	BL	invalidate<>(SB)
	RET	(R15)

// invalidate drops the tables' addresses from the caches.
TEXT invalidate<>(SB),NOSPLIT|NOFRAME,$0
	MRS	CTR_EL0, R2	// DminLine: log2 of a line's words
	UBFX	$16, R2, $4, R2
	MOVD	$4, R3
	LSL	R2, R3
	ADD	$BOOT_TABLES, R20, R0
	ADD	$BOOT_END, R20, R1
line:
	DC_IVAC_R0
	ADD	R3, R0
	CMP	R1, R0
	BLO	line
	DSB_SY
	RET

// mmuOn turns MMU and caches on and returns to where LR is linked.
TEXT mmuOn<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	$MAIR, R0
	MSR	R0, MAIR_EL1
	MRS	ID_AA64MMFR0_EL1, R1	// physical addresses, up to 48 bits
	AND	$15, R1
	CMP	$5, R1
	BLS	size
	MOVD	$5, R1
size:
	MOVD	$TCR, R0
	ORR	R1<<32, R0
	MSR	R0, TCR_EL1
	ADD	$BOOT_L0, R20, R0
	MSR	R0, TTBR0_EL1
	ADD	$2048, R0
	MSR	R0, TTBR1_EL1
	ISB	$15
	TLBI_VMALLE1
	IC_IALLU
	DSB_SY
	ISB	$15
	MOVD	$SCTLR_ON, R0
	MSR	R0, SCTLR_EL1
	ISB	$15
	SUB	R20, LR
	MOVD	$LINK_BASE, R0
	ADD	R0, LR
	RET

// goEntry starts the first thread: it gives the runtime a clock that needs no
// trap (see kernel/clock) and enters the runtime as Linux would.
TEXT ·goEntry(SB),NOSPLIT|NOFRAME,$0
	MOVD	$·vdsoClock(SB), R0
	MOVD	R0, runtime·vdsoClockgettimeSym(SB)
	B	_rt0_arm64_linux(SB)

// signalReturn is rt_sigreturn; the runtime gives no restorer of its own.
TEXT ·signalReturn(SB),NOSPLIT|NOFRAME,$0
	MOVD	$139, R8
	SVC
	BRK
