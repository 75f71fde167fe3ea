#include "textflag.h"

#define DSB_SY		WORD $0xd5033f9f
#define IC_IALLU	WORD $0xd508751f
#define DC_CIVAC_R6	WORD $0xd50b7e26

// SCTLR's MMU, data cache and instruction cache (DDI 0487, D19.2.128).
#define SCTLR_ON	(1<<0 | 1<<2 | 1<<12)

// entry is called by the firmware (2.3.6): R0 = handle, R1 = system table.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	SUB	$608, RSP	// the callee's frame, g at 96
	ADD	$96, RSP, R2
	ADD	$512, R2, R3
	MOVD	R2, g
clear:
	STP.P	(ZR, ZR), 16(R2)
	CMP	R3, R2
	BLO	clear
	MOVD	$0, R29
	MOVD	R0, 8(RSP)
	MOVD	R1, 16(RSP)
	BL	·start(SB)
	BRK

DATA linked<>(SB)/8, $·entry(SB)
GLOBL linked<>(SB), RODATA|NOPTR, $8

TEXT ·addresses(SB),NOSPLIT,$0-24
	MOVD	linked<>(SB), R0
	MOVD	R0, linked+0(FP)
	MOVD	$·entry(SB), R0
	MOVD	R0, entry+8(FP)
	MOVD	$yolk∕arch∕arm64·entry(SB), R0
	MOVD	R0, enter+16(FP)
	RET

TEXT ·call(SB),NOSPLIT,$16-56
	MOVD	f+0(FP), R8
	MOVD	a+8(FP), R0
	MOVD	b+16(FP), R1
	MOVD	c+24(FP), R2
	MOVD	d+32(FP), R3
	MOVD	e+40(FP), R4
	BL	(R8)
	MOVD	R0, status+48(FP)
	RET

TEXT ·move(SB),NOSPLIT,$0-40
	MSR	$15, DAIFSet
	MOVD	tree+0(FP), R9
	MOVD	from+8(FP), R10
	MOVD	to+16(FP), R11
	MOVD	bytes+24(FP), R12
	MOVD	enter+32(FP), R13

	// What is read and written past the caches must not be in them (D7.5.9).
	MRS	CTR_EL0, R2	// DminLine: log2 of a line's words
	UBFX	$16, R2, $4, R2
	MOVD	$4, R3
	LSL	R2, R3
	MOVD	R10, R6
	ADD	R12, R10, R7
	BL	clean<>(SB)
	MOVD	R11, R6
	ADD	R12, R11, R7
	BL	clean<>(SB)
	DSB_SY
	IC_IALLU
	DSB_SY
	ISB	$15

	// off's place in the copy: as far from its beginning as enter from home's.
	MOVD	$off<>(SB), R0
	MOVD	$yolk∕arch∕arm64·entry(SB), R1
	SUB	R1, R0
	SUB	R11, R13, R2
	ADD	R2, R0
	ADD	R10, R0
	JMP	(R0)

// off turns the MMU off, where addresses are physical ones already, and copies.
TEXT off<>(SB),NOSPLIT|NOFRAME,$0
	MRS	CurrentEL, R1
	CMP	$(2<<2), R1
	MOVD	$SCTLR_ON, R2
	BEQ	el2
	MRS	SCTLR_EL1, R0
	BIC	R2, R0
	MSR	R0, SCTLR_EL1
	B	copy
el2:
	WORD	$0xd53c1000	// MRS R0, SCTLR_EL2
	BIC	R2, R0
	WORD	$0xd51c1000	// MSR SCTLR_EL2, R0
copy:
	ISB	$15
	ADD	R12, R11, R7
next:
	LDP.P	16(R10), (R2, R3)
	STP.P	(R2, R3), 16(R11)
	CMP	R7, R11
	BLO	next
	DSB_SY
	IC_IALLU
	DSB_SY
	ISB	$15
	MOVD	R9, R0
	JMP	(R13)

// clean writes back and drops what the caches have of [R6, R7), by lines of R3 bytes.
TEXT clean<>(SB),NOSPLIT|NOFRAME,$0
line:
	DC_CIVAC_R6
	ADD	R3, R6
	CMP	R7, R6
	BLO	line
	RET
