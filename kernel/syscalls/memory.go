package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/mem"
)

const (
	mapFixed     = 0x10
	mapAnonymous = 0x20

	madvDontNeed = 4
	madvFree     = 8
)

// sysMmap (addr, length, prot, flags, fd, offset): what the runtime calls, which maps
// no files. kernel/posix/file serves the program's calls. With MAP_FIXED_NOREPLACE the
// address is a hint, as on a Linux older than that flag.
func sysMmap(f *arch.Frame) {
	if f.A3()&mapAnonymous == 0 {
		f.Return(fail(errNODEV))
		return
	}
	if f.A1() == 0 {
		f.Return(fail(errINVAL))
		return
	}
	if most, _ := exchangeLimit(limitSpace, nil); f.A1() > most.now {
		f.Return(fail(errNOMEM))
		return
	}
	va, ok := mem.Map(f.A0(), f.A1(), mem.Prot(f.A2()&7), f.A3()&mapFixed != 0)
	f.Return(va)
	if !ok {
		f.Return(fail(errNOMEM))
	}
}

func sysMunmap(f *arch.Frame) {
	if f.A0()%mem.PageSize != 0 || f.A1() == 0 {
		f.Return(fail(errINVAL))
		return
	}
	f.Return(status(mem.Unmap(f.A0(), f.A1()), errNOMEM))
}

func sysMprotect(f *arch.Frame) {
	switch mem.Protect(f.A0(), f.A1(), mem.Prot(f.A2()&7)) {
	case mem.Done:
		f.Return(0)
	case mem.Denied:
		f.Return(fail(errACCES))
	default:
		f.Return(fail(errNOMEM))
	}
}

// sysMadvise gives pages back at once for both MADV_DONTNEED and MADV_FREE; the
// other advice is about things this machine does not have.
func sysMadvise(f *arch.Frame) {
	if f.A2() == madvDontNeed || f.A2() == madvFree {
		mem.Discard(f.A0(), f.A1())
	}
	f.Return(0)
}

// sysMincore (addr, length, vec).
func sysMincore(f *arch.Frame) {
	pages := (f.A1() + mem.PageSize - 1) / mem.PageSize
	if f.A0()%mem.PageSize != 0 {
		f.Return(fail(errINVAL))
		return
	}
	if !mem.Covered(f.A0(), pages*mem.PageSize) {
		f.Return(fail(errNOMEM))
		return
	}
	if !user(f.A2(), pages) {
		f.Return(fail(errFAULT))
		return
	}
	vec := mem.Bytes(uintptr(f.A2()), pages)
	for i := range vec {
		vec[i] = 0
		if mem.Populated(f.A0() + uint64(i)*mem.PageSize) {
			vec[i] = 1
		}
	}
	f.Return(0)
}

// status is 0 for ok and the negated error otherwise.
func status(ok bool, errno uint64) uint64 {
	if ok {
		return 0
	}
	return fail(errno)
}

func sysDMAAlloc(f *arch.Frame) {
	pa, ok := uint64(0), false
	if f.A0() < 20 { // which an int holds; the allocators refuse what is too much for them
		pa, ok = mem.Alloc(int(f.A0()))
	}
	f.Return(pa)
	if !ok {
		f.Return(fail(errNOMEM))
	}
}

func sysDMAFree(f *arch.Frame) {
	mem.Free(f.A0(), int(f.A1()))
	f.Return(0)
}

// sysFrames (address, pages, p) tells of no more than FramesMost pages, and of none that are
// not the Go heap's: a file's may go at any time.
func sysFrames(f *arch.Frame) {
	if !user(f.A2(), abi.FramesMost*8) {
		f.Return(fail(errFAULT))
		return
	}
	var to [abi.FramesMost]uint64
	n := mem.Frames(uintptr(f.A0()), to[:min(f.A1(), abi.FramesMost)])
	for i := range n { // with no lock held: it may have to be populated
		*u64(f.A2() + uint64(i)*8) = to[i]
	}
	f.Return(uint64(n))
}

func sysMapDevice(f *arch.Frame) {
	va := mem.MapDevice(f.A0(), f.A1())
	f.Return(uint64(va))
	if va == 0 {
		f.Return(fail(errNOMEM))
	}
}
