package syscalls

import (
	"yolk/arch"
	"yolk/arch/amd64"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
)

// The signal frame, as Linux builds it on x86-64 (System V ABI, AMD64
// supplement; struct rt_sigframe). Offsets are from the stack pointer that the
// handler starts with; after the handler's RET the stack pointer is the
// address of the ucontext.
//
//	  0  return address: the action's restorer
//	  8  ucontext: flags, link, stack (24), mcontext (256), sigmask
//	312  siginfo, 128 bytes
//	  -  XSAVE area, 64-byte aligned
const (
	ucStack   = 16
	ucContext = 40
	ucMask    = 296
	ucSize    = 304
	infoSize  = 128
	mcFPState = 184 // index 23
)

// enter makes t run the handler of sig when it is resumed.
func enter(t *sched.Thread, sig uint64, code int32, addr uint64) {
	a := exchange(sig, nil)
	const redZone = 128 // below the stack pointer, which leaf functions use
	fp := (a.stack(t, t.SP-redZone) - arch.FPAreaSize) &^ 63
	info := fp - infoSize
	uc := info - ucSize
	clear(mem.Bytes(uintptr(uc), ucSize+infoSize))

	putInfo(info, sig, code, addr)
	*u64(uc + ucStack), *u64(uc + ucStack + 16) = t.AltStack, t.AltSize
	saveContext(t, uc+ucContext, addr)
	if t.FPSaved != 0 {
		copy(mem.Bytes(uintptr(fp), arch.FPAreaSize), mem.Bytes(uintptr(t.FPArea), arch.FPAreaSize))
		*u64(uc + ucContext + mcFPState) = fp
		t.FPSaved = 0
	}
	*u64(uc + ucMask) = t.SigMask
	a.mask(t, sig)

	*u64(uc - 8) = a.restorer
	t.SP = uc - 8
	t.PC = a.handler
	t.AX, t.DI, t.SI, t.DX = 0, sig, info, uc
	t.Flags &^= amd64.FlagDF | amd64.FlagTF
	t.Vector = 0
}

// saveContext writes the general registers to the mcontext at mc.
func saveContext(t *sched.Thread, mc, addr uint64) {
	g := (*[23]uint64)(Pointer(mc))
	g[0], g[1], g[2], g[3] = t.R8, t.R9, t.R10, t.R11
	g[4], g[5], g[6], g[7] = t.R12, t.R13, t.R14, t.R15
	g[8], g[9], g[10], g[11] = t.DI, t.SI, t.BP, t.BX
	g[12], g[13], g[14], g[15] = t.DX, t.AX, t.CX, t.SP
	g[16], g[17], g[18] = t.PC, t.Flags, t.CS
	g[19], g[20], g[22] = t.Error, t.Vector, addr
}

// sysSigreturn restores what enter saved, with the handler's changes.
func sysSigreturn(*arch.Frame) {
	t := current()
	uc := t.SP
	if !user(uc, ucSize) {
		Raise(sigSEGV, segvMap, uc)
		return
	}
	g := (*[24]uint64)(Pointer(uc + ucContext))
	t.R8, t.R9, t.R10, t.R11 = g[0], g[1], g[2], g[3]
	t.R12, t.R13, t.R14, t.R15 = g[4], g[5], g[6], g[7]
	t.DI, t.SI, t.BP, t.BX = g[8], g[9], g[10], g[11]
	t.DX, t.AX, t.CX, t.SP = g[12], g[13], g[14], g[15]
	t.PC = g[16]
	const changeable = 0xcd5 | amd64.FlagAC // arithmetic flags, DF, AC
	t.Flags = g[17]&changeable | amd64.FlagIF | 2
	t.Vector = 0
	t.SigMask = *u64(uc + ucMask) &^ (bit(sigKILL) | bit(sigSTOP))
	if fp := g[23]; fp != 0 && fp == uc+ucSize+infoSize && user(fp, arch.FPAreaSize) {
		copy(mem.Bytes(uintptr(t.FPArea), arch.FPAreaSize), mem.Bytes(uintptr(fp), arch.FPAreaSize))
		t.FPSaved = 1
	}
}

// Exception turns a processor exception in the current thread into its signal.
func Exception(vector, addr uint64) {
	t := current()
	switch vector {
	case amd64.VectorPage:
		Raise(sigSEGV, segvMap, addr)
	case amd64.VectorDivide, amd64.VectorFPU, amd64.VectorSIMD:
		Raise(sigFPE, fpeDiv, t.PC)
	case amd64.VectorBreakpoint, amd64.VectorDebug:
		Raise(sigTRAP, trapBkpt, t.PC)
	case amd64.VectorInvalidOp:
		Raise(4, 2, t.PC) // SIGILL, ILL_ILLOPN
	default:
		Raise(sigSEGV, siKernel, 0)
	}
}
