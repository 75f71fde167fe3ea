#include "textflag.h"

// Instructions that Go's assembler does not name (DDI 0487, C5 and C6.2).
#define DSB_SY		WORD $0xd5033f9f
#define DSB_ISH		WORD $0xd5033b9f
#define DSB_ISHST	WORD $0xd5033a9f
#define DSB_NSH		WORD $0xd503379f
#define TLBI_VMALLE1	WORD $0xd508871f
#define TLBI_VAAE1IS_R0	WORD $0xd5088360

TEXT ·readTPIDR(SB),NOSPLIT,$0-8
	MRS	TPIDR_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·readMPIDR(SB),NOSPLIT,$0-8
	MRS	MPIDR_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·goEntryPC(SB),NOSPLIT,$0-8
	MOVD	$·goEntry(SB), R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·signalReturnPC(SB),NOSPLIT,$0-8
	MOVD	$·signalReturn(SB), R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·parkPC(SB),NOSPLIT,$0-8
	MOVD	$·park(SB), R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·sendEvent(SB),NOSPLIT,$0
	DSB_SY
	SEV
	RET

TEXT ·secondaryPC(SB),NOSPLIT,$0-8
	MOVD	$·secondary(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// useTables changes both translation tables. Old and new ones map the same
// addresses in leaves of different sizes, which must never be in a TLB together
// (D8.14.1): the upper half is closed while it changes, and the lower changes
// with its address space identifier, under which alone the old leaves count.
// Nothing in between uses the stack, which is in the upper half.
TEXT ·useTables(SB),NOSPLIT,$0-8
	MOVD	root+0(FP), R0
	B	·switchTables(SB)

// switchTables does that with the table in R0, and needs no stack at all.
TEXT ·switchTables(SB),NOSPLIT|NOFRAME,$0
	DSB_ISH
	MRS	TCR_EL1, R2
	ORR	$(1<<23), R2, R3	// EPD1
	MSR	R3, TCR_EL1
	ISB	$15
	ADD	$2048, R0, R1
	MSR	R1, TTBR1_EL1
	ISB	$15
	TLBI_VMALLE1
	DSB_NSH
	ISB	$15
	ORR	$(1<<48), R0, R1	// ASID 1
	MSR	R1, TTBR0_EL1
	ISB	$15
	TLBI_VMALLE1
	DSB_NSH
	ISB	$15
	MSR	R2, TCR_EL1
	ISB	$15
	RET

TEXT ·InvalidatePage(SB),NOSPLIT,$0-8
	MOVD	va+0(FP), R0
	UBFX	$12, R0, $44, R0	// the bits above are other fields
	DSB_ISHST
	TLBI_VAAE1IS_R0
	DSB_ISH
	ISB	$15
	RET

TEXT ·FlushTLB(SB),NOSPLIT,$0
	TLBI_VMALLE1
	DSB_NSH
	ISB	$15
	RET

TEXT ·SyncTables(SB),NOSPLIT,$0
	DSB_ISHST
	ISB	$15
	RET

TEXT ·Counter(SB),NOSPLIT,$0-8
	ISB	$15
	MRS	CNTVCT_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·CounterHz(SB),NOSPLIT,$0-8
	MRS	CNTFRQ_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·SetTimer(SB),NOSPLIT,$0-8
	MOVD	at+0(FP), R0
	MSR	R0, CNTV_CVAL_EL0
	MOVD	$1, R0	// ENABLE, not IMASK
	MSR	R0, CNTV_CTL_EL0
	ISB	$15
	RET

TEXT ·StopTimer(SB),NOSPLIT,$0
	MSR	ZR, CNTV_CTL_EL0
	ISB	$15
	RET

TEXT ·ReadISAR0(SB),NOSPLIT,$0-8
	MRS	ID_AA64ISAR0_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·ReadISAR1(SB),NOSPLIT,$0-8
	MRS	ID_AA64ISAR1_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·ReadPFR0(SB),NOSPLIT,$0-8
	MRS	ID_AA64PFR0_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

// Failure is Z set, success all flags clear (C5.2.15).
TEXT ·RNDR(SB),NOSPLIT,$0-9
	WORD	$0xd53b2400	// MRS R0, RNDR
	CSET	NE, R1
	MOVD	R0, v+0(FP)
	MOVB	R1, ok+8(FP)
	RET

TEXT ·RNDRRS(SB),NOSPLIT,$0-9
	WORD	$0xd53b2420	// MRS R0, RNDRRS
	CSET	NE, R1
	MOVD	R0, v+0(FP)
	MOVB	R1, ok+8(FP)
	RET

TEXT ·GICEnable(SB),NOSPLIT,$0
	MOVD	$7, R0	// system registers, no bypass
	MSR	R0, ICC_SRE_EL1
	ISB	$15
	MOVD	$0xff, R0	// all priorities
	MSR	R0, ICC_PMR_EL1
	MSR	ZR, ICC_CTLR_EL1	// one write ends an interrupt
	MOVD	$1, R0
	MSR	R0, ICC_IGRPEN1_EL1
	ISB	$15
	RET

TEXT ·GICAcknowledge(SB),NOSPLIT,$0-8
	MRS	ICC_IAR1_EL1, R0
	DSB_SY	// before what the interrupt is about is looked at (IHI 0069, 4.1)
	MOVD	R0, ret+0(FP)
	RET

TEXT ·GICEnd(SB),NOSPLIT,$0-8
	MOVD	intid+0(FP), R0
	MSR	R0, ICC_EOIR1_EL1
	ISB	$15
	RET

TEXT ·GICSend(SB),NOSPLIT,$0-8
	MOVD	sgi+0(FP), R0
	DSB_ISHST	// what was written before is there when it arrives
	MSR	R0, ICC_SGI1R_EL1
	ISB	$15
	RET

TEXT ·HVC(SB),NOSPLIT,$0-40
	MOVD	fn+0(FP), R0
	MOVD	a1+8(FP), R1
	MOVD	a2+16(FP), R2
	MOVD	a3+24(FP), R3
	DSB_SY
	HVC	$0
	MOVD	R0, ret+32(FP)
	RET

TEXT ·SMC(SB),NOSPLIT,$0-40
	MOVD	fn+0(FP), R0
	MOVD	a1+8(FP), R1
	MOVD	a2+16(FP), R2
	MOVD	a3+24(FP), R3
	DSB_SY
	SMC	$0
	MOVD	R0, ret+32(FP)
	RET

TEXT ·Semihost(SB),NOSPLIT,$0-16
	MOVD	op+0(FP), R0
	MOVD	arg+8(FP), R1
	B	semihost<>(SB)

TEXT semihost<>(SB),NOSPLIT|NOFRAME,$0
	HLT	$0xf000
	RET

TEXT ·SemihostPC(SB),NOSPLIT,$0-8
	MOVD	$semihost<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

TEXT ·WaitForInterrupt(SB),NOSPLIT,$0
	DSB_SY
	WFI
	MSR	$2, DAIFClr	// here it is taken
	ISB	$15
	MSR	$2, DAIFSet
	RET

TEXT ·Halt(SB),NOSPLIT,$0
	MSR	$15, DAIFSet
	WFI
	B	-1(PC)

TEXT ·Pause(SB),NOSPLIT,$0
	YIELD
	RET

// TryLock is a compare-and-swap in which, other than in sync/atomic's, no
// variable of the runtime says which instructions there are: it lies in BSS, which
// the lock's owner may be about to map.
TEXT ·TryLock(SB),NOSPLIT,$0-9
	MOVD	lock+0(FP), R0
	MOVW	$1, R2
again:
	LDAXRW	(R0), R1
	CBNZW	R1, taken
	STLXRW	R2, (R0), R3
	CBNZW	R3, again
	MOVB	R2, ok+8(FP)
	RET
taken:
	CLREX
	MOVB	ZR, ok+8(FP)
	RET
