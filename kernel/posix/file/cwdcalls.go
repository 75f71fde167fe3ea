package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

func sysChdir(p pointer) syscall.Errno {
	i, e := lookup(here, p, 0, true)
	if e != 0 {
		return e
	}
	defer i.Release()
	return setCwd(i)
}

func sysFchdir(fd uintptr) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	n, ok := d.file.(noded)
	if !ok {
		return syscall.ENOTDIR
	}
	return setCwd(n.node())
}

// setCwd makes a folder the current one. When it is removed it stays that, empty, and
// getcwd answers ENOENT, as on Linux.
func setCwd(i *ramfs.Inode) syscall.Errno {
	if !i.IsDir() {
		return syscall.ENOTDIR
	}
	i.Use()
	if old := cwd.Swap(i); old != nil {
		old.Release()
	}
	return 0
}

// sysGetcwd returns the length with the terminating zero, as the call does.
func sysGetcwd(p pointer, n uintptr) (int, syscall.Errno) {
	b, e := view(p, n)
	if e != 0 {
		return 0, e
	}
	name, e := Tree().Path(folder())
	if e != 0 {
		return 0, e
	}
	if len(name)+1 > len(b) {
		return 0, syscall.ERANGE
	}
	b[copy(b, name)] = 0
	return len(name) + 1, 0
}
