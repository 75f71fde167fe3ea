package syscalls

import (
	"yolk/arch"
	"yolk/arch/arm64"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// The signal frame, as Linux builds it on arm64 (struct rt_sigframe, struct
// ucontext, struct sigcontext). Offsets are from the stack pointer that the
// handler starts with:
//
//	  0  siginfo, 128 bytes
//	128  ucontext: flags, link, stack (24), sigmask (8 of 128 bytes)
//	304    mcontext: fault address, X0 to X30, SP, PC, PSTATE
//	592    records, 16-byte aligned, here that of the vector registers, then
//	     an empty one
const (
	sfInfo    = 0
	sfContext = 128
	ucStack   = 16
	ucMask    = 40
	ucMachine = 176
	sfMachine = sfContext + ucMachine
	sfRecords = sfMachine + 288
	sfSize    = sfRecords + recordSize + 16
)

// The record of the vector registers (struct fpsimd_context): magic, size,
// FPSR and FPCR of 32 bits each, V0 to V31.
const (
	recordMagic = 0x46508001
	recordSize  = 528
	recordFPSR  = 8
	recordV     = 16
	vectorBytes = 512
)

// enter makes t run the handler of sig when it is resumed. The runtime gives no
// restorer: the handler returns to code of ours that calls rt_sigreturn.
func enter(t *sched.Thread, sig uint64, code int32, addr uint64) {
	a := exchange(sig, nil)
	sp := (a.stack(t, t.SP) - sfSize) &^ 15
	clear(mem.Bytes(uintptr(sp), sfSize))

	putInfo(sp+sfInfo, sig, code, addr)
	uc := sp + sfContext
	*u64(uc + ucStack), *u64(uc + ucStack + 16) = t.AltStack, t.AltSize
	*u64(uc + ucMask) = t.SigMask
	m := (*[35]uint64)(Pointer(sp + sfMachine))
	m[0] = addr
	copy(m[1:32], t.X[:])
	m[32], m[33], m[34] = t.SP, t.PC, t.Flags
	if t.FPSaved != 0 {
		saveVectors(sp+sfRecords, t.FPArea)
		t.FPSaved = 0
	}
	a.mask(t, sig)

	t.SP, t.PC = sp, a.handler
	t.X[0], t.X[1], t.X[2] = sig, sp+sfInfo, uc
	t.X[29], t.X[30] = 0, uint64(arm64.SignalReturn())
	t.Flags = arm64.FlagsBoot
}

// saveVectors writes a record from an FPArea, restoreVectors the reverse.
func saveVectors(record, area uint64) {
	*u32(record), *u32(record + 4) = recordMagic, recordSize
	*u32(record + recordFPSR) = *u32(area + vectorBytes)
	*u32(record + recordFPSR + 4) = *u32(area + vectorBytes + 8)
	copy(mem.Bytes(uintptr(record+recordV), vectorBytes), mem.Bytes(uintptr(area), vectorBytes))
}

func restoreVectors(area, record uint64) {
	*u64(area + vectorBytes) = uint64(*u32(record + recordFPSR))
	*u64(area + vectorBytes + 8) = uint64(*u32(record + recordFPSR + 4))
	copy(mem.Bytes(uintptr(area), vectorBytes), mem.Bytes(uintptr(record+recordV), vectorBytes))
}

// sysSigreturn restores what enter saved, with the handler's changes.
func sysSigreturn(*arch.Frame) {
	t := current()
	sp := t.SP
	if !user(sp, sfSize) {
		Raise(sigSEGV, segvMap, sp)
		return
	}
	m := (*[35]uint64)(Pointer(sp + sfMachine))
	copy(t.X[:], m[1:32])
	t.SP, t.PC = m[32], m[33]
	t.Flags = arm64.FlagsBoot | m[34]&arm64.FlagsUser
	t.SigMask = *u64(sp + sfContext + ucMask) &^ (bit(sigKILL) | bit(sigSTOP))
	if r := sp + sfRecords; *u32(r) == recordMagic && *u32(r + 4) == recordSize {
		restoreVectors(t.FPArea, r)
		t.FPSaved = 1
	}
}

// Codes of signals (Linux include/uapi/asm-generic/siginfo.h).
const (
	sigILL = 4

	illOpcode = 1
	busAlign  = 1
	busObject = 3
	segvAcces = 2
	fpeFlt    = 8
)

// Exception turns a processor exception in the current thread into its signal.
func Exception(esr, addr uint64) {
	t := current()
	if code, ok := arm64.PageFault(esr); ok {
		if code&arm64.FaultPresent != 0 {
			Raise(sigSEGV, segvAcces, addr)
			return
		}
		Raise(sigSEGV, segvMap, addr)
		return
	}
	switch arm64.Class(esr) {
	case arm64.ClassFetch, arm64.ClassData:
		Raise(sigBUS, busObject, addr)
	case arm64.ClassPCAlign:
		Raise(sigBUS, busAlign, t.PC)
	case arm64.ClassSPAlign:
		Raise(sigBUS, busAlign, t.SP)
	case arm64.ClassFP:
		Raise(sigFPE, fpeFlt, t.PC)
	case arm64.ClassBRK, arm64.ClassBreakpoint, arm64.ClassStep, arm64.ClassWatchpoint:
		Raise(sigTRAP, trapBkpt, t.PC)
	case arm64.ClassUnknown, arm64.ClassIllegal, arm64.ClassSystem, arm64.ClassSVE, arm64.ClassSME,
		arm64.ClassPAC, arm64.ClassBranch:
		Raise(sigILL, illOpcode, t.PC)
	default:
		Raise(sigSEGV, siKernel, 0)
	}
}
