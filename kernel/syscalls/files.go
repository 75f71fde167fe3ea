package syscalls

import (
	"yolk/arch"
	"yolk/kernel/abi"
	"yolk/kernel/mem"
)

// What only programs call that map files, or that move mappings.

const (
	mapShared    = 0x01
	mapNoReplace = 0x100000

	mremapMayMove = 1
	mremapFixed   = 2

	madvRemove = 9
)

// ServeFiles has the kernel map files, tell of mappings and threads, and keep signals to be
// read. An image whose program makes no system calls of
// its own does not call it, and is 20 KB smaller.
//
//yolk:goroutine
func ServeFiles() {
	mem.ServeObjects()
	calls[nrMremap] = sysMremap
	calls[nrMsync] = sysMsync
	calls[nrMadvise] = sysMadviseFile
	for i, serve := range [...]func(*arch.Frame){
		sysObjectNew, sysObjectSize, sysObjectFill, sysObjectDrop, sysObjectFree, sysObjectFrames, sysObjectMap, sysObjectClean, sysMsync,
		sysRegion, sysThread, sysProcessor, sysInterrupts, sysResident, sysSignalTake, sysSignalWatch,
	} {
		yolkCalls[abi.SysObjectNew-abi.SysFirst+i] = serve
	}
}

// sysObjectMap (addr, length, prot, flags, object, page): the flags are mmap's, and
// abi.ObjectNoWrite.
func sysObjectMap(f *arch.Frame) { f.Return(mmap(f, mem.Object(f.A4()), f.A5())) }

func mmap(f *arch.Frame, o mem.Object, page uint64) uint64 {
	va, n, prot, flags := f.A0(), f.A1(), mem.Prot(f.A2()&7), f.A3()
	fixed := flags&mapFixed != 0
	if n == 0 {
		return fail(errINVAL)
	}
	if flags&mapNoReplace != 0 {
		if mem.Mapped(va, n) {
			return fail(errEXIST)
		}
		fixed = true
	}
	kind := mem.Kind(0)
	if flags&mapShared != 0 {
		kind |= mem.Shared
	}
	if flags&abi.ObjectNoWrite != 0 {
		kind |= mem.ReadOnly
	}
	if o == 0 {
		kind = 0
	}
	va, ok := mem.MapObject(va, n, o, page, kind, prot, fixed)
	if !ok {
		return fail(errNOMEM)
	}
	return va
}

// sysMremap (addr, old length, new length, flags, new addr).
func sysMremap(f *arch.Frame) {
	va, old, size, flags, place := f.A0(), f.A1(), f.A2(), f.A3(), uint64(0)
	if flags&mremapFixed != 0 {
		place = f.A4()
	}
	wrong := flags&^(mremapMayMove|mremapFixed) != 0 || flags == mremapFixed || va%mem.PageSize != 0 || size == 0
	if flags&mremapFixed != 0 {
		wrong = wrong || place == 0 || place%mem.PageSize != 0 || !mem.Lower(place, size) || !mem.Lower(va, old) ||
			place < va+old && va < place+size
	}
	if wrong {
		f.Return(fail(errINVAL))
		return
	}
	va, r := mem.Move(va, old, size, flags&mremapMayMove != 0, place)
	switch r {
	case mem.Done:
		f.Return(va)
	case mem.NoRegion:
		f.Return(fail(errFAULT))
	default:
		f.Return(fail(errNOMEM))
	}
}

// sysMsync (addr, length, flags): a file is the memory that its mappings show, so that
// there is nothing to write; what is to be written elsewhere kernel/posix/file writes,
// which asks whether the call is right.
func sysMsync(f *arch.Frame) {
	const async, invalidate, sync = 1, 2, 4
	how := f.A2()
	if f.A0()%mem.PageSize != 0 || how&^(async|invalidate|sync) != 0 || how&(async|sync) == async|sync {
		f.Return(fail(errINVAL))
		return
	}
	n := (f.A1() + mem.PageSize - 1) &^ (mem.PageSize - 1)
	f.Return(status(mem.Covered(f.A0(), n), errNOMEM))
}

// sysMadviseFile is sysMadvise, which takes pages of a shared file away for MADV_REMOVE.
func sysMadviseFile(f *arch.Frame) {
	if f.A2() == madvRemove {
		f.Return(status(mem.Remove(f.A0(), f.A1()), errINVAL))
		return
	}
	sysMadvise(f)
}

// The calls on objects come from kernel/posix, which made them: they are not checked.

func sysObjectNew(f *arch.Frame) {
	o := mem.NewObject(f.A0(), f.A1())
	f.Return(uint64(o))
	if o == 0 {
		f.Return(fail(errNOMEM))
	} else if f.A2() != 0 {
		o.Track()
	}
}

func sysObjectClean(f *arch.Frame) {
	first, count, shown := mem.Object(f.A0()).Clean(f.A1(), f.A2(), abi.ObjectMost)
	r := first<<abi.ObjectFirst | count<<abi.ObjectCount
	if shown {
		r |= abi.ObjectShown
	}
	f.Return(r)
}

func sysObjectSize(f *arch.Frame) {
	f.Return(status(mem.Object(f.A0()).Resize(f.A1()), errNOMEM))
}

func sysObjectFill(f *arch.Frame) { f.Return(mem.Object(f.A0()).Fill(f.A1(), f.A2())) }

func sysObjectDrop(f *arch.Frame) {
	mem.Object(f.A0()).Drop(f.A1(), f.A2())
	f.Return(0)
}

func sysObjectFree(f *arch.Frame) {
	mem.Object(f.A0()).Free()
	f.Return(0)
}

func sysObjectFrames(f *arch.Frame) { f.Return(mem.ObjectFrames(f.A0())) }
