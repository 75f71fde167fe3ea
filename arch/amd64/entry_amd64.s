#include "textflag.h"

// Physical addresses used until the kernel has built its own tables. They lie
// in conventional memory, above what QEMU's loaders leave there (start info and
// memory map below 0x3000) and below the EBDA.
#define BOOT_PML4	0x70000
#define BOOT_PDPT	0x71000
#define BOOT_PD		0x72000	// four pages: the first 4 GiB in 2 MiB pages
#define BOOT_STACK	0x7f000	// grows down to 0x7a000

DATA ·bootGDT<>+0x00(SB)/8, $0
DATA ·bootGDT<>+0x08(SB)/8, $0x00209a0000000000	// 64-bit code
DATA ·bootGDT<>+0x10(SB)/8, $0x00cf92000000ffff	// data, see flatData
GLOBL ·bootGDT<>(SB), RODATA|NOPTR, $24

DATA ·bootGDTR<>+0x00(SB)/2, $23
DATA ·bootGDTR<>+0x02(SB)/8, $·bootGDT<>(SB)
GLOBL ·bootGDTR<>(SB), RODATA|NOPTR, $10

// pvhEntry is where a PVH loader enters: 32-bit protected mode, paging off,
// flat segments, EBX = physical address of hvm_start_info. The instructions up
// to the far return are assembled for 64-bit mode, so only those are used whose
// encoding means the same in both; a MOVL $sym becomes LEA with a displacement
// relative to the program counter in 64-bit mode and absolute in 32-bit mode,
// hence the additions after it.
TEXT ·pvhEntry(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	MOVL	BX, BP
	MOVL	$BOOT_STACK, SP

	// A processor without 64-bit mode (SDM 2A, CPUID 80000001H: EDX bit 29) would
	// fault below, with nobody to say why.
	MOVL	$0x80000000, AX
	CPUID
	CMPL	AX, $0x80000001
	JCS	narrow
	MOVL	$0x80000001, AX
	CPUID
	BTL	$29, DX
	JCS	wide
narrow:
	JMP	narrow<>(SB)
wide:

	// Clear the tables, then link them. The top half's entry 256 is the direct
	// map at 0xffff800000000000, entry 0 the identity map.
	XORL	AX, AX
	MOVL	$BOOT_PML4, DI
	MOVL	$0x6000, CX
	REP; STOSB
	MOVL	$BOOT_PML4, DI
	MOVL	$(BOOT_PDPT+3), AX
	MOVL	AX, (DI)
	MOVL	AX, 2048(DI)
	MOVL	$BOOT_PDPT, DI
	MOVL	$(BOOT_PD+3), AX
	MOVL	AX, (DI)
	ADDL	$0x1000, AX
	MOVL	AX, 8(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 16(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 24(DI)
	MOVL	$BOOT_PD, DI
	MOVL	$0x83, AX	// present, writable, 2 MiB
	MOVL	$2048, CX
fill:
	MOVL	AX, (DI)
	ADDL	$8, DI
	ADDL	$0x200000, AX
	SUBL	$1, CX
	JNE	fill

	// SDM 3A 10.8.5: enter IA-32e mode.
	MOVL	$BOOT_PML4, AX
	MOVL	AX, CR3
	MOVL	CR4, AX
	ORL	$0x6a0, AX	// PAE, PGE, OSFXSR, OSXMMEXCPT
	MOVL	AX, CR4
	MOVL	$0xc0000080, CX	// EFER
	RDMSR
	ORL	$0x901, AX	// SCE, LME, NXE
	WRMSR
	MOVL	CR0, AX
	ANDL	$~0x4, AX	// EM: no x87 emulation
	ORL	$0x80010023, AX	// PG, WP, NE, MP, PE
	MOVL	AX, CR0

	CALL	pc<>(SB)
	MOVL	$·bootGDTR<>(SB), BX
	ADDL	$6, AX
	ADDL	BX, AX
	LGDT	(AX)
	CALL	pc<>(SB)
	MOVL	$start64<>(SB), BX
	ADDL	$6, AX
	ADDL	BX, AX
	PUSHQ	$0x08
	PUSHQ	AX
	RETFQ

// narrow says on the first serial port that the processor will not do, and ends the
// machine as package shutdown does, with its StatusRefused. It runs in 32-bit mode.
TEXT narrow<>(SB),NOSPLIT|NOFRAME,$0
	CALL	pc<>(SB)
	MOVL	$narrowText<>(SB), SI
	ADDL	$6, AX
	ADDL	AX, SI
say:
	MOVL	$0x3fd, DX	// line status
	INB
	TESTB	$0x20, AX	// room to send
	JEQ	say
	MOVB	(SI), AX
	TESTB	AX, AX
	JEQ	said
	MOVL	$0x3f8, DX
	OUTB
	ADDL	$1, SI
	JMP	say
said:
	MOVL	$78, AX
	MOVL	$0xe9, DX
	OUTB
	MOVL	$0xf4, DX
	OUTL
	MOVL	$6, AX
	MOVL	$0xcf9, DX
	OUTB
	HLT
	JMP	said

DATA narrowText<>+0x00(SB)/8, $"yolk: ca"
DATA narrowText<>+0x08(SB)/8, $"nnot sta"
DATA narrowText<>+0x10(SB)/8, $"rt: the "
DATA narrowText<>+0x18(SB)/8, $"processo"
DATA narrowText<>+0x20(SB)/8, $"r has no"
DATA narrowText<>+0x28(SB)/8, $" 64-bit "
DATA narrowText<>+0x30(SB)/8, $"mode\r\n\x00\x00"
GLOBL narrowText<>(SB), RODATA|NOPTR, $56

// pc returns its return address in AX, in either mode.
TEXT pc<>(SB),NOSPLIT|NOFRAME,$0
	POPQ	AX
	CALL	AX

TEXT start64<>(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, SS
	MOVW	AX, DS
	MOVW	AX, ES
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	MOVL	BP, R12	// start info
	// The stack by its direct-map address, which the kernel's tables keep.
	MOVQ	$(0xffff800000000000+BOOT_STACK), SP

	MOVQ	$·BootCPU(SB), BX
	CALL	·private(SB)

	SUBQ	$64, SP	// the callee's spill space for register arguments
	MOVQ	R12, AX
	MOVQ	·bootFn(SB), DX
	MOVQ	(DX), CX
	CALL	CX
	JMP	·resume(SB)

// private makes the CPU structure at BX this processor's: its fake g and its
// thread-local storage.
TEXT ·private(SB),NOSPLIT|NOFRAME,$0
	MOVQ	BX, 0(BX)
	LEAQ	88(BX), R14	// CPU.g
	MOVQ	R14, 24(BX)
	LEAQ	80(BX), AX	// CPU.tls+8
	MOVQ	R14, -8(AX)
	MOVQ	AX, 32(BX)
	MOVL	$0xc0000100, CX	// FS base
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	MOVQ	BX, AX
	MOVQ	BX, DX
	SHRQ	$32, DX
	MOVL	$0xc0000101, CX	// GS base
	WRMSR

	XORPS	X15, X15
	XORL	BP, BP
	RET

TEXT ·bootGDTAddr(SB),NOSPLIT,$0-8
	MOVQ	$·bootGDT<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
