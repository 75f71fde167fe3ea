#include "textflag.h"

// Of type low.
#define LOW_GDTR	158
#define LOW_INFO	512	// and the end of a stack

// entry is called by the firmware (2.3.4): CX = handle, DX = system table. Go code wants g
// in R14 and where wrappers look for it, which is below FS; firmware has no use for that.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	CX, R12
	MOVQ	DX, R13
	SUBQ	$576, SP	// arguments, g's address at 32, g at 64
	ANDQ	$~15, SP
	CLD
	MOVQ	SP, DI
	MOVL	$(576/8), CX
	XORL	AX, AX
	REP; STOSQ
	LEAQ	64(SP), R14
	MOVQ	R14, 32(SP)
	LEAQ	40(SP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$0xc0000100, CX	// FS base
	WRMSR
	XORPS	X15, X15
	MOVQ	R12, 0(SP)
	MOVQ	R13, 8(SP)
	CALL	·start(SB)
	INT	$3

DATA linked<>(SB)/8, $·entry(SB)
GLOBL linked<>(SB), RODATA|NOPTR, $8

TEXT ·addresses(SB),NOSPLIT,$0-24
	MOVQ	linked<>(SB), AX
	MOVQ	AX, linked+0(FP)
	LEAQ	·entry(SB), AX
	MOVQ	AX, entry+8(FP)
	LEAQ	yolk∕arch∕amd64·pvhEntry(SB), AX
	MOVQ	AX, enter+16(FP)
	RET

// call: Microsoft's convention, with room for the callee to keep its four register
// arguments.
TEXT ·call(SB),NOSPLIT,$0-56
	MOVQ	f+0(FP), AX
	MOVQ	a+8(FP), CX
	MOVQ	b+16(FP), DX
	MOVQ	c+24(FP), R8
	MOVQ	d+32(FP), R9
	MOVQ	e+40(FP), R10
	MOVQ	SP, BX	// which the callee preserves
	SUBQ	$48, SP
	ANDQ	$~15, SP
	MOVQ	R10, 32(SP)
	CALL	AX
	MOVQ	BX, SP
	CLD
	MOVQ	AX, status+48(FP)
	RET

// move: what runs while memory is written over lies in the low page, and uses no page
// tables, which may be anywhere.
TEXT ·move(SB),NOSPLIT,$0-40
	CLI
	MOVQ	l+0(FP), AX
	MOVQ	from+8(FP), R8
	MOVQ	to+16(FP), R9
	MOVQ	words+24(FP), BP
	MOVQ	enter+32(FP), R10
	LEAQ	narrow<>(SB), SI
	MOVQ	AX, DI
	MOVL	$128, CX
	REP; MOVSB
	LGDT	LOW_GDTR(AX)
	MOVQ	R8, SI
	MOVQ	R9, DI
	LEAQ	LOW_INFO(AX), SP
	LEAQ	LOW_INFO(AX), BX
	PUSHQ	R10	// for narrow's RET, of which the lower half counts
	PUSHQ	$0x08
	PUSHQ	AX
	RETFQ

// narrow runs in 32-bit mode, at another address. It turns paging off (SDM 3A 10.8.5.4), and moves
// BP words from SI to DI.
TEXT narrow<>(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, DS
	MOVW	AX, ES
	MOVW	AX, SS
	MOVL	CR0, AX
	ANDL	$0x7fffffff, AX
	MOVL	AX, CR0
	MOVL	$0xc0000080, CX	// EFER
	RDMSR
	ANDL	$~0x100, AX	// LME
	WRMSR
	XORL	AX, AX
	MOVL	AX, CR4
	MOVL	BP, CX
	REP; MOVSL
	RET
