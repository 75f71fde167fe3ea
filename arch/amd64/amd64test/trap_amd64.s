#include "textflag.h"

// trap is the handler of SIGSEGV: (DI: signal, SI: siginfo, DX: ucontext), on the
// signal stack. What emulate does not know goes to the handler of the Go runtime,
// with the stack and the arguments as they came.
TEXT ·trap(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	SUBQ	$40, SP
	MOVQ	DI, 16(SP)
	MOVQ	SI, 24(SP)
	MOVQ	DX, 32(SP)
	MOVQ	DX, 0(SP)
	CALL	·emulate(SB)
	MOVB	8(SP), AX
	MOVQ	16(SP), DI
	MOVQ	24(SP), SI
	MOVQ	32(SP), DX
	ADDQ	$40, SP
	TESTB	AX, AX
	JNE	done
	MOVQ	·runtimes(SB), AX
	JMP	AX
done:
	RET

TEXT ·trapPC(SB),NOSPLIT,$0-8
	MOVQ	$·trap(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
