#include "textflag.h"

// Offsets into CPU (by GS) and Context.
#define CPU_CONTEXT	8
#define CPU_STACK	16
#define CPU_G		24
#define CPU_FS		32
#define CPU_SCRATCH	40
#define CPU_INKERNEL	48
#define CPU_NESTED	56
#define CPU_WAITING	608
#define CTX_IP		136
#define CTX_FLAGS	152
#define CTX_SP		160
#define CTX_END		176
#define CTX_FPSAVED	176
#define CTX_FPAREA	184
#define CTX_FS		192

#define FLAG_IF	0x200	// of CTX_FLAGS: interrupts are on

// PUSHREGS and POPREGS move the general registers, in Frame's order.
#define PUSHREGS \
	PUSHQ	AX \
	PUSHQ	BX \
	PUSHQ	CX \
	PUSHQ	DX \
	PUSHQ	BP \
	PUSHQ	SI \
	PUSHQ	DI \
	PUSHQ	R8 \
	PUSHQ	R9 \
	PUSHQ	R10 \
	PUSHQ	R11 \
	PUSHQ	R12 \
	PUSHQ	R13 \
	PUSHQ	R14 \
	PUSHQ	R15

#define POPREGS \
	POPQ	R15 \
	POPQ	R14 \
	POPQ	R13 \
	POPQ	R12 \
	POPQ	R11 \
	POPQ	R10 \
	POPQ	R9 \
	POPQ	R8 \
	POPQ	DI \
	POPQ	SI \
	POPQ	BP \
	POPQ	DX \
	POPQ	CX \
	POPQ	BX \
	POPQ	AX

// KERNELREGS gives Go code its fixed registers: g, its TLS, X15 = 0.
#define KERNELREGS \
	MOVQ	CPU_FS(GS), AX \
	CALL	setfs<>(SB) \
	MOVQ	CPU_G(GS), R14 \
	XORL	BP, BP \
	XORPS	X15, X15

// COPY moves 16 of a Frame's 176 bytes from R12 to DI.
#define COPY(at) \
	MOVUPS	at(R12), X0 \
	MOVUPS	X0, at(DI)

// setfs loads the FS base from AX; clobbers CX and DX. It needs a stack.
TEXT setfs<>(SB),NOSPLIT|NOFRAME,$0
	CMPB	·hasFSGSBase(SB), $1
	JNE	msr
	BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xd0 // WRFSBASE RAX
	RET
msr:
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$0xc0000100, CX
	WRMSR
	RET

// fpsave stores the x87, SSE and AVX state at BX; clobbers AX and DX.
TEXT fpsave<>(SB),NOSPLIT|NOFRAME,$0
	MOVL	$7, AX
	XORL	DX, DX
	CMPB	·hasXSave(SB), $1
	JNE	legacy
	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x23 // XSAVE64 [RBX]
	RET
legacy:
	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x03 // FXSAVE64 [RBX]
	RET

// fpload loads the state at BX; clobbers AX and DX.
TEXT fpload<>(SB),NOSPLIT|NOFRAME,$0
	MOVL	$7, AX
	XORL	DX, DX
	CMPB	·hasXSave(SB), $1
	JNE	legacy
	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x2b // XRSTOR64 [RBX]
	RET
legacy:
	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x0b // FXRSTOR64 [RBX]
	RET

// syscallEntry is LSTAR's target: RCX = return address, R11 = flags,
// interrupts off, still on the goroutine's stack. The caller is assembler that
// keeps nothing in vector registers, so those are not saved.
TEXT ·syscallEntry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	SP, CPU_SCRATCH(GS)
	MOVQ	CPU_CONTEXT(GS), SP
	ADDQ	$CTX_END, SP
	PUSHQ	$0x10
	PUSHQ	CPU_SCRATCH(GS)
	PUSHQ	R11
	PUSHQ	$0x08
	PUSHQ	CX
	PUSHQ	$0
	PUSHQ	$256	// VectorSyscall
	PUSHREGS
	MOVQ	SP, R12
	MOVQ	$1, CPU_INKERNEL(GS)
	MOVQ	CPU_STACK(GS), SP
	KERNELREGS
	SUBQ	$64, SP	// the callee's spill space for register arguments
	MOVQ	R12, AX
	MOVQ	·syscallFn(SB), DX
	MOVQ	(DX), CX
	CALL	CX
	JMP	·resume(SB)

// resume continues the thread whose Context this CPU names.
TEXT ·resume(SB),NOSPLIT|NOFRAME,$0
	MOVQ	CPU_STACK(GS), SP
	MOVQ	CPU_CONTEXT(GS), R12
	MOVQ	CTX_FS(R12), AX
	CALL	setfs<>(SB)
	CMPQ	CTX_FPSAVED(R12), $0
	JEQ	nofp
	MOVQ	$0, CTX_FPSAVED(R12)
	MOVQ	CTX_FPAREA(R12), BX
	CALL	fpload<>(SB)
nofp:
	MOVQ	$0, CPU_INKERNEL(GS)
	MOVQ	R12, SP
	POPREGS
	CMPQ	(SP), $256	// Vector
	JNE	full
	// After SYSCALL: RCX and R11 are dead, flags too. Interrupts stay off until
	// the instruction after STI has left this stack for good.
	MOVQ	(CTX_IP-120)(SP), CX
	MOVQ	(CTX_SP-120)(SP), SP
	STI
	JMP	CX
full:
	ADDQ	$16, SP
	IRETQ

// trap is reached from every vector by CALL, so the return address on top of
// the stack says which vector it was. Exceptions that push an error code come
// to trapError, the others to trap, which makes room for one.
TEXT trap<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	(SP)
	MOVQ	$0, 8(SP)
	JMP	trapError<>(SB)

TEXT trapError<>(SB),NOSPLIT|NOFRAME,$0
	PUSHREGS
	CLD
	// The entry left SS null. Emulators translate code again when SS's default
	// size or the resume flag differ: both are here as everywhere else.
	MOVL	$0x10, AX
	MOVW	AX, SS
	MOVQ	SP, R12
	ANDL	$~0x10000, CTX_FLAGS(R12)	// RF: nobody sets breakpoints
	// vector = (return address - table) / 5 - 1
	MOVQ	120(R12), AX
	MOVQ	$·vectorTable(SB), CX
	SUBQ	CX, AX
	XORL	DX, DX
	MOVL	$5, CX
	DIVQ	CX
	SUBQ	$1, AX
	MOVQ	AX, 120(R12)
	MOVQ	AX, R13
	CMPQ	R13, $32
	JLT	exception
	MOVQ	CPU_WAITING(GS), AX
	TESTQ	AX, AX
	JNE	waited
	TESTQ	$FLAG_IF, CTX_FLAGS(R12)
	JEQ	again
	JMP	thread
exception:
	CMPQ	CPU_INKERNEL(GS), $0
	JNE	kernel
thread:
	// Its whole state moves into its Context.
	MOVQ	CPU_CONTEXT(GS), DI
	MOVQ	CTX_FPAREA(DI), BX
	CALL	fpsave<>(SB)
	MOVQ	$1, CTX_FPSAVED(DI)
	COPY(0); COPY(16); COPY(32); COPY(48); COPY(64); COPY(80)
	COPY(96); COPY(112); COPY(128); COPY(144); COPY(160)
	MOVQ	DI, R12
	MOVQ	$1, CPU_INKERNEL(GS)
	MOVQ	CR2, R15
	MOVQ	CPU_STACK(GS), SP
	KERNELREGS
	SUBQ	$64, SP	// the callee's spill space for register arguments
	CMPQ	R13, $32
	JGE	interrupt
	MOVQ	R12, AX
	MOVQ	R15, BX
	XORL	CX, CX	// nested = false
	MOVQ	·faultFn(SB), DX
	MOVQ	(DX), SI
	CALL	SI
	JMP	·resume(SB)
interrupt:
	MOVQ	R13, AX
	MOVQ	·interruptFn(SB), DX
	MOVQ	(DX), CX
	CALL	CX
	JMP	·resume(SB)

kernel:
	// The kernel faulted, which is right for memory that is populated on
	// demand. It may have been in the middle of a vector copy.
	MOVQ	CPU_NESTED(GS), BX
	CALL	fpsave<>(SB)
	MOVQ	CR2, BX
	ANDQ	$~15, SP
	SUBQ	$64, SP	// spill space
	XORPS	X15, X15
	XORL	BP, BP
	MOVQ	CPU_G(GS), R14
	MOVQ	R12, AX
	MOVL	$1, CX	// nested = true
	MOVQ	R12, CPU_SCRATCH(GS)
	MOVQ	·faultFn(SB), DX
	MOVQ	(DX), SI
	CALL	SI
	MOVQ	CPU_SCRATCH(GS), R12
	MOVQ	CPU_NESTED(GS), BX
	CALL	fpload<>(SB)
back:
	MOVQ	R12, SP
	POPREGS
	ADDQ	$16, SP
	IRETQ

waited:
	// It came to WaitForInterrupt, which has no register that matters and is not gone
	// back to: on the stack that it had, this returns to its caller. So what comes
	// before the HLT is not slept through, though there are emulators that lose STI's
	// shadow, and nothing here is read that a second delivery (see again) overwrites.
	MOVQ	$0, CPU_WAITING(GS)
	MOVQ	AX, SP
	SUBQ	$64, SP	// spill space
	XORPS	X15, X15
	XORL	BP, BP
	MOVQ	CPU_G(GS), R14
	MOVQ	R13, AX
	MOVQ	·interruptFn(SB), DX
	MOVQ	(DX), CX
	CALL	CX
	ADDQ	$64, SP
	RET

again:
	// No processor delivers an interrupt while they are off. QEMU's emulation of SVM
	// delivers one that KVM has injected once more when its own time slice ends, in
	// whatever state the guest is by then. The first is being served or was: nothing is
	// lost, unless this one took the stack from under it before it had left that.
	MOVQ	CTX_SP(R12), AX
	XORQ	R12, AX
	CMPQ	AX, $4096
	JB	kernel	// which says that it is broken
	JMP	back

// goEntry starts the first thread: it gives the runtime a clock that needs no
// trap (see kernel/clock) and enters the runtime as Linux would.
TEXT ·goEntry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$·vdsoClock(SB), AX
	MOVQ	AX, runtime·vdsoClockgettimeSym(SB)
	JMP	_rt0_amd64_linux(SB)

#define V(f)	CALL f<>(SB)
#define V8	V(trap); V(trap); V(trap); V(trap); V(trap); V(trap); V(trap); V(trap)
#define V32	V8; V8; V8; V8

// vectorTable has one CALL for each vector, 5 bytes apart. Vectors 8, 10-14,
// 17, 21, 29 and 30 push an error code (SDM 3A, table 6-1).
TEXT ·vectorTable(SB),NOSPLIT|NOFRAME,$0
	V8
	V(trapError); V(trap); V(trapError); V(trapError); V(trapError); V(trapError); V(trapError); V(trap)
	V(trap); V(trapError); V(trap); V(trap); V(trap); V(trapError); V(trap); V(trap)
	V(trap); V(trap); V(trap); V(trap); V(trap); V(trapError); V(trapError); V(trap)
	V32; V32; V32; V32; V32; V32; V32
	RET
