package file

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// An object is one of the kernel's, named by the physical address of its head. Its
// tables are read where all RAM is mapped. A word of them is a physical address that
// the kernel put there, of a frame that stays until the owner of the object, who calls
// this, takes it away.
type object uintptr

// word reads a word of a head or table.
func word(frame, i uintptr) uintptr {
	return atomic.LoadUintptr((*uintptr)(unsafe.Pointer(abi.Direct + frame + i*8)))
}

func (o object) Page(index int64) []byte {
	table, height := word(uintptr(o), abi.ObjectRoot), word(uintptr(o), abi.ObjectHeight)
	if index>>(9*height) >= abi.ObjectFanout {
		return nil
	}
	for ; ; height-- {
		if table = word(table, uintptr(index>>(9*height)&(abi.ObjectFanout-1))) &^ abi.ObjectDirty; table == 0 {
			return nil
		}
		if height == 0 {
			return unsafe.Slice((*byte)(unsafe.Pointer(abi.Direct+table)), abi.PageSize)
		}
	}
}

func (o object) Fill(index, n int64) int64 {
	done, _, _ := syscall.RawSyscall(abi.SysObjectFill, uintptr(o), uintptr(index), uintptr(n))
	return int64(done)
}

func (o object) Resize(size int64) bool {
	_, _, e := syscall.RawSyscall(abi.SysObjectSize, uintptr(o), uintptr(size), 0)
	return e == 0
}

func (o object) Drop(index, n int64) {
	syscall.RawSyscall(abi.SysObjectDrop, uintptr(o), uintptr(index), uintptr(n))
}

func (o object) Clean(index, n int64) (first, count int64, shown bool) {
	r, _, _ := syscall.RawSyscall(abi.SysObjectClean, uintptr(o), uintptr(index), uintptr(n))
	return int64(r >> abi.ObjectFirst), int64(r >> abi.ObjectCount & abi.ObjectMost), r&abi.ObjectShown != 0
}

func (o object) Count() int64 { return int64(word(uintptr(o), abi.ObjectFrames)) }

func (o object) Free() { syscall.RawSyscall(abi.SysObjectFree, uintptr(o), 0, 0) }

// newObject makes an object that is at first like base, which is the image's and stays.
// With track it knows which pages mappings write to.
func newObject(base []byte, track bool) ramfs.Frames {
	how := uintptr(0)
	if track {
		how = 1
	}
	o, _, e := syscall.RawSyscall(abi.SysObjectNew, uintptr(unsafe.Pointer(unsafe.SliceData(base))), uintptr(len(base)), how)
	if e != 0 {
		return nil
	}
	return object(o)
}

// mapObject maps frames from a page on, or zero memory if there are none.
func mapObject(addr, n uintptr, prot, flags int, frames ramfs.Frames, page int64) (uintptr, syscall.Errno) {
	o, _ := frames.(object)
	va, _, e := syscall.RawSyscall6(abi.SysObjectMap, addr, n, uintptr(prot), uintptr(flags), uintptr(o), uintptr(page))
	return va, e
}

// unmapObject ends what mapObject began.
func unmapObject(addr, n uintptr) syscall.Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_MUNMAP, addr, n, 0)
	return e
}

// objectBytes is the memory of all objects, and sets how much it may be.
func objectBytes(most int64) int64 {
	frames, _, _ := syscall.RawSyscall(abi.SysObjectFrames, uintptr(most/abi.PageSize), 0, 0)
	return int64(frames) * abi.PageSize
}
