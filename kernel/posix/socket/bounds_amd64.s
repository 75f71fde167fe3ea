#include "textflag.h"

// func bounds() (lo, hi uintptr)
// The g is in thread-local storage; ABI0 code may not rely on R14.
TEXT ·bounds(SB), NOSPLIT, $0-16
	MOVQ (TLS), CX
	MOVQ 0(CX), AX
	MOVQ 8(CX), BX
	MOVQ AX, lo+0(FP)
	MOVQ BX, hi+8(FP)
	RET
