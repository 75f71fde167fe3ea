#include "textflag.h"

// trampoline is what another processor executes first, in real mode at the start
// of a page below 1 MiB that the kernel copies it to. It turns on long mode in
// one step (SDM 3A, 10.8.5; CS is the page) and enters secondaryEntry. The
// assembler knows no 16-bit code, hence the bytes; the words from 0x80 on are
// Trampoline's fields.
TEXT ·trampoline(SB),NOSPLIT|NOFRAME,$0
	BYTE $0xfa	// 00 cli
	BYTE $0xfc	// 01 cld
	BYTE $0x8c; BYTE $0xc8	// 02 mov ax, cs
	BYTE $0x8e; BYTE $0xd8	// 04 mov ds, ax
	BYTE $0x66; BYTE $0x8b; BYTE $0x1e; BYTE $0x80; BYTE $0x00	// 06 mov ebx, [cr4]
	BYTE $0x0f; BYTE $0x22; BYTE $0xe3	// 0b mov cr4, ebx
	BYTE $0x66; BYTE $0x8b; BYTE $0x1e; BYTE $0x84; BYTE $0x00	// 0e mov ebx, [cr3]
	BYTE $0x0f; BYTE $0x22; BYTE $0xdb	// 13 mov cr3, ebx
	BYTE $0x66; BYTE $0xb9; LONG $0xc0000080	// 16 mov ecx, EFER
	BYTE $0x0f; BYTE $0x32	// 1c rdmsr
	BYTE $0x66; BYTE $0x0d; LONG $0x00000901	// 1e or eax, SCE|LME|NXE
	BYTE $0x0f; BYTE $0x30	// 24 wrmsr
	BYTE $0x66; BYTE $0x0f; BYTE $0x01; BYTE $0x16; BYTE $0x8c; BYTE $0x00	// 26 lgdt [gdtr]
	BYTE $0x66; BYTE $0x8b; BYTE $0x1e; BYTE $0x88; BYTE $0x00	// 2c mov ebx, [cr0]
	BYTE $0x0f; BYTE $0x22; BYTE $0xc3	// 31 mov cr0, ebx
	BYTE $0x66; BYTE $0xff; BYTE $0x2e; BYTE $0x94; BYTE $0x00	// 34 jmp far [wide]
	BYTE $0x48; BYTE $0x8b; BYTE $0x1d; LONG $0x60	// 39 mov rbx, [rip+0x60]: cpu at a0
	BYTE $0x48; BYTE $0x8b; BYTE $0x05; LONG $0x61	// 40 mov rax, [rip+0x61]: entry at a8
	BYTE $0xff; BYTE $0xe0	// 47 jmp rax

// secondaryEntry is reached with BX = the CPU structure, in long mode with the
// kernel's page tables.
TEXT ·secondaryEntry(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, SS
	MOVW	AX, DS
	MOVW	AX, ES
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	MOVQ	16(BX), SP	// CPU.StackTop
	CALL	·private(SB)
	SUBQ	$64, SP	// the callee's spill space for register arguments
	MOVQ	BX, AX
	MOVQ	·secondaryFn(SB), DX
	MOVQ	(DX), CX
	CALL	CX
	JMP	·resume(SB)

TEXT ·trampolinePC(SB),NOSPLIT,$0-8
	MOVQ	$·trampoline(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·secondaryEntryPC(SB),NOSPLIT,$0-8
	MOVQ	$·secondaryEntry(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT ·readCR0(SB),NOSPLIT,$0-8
	MOVQ	CR0, AX
	MOVQ	AX, ret+0(FP)
	RET
