package file

import "syscall"

// The calls that make, remove and change names. The plain forms are the *at
// forms with AT_FDCWD; Handle adds it.

func sysMkdirat(dirfd uintptr, p pointer, mode uint32) syscall.Errno {
	dir, name, e := pathAt(dirfd, p)
	if e != 0 {
		return e
	}
	return Tree().Mkdir(dir, name, mode&^umask())
}

func sysMknodat(dirfd uintptr, p pointer, mode uint32, dev uint64) syscall.Errno {
	switch mode & syscall.S_IFMT {
	case 0, syscall.S_IFREG, syscall.S_IFIFO, syscall.S_IFSOCK, syscall.S_IFCHR, syscall.S_IFBLK:
	case syscall.S_IFDIR:
		return syscall.EPERM
	default:
		return syscall.EINVAL
	}
	dir, name, e := pathAt(dirfd, p)
	if e != 0 {
		return e
	}
	_, e = Tree().Mknod(dir, name, mode&^umask(), dev)
	return e
}

// sysUnlinkat serves unlink, rmdir and unlinkat.
func sysUnlinkat(dirfd uintptr, p pointer, flags int) syscall.Errno {
	if flags&^atRemovedir != 0 {
		return syscall.EINVAL
	}
	dir, name, e := pathAt(dirfd, p)
	if e != 0 {
		return e
	}
	if flags != 0 {
		return Tree().Rmdir(dir, name)
	}
	return Tree().Unlink(dir, name)
}

func sysRenameat(odirfd uintptr, op pointer, ndirfd uintptr, np pointer, flags uint) syscall.Errno {
	if flags&^3 != 0 || flags == 3 { // NOREPLACE and EXCHANGE
		return syscall.EINVAL
	}
	// Too long a name is found in turn, after the old name's directory.
	oname, e := path(op)
	if e != 0 {
		return e
	}
	nname, e := path(np)
	if e != 0 && e != syscall.ENAMETOOLONG {
		return e
	}
	odir, e := base(odirfd, oname)
	if e != 0 {
		return e
	}
	ndir, e := base(ndirfd, nname)
	if e != 0 {
		return e
	}
	return Tree().Rename(odir, oname, ndir, nname, flags)
}

func sysLinkat(odirfd uintptr, op pointer, ndirfd uintptr, np pointer, flags int) syscall.Errno {
	if flags&^(atSymlinkFollow|atEmptyPath) != 0 {
		return syscall.EINVAL
	}
	i, e := lookup(odirfd, op, flags, flags&atSymlinkFollow != 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	dir, name, e := pathAt(ndirfd, np)
	if e != 0 {
		return e
	}
	return Tree().Link(i, dir, name)
}

func sysSymlinkat(target pointer, dirfd uintptr, p pointer) syscall.Errno {
	to, e := path(target)
	if e != 0 {
		return e
	}
	dir, name, e := pathAt(dirfd, p)
	if e != 0 {
		return e
	}
	return Tree().Symlink(to, dir, name)
}
