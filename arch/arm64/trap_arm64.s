#include "textflag.h"

// Offsets into CPU (by TPIDR_EL1) and Context.
#define CPU_CONTEXT	8
#define CPU_STACK	16
#define CPU_G		24
#define CPU_LOW		32
#define CPU_NESTED	40
#define CTX_SP		248
#define CTX_PC		256
#define CTX_FLAGS	264
#define CTX_ORIG0	272
#define CTX_FPSAVED	280
#define CTX_FPAREA	288

// A fault inside the kernel keeps a Context and an FP area on the stack.
#define NESTED_FP	304
#define NESTED_SIZE	848	// a multiple of 16
#define SUB_SP_NESTED	WORD $0xd10d43ff	// SUB $848, RSP: the linker does not follow this stack
#define ADD_SP_NESTED	WORD $0x910d43ff
#define SUB_SP_SPILL	WORD $0xd10103ff	// SUB $64, RSP
#define ADD_SP_SPILL	WORD $0x910103ff
#define GUARD		4096	// nothing nests with less left; also the size of the guard page

#define DSB_ISHST	WORD $0xd5033a9f

// SAVE stores the registers from R2 up in the Context at RSP, and the thread's
// stack pointer, address and status. LOAD is its reverse, but for R0 and R1.
#define SAVE_HIGH \
	STP	(R2, R3), 16(RSP) \
	STP	(R4, R5), 32(RSP) \
	STP	(R6, R7), 48(RSP) \
	STP	(R8, R9), 64(RSP) \
	STP	(R10, R11), 80(RSP) \
	STP	(R12, R13), 96(RSP) \
	STP	(R14, R15), 112(RSP) \
	STP	(R16, R17), 128(RSP) \
	STP	(R18_PLATFORM, R19), 144(RSP) \
	STP	(R20, R21), 160(RSP) \
	STP	(R22, R23), 176(RSP) \
	STP	(R24, R25), 192(RSP) \
	STP	(R26, R27), 208(RSP) \
	STP	(g, R29), 224(RSP)

#define LOAD_HIGH \
	LDP	16(RSP), (R2, R3) \
	LDP	32(RSP), (R4, R5) \
	LDP	48(RSP), (R6, R7) \
	LDP	64(RSP), (R8, R9) \
	LDP	80(RSP), (R10, R11) \
	LDP	96(RSP), (R12, R13) \
	LDP	112(RSP), (R14, R15) \
	LDP	128(RSP), (R16, R17) \
	LDP	144(RSP), (R18_PLATFORM, R19) \
	LDP	160(RSP), (R20, R21) \
	LDP	176(RSP), (R22, R23) \
	LDP	192(RSP), (R24, R25) \
	LDP	208(RSP), (R26, R27) \
	LDP	224(RSP), (g, R29)

// SAVE is for exceptions from a thread: R0 and R1 are stored already.
#define SAVE \
	SAVE_HIGH \
	MRS	SP_EL0, R2 \
	MRS	ELR_EL1, R3 \
	MRS	SPSR_EL1, R4 \
	STP	(R30, R2), 240(RSP) \
	STP	(R3, R4), CTX_PC(RSP) \
	MOVD	R0, CTX_ORIG0(RSP)

// SAVE_FP and LOAD_FP move the vector registers to and from the area at R3.
#define SAVE_FP \
	FSTPQ	(F0, F1), 0(R3) \
	FSTPQ	(F2, F3), 32(R3) \
	FSTPQ	(F4, F5), 64(R3) \
	FSTPQ	(F6, F7), 96(R3) \
	FSTPQ	(F8, F9), 128(R3) \
	FSTPQ	(F10, F11), 160(R3) \
	FSTPQ	(F12, F13), 192(R3) \
	FSTPQ	(F14, F15), 224(R3) \
	FSTPQ	(F16, F17), 256(R3) \
	FSTPQ	(F18, F19), 288(R3) \
	FSTPQ	(F20, F21), 320(R3) \
	FSTPQ	(F22, F23), 352(R3) \
	FSTPQ	(F24, F25), 384(R3) \
	FSTPQ	(F26, F27), 416(R3) \
	FSTPQ	(F28, F29), 448(R3) \
	FSTPQ	(F30, F31), 480(R3) \
	MRS	FPSR, R4 \
	MRS	FPCR, R5 \
	ADD	$512, R3 \
	STP	(R4, R5), (R3)

#define LOAD_FP \
	FLDPQ	0(R3), (F0, F1) \
	FLDPQ	32(R3), (F2, F3) \
	FLDPQ	64(R3), (F4, F5) \
	FLDPQ	96(R3), (F6, F7) \
	FLDPQ	128(R3), (F8, F9) \
	FLDPQ	160(R3), (F10, F11) \
	FLDPQ	192(R3), (F12, F13) \
	FLDPQ	224(R3), (F14, F15) \
	FLDPQ	256(R3), (F16, F17) \
	FLDPQ	288(R3), (F18, F19) \
	FLDPQ	320(R3), (F20, F21) \
	FLDPQ	352(R3), (F22, F23) \
	FLDPQ	384(R3), (F24, F25) \
	FLDPQ	416(R3), (F26, F27) \
	FLDPQ	448(R3), (F28, F29) \
	FLDPQ	480(R3), (F30, F31) \
	ADD	$512, R3 \
	LDP	(R3), (R4, R5) \
	MSR	R4, FPSR \
	MSR	R5, FPCR

// KERNEL switches to the CPU's kernel stack and g.
#define KERNEL \
	MRS	TPIDR_EL1, R5 \
	MOVD	CPU_STACK(R5), R6 \
	SUB	$64, R6	/* the callee's spill space for register arguments */ \
	MOVD	R6, RSP \
	MOVD	CPU_G(R5), g \
	MOVD	$0, R29

// trapSync serves SVC and the faults of a thread. SVC's caller is assembler that
// keeps nothing in vector registers, so those are saved for faults only.
TEXT trapSync<>(SB),NOSPLIT|NOFRAME,$0
	SAVE
	MOVD	RSP, R0
	MRS	ESR_EL1, R1
	LSR	$26, R1, R2
	CMP	$0x15, R2	// ClassSVC
	BNE	fault
	KERNEL
	MOVD	·syscallFn(SB), R26
	MOVD	(R26), R3
	CALL	(R3)
	B	·resume(SB)
fault:
	MRS	FAR_EL1, R2
	MOVD	CTX_FPAREA(R0), R3
	SAVE_FP
	MOVD	$1, R3
	MOVD	R3, CTX_FPSAVED(R0)
	KERNEL
	MOVD	$0, R3	// nested = false
	MOVD	·faultFn(SB), R26
	MOVD	(R26), R4
	CALL	(R4)
	B	·resume(SB)

// trapIRQ serves an interrupt of a thread.
TEXT trapIRQ<>(SB),NOSPLIT|NOFRAME,$0
	SAVE
	MOVD	RSP, R0
	MOVD	CTX_FPAREA(R0), R3
	SAVE_FP
	MOVD	$1, R3
	MOVD	R3, CTX_FPSAVED(R0)
	KERNEL
	MOVD	·interruptFn(SB), R26
	MOVD	(R26), R3
	CALL	(R3)
	B	·resume(SB)

// resume continues the thread whose Context this CPU names. A page that the
// kernel just mapped is there when its access is repeated.
TEXT ·resume(SB),NOSPLIT|NOFRAME,$0
	DSB_ISHST
	MRS	TPIDR_EL1, R5
	MOVD	CPU_CONTEXT(R5), R0
	MOVD	CTX_FPSAVED(R0), R1
	CBZ	R1, nofp
	MOVD	ZR, CTX_FPSAVED(R0)
	MOVD	CTX_FPAREA(R0), R3
	LOAD_FP
nofp:
	MOVD	R0, RSP
	LDP	CTX_PC(RSP), (R1, R2)
	LDP	240(RSP), (R30, R0)
	MSR	R0, SP_EL0
	MSR	R1, ELR_EL1
	MSR	R2, SPSR_EL1
	LOAD_HIGH
	LDP	0(RSP), (R0, R1)
	ERET

// NEST makes room on the kernel stack and saves everything there: a fault may
// come in the middle of a vector copy. Where the stack is full, it goes on on
// the CPU's other one; the kernel then says so and ends. The thread's own SP_EL0
// is in its Context. No instruction here may need the assembler's temporary
// register, R27, for its operand. TPIDR_EL0 and TPIDRRO_EL0, which nothing else uses, hold R0
// and R1 meanwhile.
#define NEST \
	MRS	TPIDR_EL1, R0 \
	MOVD	CPU_LOW(R0), R1 \
	MOVD	RSP, R0 \
	SUB	R1, R0 \
	ADD	$GUARD, R0 \
	CMP	$(2*GUARD), R0 \
	MOVD	RSP, R1 \
	BHS	2(PC) \
	BL	otherStack<>(SB) \
	SUB_SP_NESTED \
	SAVE_HIGH \
	MRS	ELR_EL1, R2 \
	MRS	SPSR_EL1, R3 \
	STP	(R30, R1), 240(RSP) \
	STP	(R2, R3), CTX_PC(RSP) \
	MRS	TPIDR_EL0, R2 \
	MRS	TPIDRRO_EL0, R3 \
	STP	(R2, R3), 0(RSP) \
	ADD	$NESTED_FP, RSP, R3 \
	SAVE_FP \
	MOVD	RSP, R0 \
	MRS	ESR_EL1, R1 \
	MRS	FAR_EL1, R2 \
	SUB_SP_SPILL \
	MRS	TPIDR_EL1, R5 \
	MOVD	CPU_G(R5), g \
	MOVD	$0, R29

#define UNNEST \
	DSB_ISHST \
	ADD_SP_SPILL \
	ADD	$NESTED_FP, RSP, R3 \
	LOAD_FP \
	LDP	CTX_PC(RSP), (R1, R2) \
	MSR	R1, ELR_EL1 \
	MSR	R2, SPSR_EL1 \
	MOVD	240(RSP), R30 \
	LOAD_HIGH \
	LDP	0(RSP), (R0, R1) \
	ADD_SP_NESTED \
	ERET

// otherStack is for a full kernel stack. The link register's old value is lost,
// which does not matter any more.
TEXT otherStack<>(SB),NOSPLIT|NOFRAME,$0
	MRS	TPIDR_EL1, R0
	MOVD	CPU_NESTED(R0), R0
	MOVD	R0, RSP
	RET

// nestSync serves a fault of the kernel itself, which is right for memory that
// is populated on demand.
TEXT nestSync<>(SB),NOSPLIT|NOFRAME,$0
	NEST
	MOVD	$1, R3	// nested = true
	MOVD	·faultFn(SB), R26
	MOVD	(R26), R4
	CALL	(R4)
	UNNEST

// nestIRQ serves an interrupt that ends WaitForInterrupt; elsewhere in the
// kernel they are masked.
TEXT nestIRQ<>(SB),NOSPLIT|NOFRAME,$0
	NEST
	MOVD	·interruptFn(SB), R26
	MOVD	(R26), R3
	CALL	(R3)
	UNNEST

// unexpected ends the machine: an SError, a fast interrupt, or a level that
// nothing runs at.
TEXT unexpected<>(SB),NOSPLIT|NOFRAME,$0
	MRS	TPIDR_EL1, R5
	MOVD	CPU_NESTED(R5), R6
	MOVD	R6, RSP
	SUB_SP_SPILL
	MOVD	CPU_G(R5), g
	MOVD	$0, R29
	MRS	ESR_EL1, R0
	MRS	ELR_EL1, R1
	MOVD	·unexpectedFn(SB), R26
	MOVD	(R26), R3
	CALL	(R3)
	B	·Halt(SB)

#define UNEXPECTED \
	PCALIGN	$128 \
	B	unexpected<>(SB)

// vectors is the exception vector table (D1.3.1): four kinds of exception from
// EL1t, that is threads, from EL1h, the kernel, and from EL0 in its two modes.
TEXT ·vectors(SB),NOSPLIT|NOFRAME,$0
	PCALIGN	$2048
	STP	(R0, R1), 0(RSP)
	B	trapSync<>(SB)
	PCALIGN	$128
	STP	(R0, R1), 0(RSP)
	B	trapIRQ<>(SB)
	UNEXPECTED	// FIQ
	UNEXPECTED	// SError
	PCALIGN	$128
	MSR	R0, TPIDR_EL0
	MSR	R1, TPIDRRO_EL0
	B	nestSync<>(SB)
	PCALIGN	$128
	MSR	R0, TPIDR_EL0
	MSR	R1, TPIDRRO_EL0
	B	nestIRQ<>(SB)
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
	UNEXPECTED
