package file

import (
	"syscall"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// Mapping files. A file that is mapped has its content in an object of the kernel's
// (abi.SysObjectNew), whose frames mappings show and reads and writes use. What then
// happens to a mapping (munmap, mprotect, mremap, a page fault) is the kernel's alone.

// The memory that files share with mappings; a test has its own.
var (
	newFrames   = newObject
	mapFrames   = mapObject
	unmapFrames = unmapObject
	sharedBytes = objectBytes
)

// sysMmap serves mmap of a file: without one it traps (boot/overlay), since a package may
// call it before this one can serve it. PROT_EXEC is allowed, as on any file system without noexec.
func sysMmap(addr, n uintptr, prot, flags int, fd uintptr, off int64) (uintptr, syscall.Errno) {
	const mapType, validate = 0xf, 3
	shared := flags&mapType == syscall.MAP_SHARED || flags&mapType == validate
	switch {
	case !shared && flags&mapType != syscall.MAP_PRIVATE, off%abi.PageSize != 0 || off < 0, n == 0:
		return 0, syscall.EINVAL
	case off+int64(n) < 0:
		return 0, syscall.EOVERFLOW
	}
	d := getOpen(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	if !d.readable() || shared && prot&syscall.PROT_WRITE != 0 && !d.writable() {
		return 0, syscall.EACCES
	}
	if m, ok := d.file.(*memDevice); ok && m.kind == devZero {
		return mapFrames(addr, n, prot, flags, nil, 0)
	}
	f, ok := d.file.(*regular)
	if !ok || f.inode.Generate != nil {
		return 0, syscall.ENODEV
	}
	if shared {
		flags = flags&^mapType | syscall.MAP_SHARED
		if !d.writable() {
			flags |= abi.ObjectNoWrite
		}
	}
	return mapInode(f.inode, addr, n, prot, flags, off)
}

// mapInode maps n bytes of a file from off on, by flags that are right.
func mapInode(i *ramfs.Inode, addr, n uintptr, prot, flags int, off int64) (uintptr, syscall.Errno) {
	write := flags&syscall.MAP_SHARED != 0 && flags&abi.ObjectNoWrite == 0
	Tree().Sharing(sharedBytes)
	frames, e := i.Share(ramfs.Part{Off: off, Size: int64(n), Write: write}, newFrames)
	if e == syscall.ENOSPC {
		e = syscall.ENOMEM
	}
	if e != 0 {
		return 0, e
	}
	defer i.Shared()
	if o, ok := frames.(object); ok {
		o.called(i)
	}
	return mapFrames(addr, n, prot, flags, frames, off/abi.PageSize)
}

// sysMsync serves msync. The memory of a map is the file's; that of a file elsewhere is
// written there, all of it, whichever map is meant.
func sysMsync(addr, n, flags uintptr) syscall.Errno {
	const both = syscall.MS_ASYNC | syscall.MS_SYNC
	switch {
	case addr%abi.PageSize != 0 || flags&^(both|syscall.MS_INVALIDATE) != 0 || flags&both == both:
		return syscall.EINVAL
	case n == 0:
		return 0
	}
	if _, _, e := syscall.RawSyscall(abi.SysObjectSync, addr, n, flags); e != 0 {
		return e
	}
	return Tree().Flush(flags&syscall.MS_SYNC != 0)
}

var _ ramfs.Frames = object(0)
