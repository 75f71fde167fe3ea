#include "textflag.h"

// vdsoClock is clock_gettime(DI = clock id, SI = *timespec) with the C calling
// convention, called by the Go runtime on its system stack in place of the
// vDSO's. It may clobber caller-saved registers only.
//
// Nanoseconds since boot = (TSC - base) * mult >> 32 (SetClock).
TEXT ·vdsoClock(SB),NOSPLIT|NOFRAME,$0
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
	ADDQ	16(R8), AX
split:
	XORL	DX, DX
	MOVQ	$1000000000, CX
	DIVQ	CX
	MOVQ	AX, 0(SI)
	MOVQ	DX, 8(SI)
	XORL	AX, AX
	RET
