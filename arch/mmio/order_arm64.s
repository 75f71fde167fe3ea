#include "textflag.h"

// func barrier()
TEXT ·barrier(SB),NOSPLIT,$0
	DSB	$15	// SY: completion, not order only: a posted write has arrived
	RET

// func flush(va, n uintptr)
// Clean and invalidate to the point of coherency, line by line; the smallest
// line is 4 << CTR_EL0.DminLine bytes (DDI 0487, D17.2.34).
TEXT ·flush(SB),NOSPLIT,$0-16
	MOVD	va+0(FP), R0
	MOVD	n+8(FP), R1
	ADD	R0, R1
	MRS	CTR_EL0, R2
	UBFX	$16, R2, $4, R2
	MOVD	$4, R3
	LSL	R2, R3
	SUB	$1, R3, R2
	BIC	R2, R0
	DSB	$15	// what was written before is in the cache
line:
	CMP	R1, R0
	BHS	done
	DC	CIVAC, R0
	ADD	R3, R0
	B	line
done:
	DSB	$15	// and now in memory
	RET
