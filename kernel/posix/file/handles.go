package file

import (
	"syscall"
	"unsafe"
)

// A fileHandle is struct file_handle with room for what names a file here, its number
// (name_to_handle_at(2), open_by_handle_at(2)). Full brings it in.
type fileHandle struct {
	length uint32 // of what follows typ, in bytes
	typ    int32
	ino    [8]byte
}

const handleLength = uint32(unsafe.Sizeof(fileHandle{}.ino))

// sysNameToHandle serves name_to_handle_at. A file of a host's folder has none.
func sysNameToHandle(dirfd uintptr, name pointer, h *fileHandle, mount *int32, flags int) syscall.Errno {
	const atSymlinkFollow = 0x400
	if h == nil || mount == nil {
		return syscall.EFAULT
	}
	if flags&^(atSymlinkFollow|atEmptyPath) != 0 || h.length > 128 {
		return syscall.EINVAL
	}
	i, e := lookup(dirfd, name, flags, flags&atSymlinkFollow != 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	*mount = 1 // as mountinfo has it
	switch {
	case i.Elsewhere():
		return syscall.EOPNOTSUPP
	case h.length < handleLength:
		h.length = handleLength
		return syscall.EOVERFLOW
	}
	h.length, h.typ = handleLength, 1
	ino := i.Ino()
	h.ino = *(*[8]byte)(unsafe.Pointer(&ino))
	return 0
}

// sysOpenByHandle serves open_by_handle_at. One that has no name any more is stale.
func sysOpenByHandle(mount uintptr, h *fileHandle, flags int) (uintptr, syscall.Errno) {
	if h == nil {
		return 0, syscall.EFAULT
	}
	d := get(mount)
	if d == nil {
		return 0, syscall.EBADF
	}
	d.put()
	if h.length != handleLength || h.typ != 1 || flags&syscall.O_CREAT != 0 {
		return 0, syscall.EINVAL
	}
	name := Tree().NameOf(*(*uint64)(unsafe.Pointer(&h.ino)))
	if name == "" {
		return 0, syscall.ESTALE
	}
	b := append([]byte(name), 0)
	return sysOpenat(here, pointer(&b[0]), flags, 0)
}
