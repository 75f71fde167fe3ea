#include "textflag.h"

TEXT ·gsSelf(SB),NOSPLIT,$0-8
	MOVQ	0(GS), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·loadGDT(SB),NOSPLIT,$0-8
	MOVQ	desc+0(FP), AX
	LGDT	(AX)
	RET

TEXT ·loadIDT(SB),NOSPLIT,$0-8
	MOVQ	desc+0(FP), AX
	LIDT	(AX)
	RET

TEXT ·loadTR(SB),NOSPLIT,$0-2
	MOVW	selector+0(FP), AX
	LTR	AX
	RET

TEXT ·writeXCR0(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	XORL	CX, CX
	XSETBV
	RET

TEXT ·syscallEntryPC(SB),NOSPLIT,$0-8
	MOVQ	$·syscallEntry(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·vectorTablePC(SB),NOSPLIT,$0-8
	MOVQ	$·vectorTable(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·goEntryPC(SB),NOSPLIT,$0-8
	MOVQ	$·goEntry(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·Out8(SB),NOSPLIT,$0-3
	MOVW	port+0(FP), DX
	MOVB	v+2(FP), AX
	OUTB
	RET

TEXT ·Out16(SB),NOSPLIT,$0-4
	MOVW	port+0(FP), DX
	MOVW	v+2(FP), AX
	OUTW
	RET

TEXT ·Out32(SB),NOSPLIT,$0-8
	MOVW	port+0(FP), DX
	MOVL	v+4(FP), AX
	OUTL
	RET

TEXT ·In8(SB),NOSPLIT,$0-9
	MOVW	port+0(FP), DX
	INB
	MOVB	AX, ret+8(FP)
	RET

TEXT ·In16(SB),NOSPLIT,$0-10
	MOVW	port+0(FP), DX
	INW
	MOVW	AX, ret+8(FP)
	RET

TEXT ·In32(SB),NOSPLIT,$0-12
	MOVW	port+0(FP), DX
	INL
	MOVL	AX, ret+8(FP)
	RET

TEXT ·CPUID(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	sub+4(FP), CX
	CPUID
	MOVL	AX, a+8(FP)
	MOVL	BX, b+12(FP)
	MOVL	CX, c+16(FP)
	MOVL	DX, d+20(FP)
	RET

TEXT ·WriteMSR(SB),NOSPLIT,$0-16
	MOVL	r+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	RET

TEXT ·ReadMSR(SB),NOSPLIT,$0-16
	MOVL	r+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, v+8(FP)
	RET

// Fence is what SDM 3A, 11.12.3 wants before a WRMSR that must come after stores.
TEXT ·Fence(SB),NOSPLIT,$0
	MFENCE
	LFENCE
	RET

TEXT ·Hypercall(SB),NOSPLIT,$0-24
	MOVQ	number+0(FP), AX
	MOVQ	argument+8(FP), BX
	CMPB	·isAMD(SB), $1
	JEQ	amd
	BYTE $0x0f; BYTE $0x01; BYTE $0xc1 // VMCALL
	JMP	done
amd:
	BYTE $0x0f; BYTE $0x01; BYTE $0xd9 // VMMCALL
done:
	MOVQ	AX, ret+16(FP)
	RET

TEXT ·ReadCR3(SB),NOSPLIT,$0-8
	MOVQ	CR3, AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·WriteCR3(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR3
	RET

TEXT ·ReadCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·WriteCR4(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR4
	RET

TEXT ·InvalidatePage(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), AX
	INVLPG	(AX)
	RET

TEXT ·TSC(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·RDRAND(SB),NOSPLIT,$0-9
	RDRANDQ	AX
	SETCS	ok+8(FP)
	MOVQ	AX, v+0(FP)
	RET

TEXT ·RDSEED(SB),NOSPLIT,$0-9
	RDSEEDQ	AX
	SETCS	ok+8(FP)
	MOVQ	AX, v+0(FP)
	RET

TEXT ·WaitForInterrupt(SB),NOSPLIT|NOFRAME,$0
	MOVQ	SP, 608(GS)	// CPU.waiting: from here an interrupt returns to the caller
	STI
	HLT
	CLI	// what ended the HLT was none: an NMI
	MOVQ	$0, 608(GS)
	RET

TEXT ·Reset(SB),NOSPLIT,$16
	MOVQ	$0, desc-16(SP)	// no interrupt descriptor table
	MOVQ	$0, desc-8(SP)
	LIDT	desc-16(SP)
	INT	$3
	JMP	-1(PC)

TEXT ·Halt(SB),NOSPLIT,$0
	CLI
	HLT
	JMP	-1(PC)

TEXT ·Pause(SB),NOSPLIT,$0
	PAUSE
	RET
