#include "textflag.h"

TEXT ·interrupt(SB),NOSPLIT,$0
	INT	$35
	RET

TEXT ·interruptOff(SB),NOSPLIT,$0
	CLI
	INT	$35
	STI
	RET
