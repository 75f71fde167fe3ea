#include "textflag.h"

// func bounds() (lo, hi uintptr)
TEXT ·bounds(SB), NOSPLIT, $0-16
	LDP 0(g), (R0, R1)
	STP (R0, R1), lo+0(FP)
	RET
