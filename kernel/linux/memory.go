package linux

import (
	"yolk/arch/amd64"
	"yolk/kernel/mem"
)

const (
	mapFixed          = 0x10
	mapAnonymous      = 0x20
	mapFixedNoReplace = 0x100000

	madvDontNeed = 4
	madvFree     = 8
)

// sysMmap (addr, length, prot, flags, fd, offset): anonymous memory only.
func sysMmap(f *amd64.Frame) {
	if f.R10&mapAnonymous == 0 {
		f.AX = fail(errNODEV)
		return
	}
	if f.SI == 0 {
		f.AX = fail(errINVAL)
		return
	}
	fixed := f.R10&(mapFixed|mapFixedNoReplace) != 0
	va, ok := mem.Map(f.DI, f.SI, mem.Prot(f.DX&7), fixed)
	f.AX = va
	if !ok {
		f.AX = fail(errNOMEM)
	}
}

func sysMunmap(f *amd64.Frame) {
	f.AX = status(mem.Unmap(f.DI, f.SI), errINVAL)
}

func sysMprotect(f *amd64.Frame) {
	f.AX = status(mem.Protect(f.DI, f.SI, mem.Prot(f.DX&7)), errNOMEM)
}

// sysMadvise gives pages back at once for both MADV_DONTNEED and MADV_FREE; the
// other advice is about things this machine does not have.
func sysMadvise(f *amd64.Frame) {
	if f.DX == madvDontNeed || f.DX == madvFree {
		mem.Discard(f.DI, f.SI)
	}
	f.AX = 0
}

// sysMincore (addr, length, vec).
func sysMincore(f *amd64.Frame) {
	pages := (f.SI + mem.PageSize - 1) / mem.PageSize
	if f.DI%mem.PageSize != 0 {
		f.AX = fail(errINVAL)
		return
	}
	if !user(f.DI, f.SI) {
		f.AX = fail(errNOMEM)
		return
	}
	if !user(f.DX, pages) {
		f.AX = fail(errFAULT)
		return
	}
	vec := mem.Bytes(uintptr(f.DX), pages)
	for i := range vec {
		vec[i] = 0
		if mem.Populated(f.DI + uint64(i)*mem.PageSize) {
			vec[i] = 1
		}
	}
	f.AX = 0
}

// status is 0 for ok and the negated error otherwise.
func status(ok bool, errno uint64) uint64 {
	if ok {
		return 0
	}
	return fail(errno)
}

func sysDMAAlloc(f *amd64.Frame) {
	pa, ok := uint64(0), false
	if f.DI < 20 {
		pa, ok = mem.Alloc(int(f.DI))
	}
	f.AX = pa
	if !ok {
		f.AX = fail(errNOMEM)
	}
}

func sysDMAFree(f *amd64.Frame) {
	mem.Free(f.DI)
	f.AX = 0
}

func sysMapDevice(f *amd64.Frame) {
	f.AX = uint64(mem.MapDevice(f.DI, f.SI))
	if f.AX == 0 {
		f.AX = fail(errNOMEM)
	}
}
