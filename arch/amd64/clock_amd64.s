#include "textflag.h"

#define CPUClock	600	// offset of CPU.Clock
#define PVStopped	2
#define sysClockGettime	228

// vdsoClock is clock_gettime(DI = clock id, SI = *timespec) with the C calling
// convention, called by the Go runtime on its system stack in place of the
// vDSO's. It may clobber caller-saved registers only.
//
// Nanoseconds since boot = (TSC - base) * mult >> 32 (SetClock), or what KVM says
// (UsePVClock). The wall clock is the kernel's to tell when it is due to be looked
// at, or the machine was stopped.
TEXT ·vdsoClock(SB),NOSPLIT|NOFRAME,$0
	CMPQ	CPUClock(GS), $0
	JNE	paravirtual
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	LEAQ	·clocks(SB), R8
	ADDQ	·clockAt(SB), R8
	SUBQ	0(R8), AX
	MULQ	8(R8)
	SHRQ	$32, AX
	SHLQ	$32, DX
	ORQ	DX, AX
	CMPL	DI, $0	// CLOCK_REALTIME
	JNE	split
wall:
	CMPQ	AX, ·Wall+8(SB)
	JAE	trap
	ADDQ	·Wall+0(SB), AX
split:
	XORL	DX, DX
	MOVQ	$1000000000, CX
	DIVQ	CX
	MOVQ	AX, 0(SI)
	MOVQ	DX, 8(SI)
	XORL	AX, AX
	RET
paravirtual:
	CALL	here<>(SB)
	CMPL	DI, $0
	JNE	split
	TESTL	$PVStopped, R9
	JZ	wall
trap:
	MOVL	$sysClockGettime, AX
	SYSCALL
	RET

// here reads the PVClock of the processor that executes it, as pvRead does. With
// interrupts off it stays on that processor.
TEXT here<>(SB),NOSPLIT|NOFRAME,$0
	PUSHFQ
	CLI
	MOVQ	CPUClock(GS), R8
	CALL	pvRead<>(SB)
	POPFQ
	RET

// pvRead returns in AX the nanoseconds since boot by the PVClock at R8, which is
// the executing processor's, and its flags in R9. It clobbers CX, DX, R10 and R11.
TEXT pvRead<>(SB),NOSPLIT|NOFRAME,$0
	JMP	read
again:
	PAUSE
read:
	MOVL	0(R8), R10	// the version
	TESTL	$1, R10
	JNZ	again
	LFENCE			// or the TSC may be read before that, and before what was read earlier
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	XORL	CX, CX
	SUBQ	8(R8), AX
	CMOVQCS	CX, AX		// no time before the last
	MOVBQSX	28(R8), CX
	TESTL	CX, CX
	JS	right
	SHLQ	CX, AX
	JMP	scale
right:
	NEGL	CX
	SHRQ	CX, AX
scale:
	MOVL	24(R8), DX
	MULQ	DX
	SHRQ	$32, AX
	SHLQ	$32, DX
	ORQ	DX, AX
	ADDQ	16(R8), AX
	MOVBLZX	29(R8), R9
	CMPL	R10, 0(R8)
	JNE	again
	TESTQ	R9, ·pv+0(SB)
	JNZ	agreed
	// The later of this and the latest of any processor.
	MOVQ	AX, R10
	MOVQ	·pv+8(SB), AX
latest:
	CMPQ	R10, AX
	JLS	agreed
	LOCK
	CMPXCHGQ	R10, ·pv+8(SB)
	JNE	latest
	MOVQ	R10, AX
agreed:
	SUBQ	·pv+16(SB), AX
	RET

TEXT ·readPV(SB),NOSPLIT,$0-16
	MOVQ	c+0(FP), R8
	CALL	pvRead<>(SB)
	MOVQ	AX, ret+8(FP)
	RET

TEXT ·pvNow(SB),NOSPLIT,$0-8
	CALL	here<>(SB)
	MOVQ	AX, ret+0(FP)
	RET
