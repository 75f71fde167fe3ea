#include "textflag.h"

#define sysClockGettime	113

// vdsoClock is clock_gettime(R0 = clock id, R1 = *timespec) with the C calling
// convention, called by the Go runtime on its system stack in place of the
// vDSO's. It may clobber caller-saved registers only.
//
// Nanoseconds since boot = (counter - base) * mult >> 32 (SetClock). The wall clock
// is the kernel's to tell when it is due to be looked at.
TEXT ·vdsoClock(SB),NOSPLIT|NOFRAME,$0
	ISB	$15	// or the counter may be read early (D11.2.2)
	MRS	CNTVCT_EL0, R2
	MOVD	·clock+0(SB), R3
	SUB	R3, R2
	MOVD	·clock+8(SB), R3
	MUL	R2, R3, R4
	UMULH	R2, R3, R5
	LSR	$32, R4
	LSL	$32, R5
	ORR	R5, R4
	CBNZW	R0, split	// CLOCK_REALTIME is 0
	MOVD	·Wall+8(SB), R3
	CMP	R3, R4
	BHS	trap
	MOVD	·Wall+0(SB), R3
	ADD	R3, R4
split:
	MOVD	$1000000000, R3
	UDIV	R3, R4, R5
	MSUB	R3, R4, R5, R6
	STP	(R5, R6), (R1)
	MOVD	$0, R0
	RET
trap:
	MOVD	$sysClockGettime, R8
	SVC
	RET
