package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// base returns the directory a path starts at: dirfd's inode or the working
// directory. For an absolute path dirfd is not looked at.
func base(dirfd uintptr, path string) (*ramfs.Inode, syscall.Errno) {
	start()
	if int32(dirfd) == atFdcwd || path != "" && path[0] == '/' {
		return folder(), 0
	}
	d := get(dirfd)
	if d == nil {
		return nil, syscall.EBADF
	}
	defer d.put()
	if n, ok := d.file.(noded); ok {
		if path != "" && !n.node().IsDir() {
			return nil, syscall.ENOTDIR
		}
		return n.node(), 0
	}
	return nil, syscall.ENOTDIR
}

// pathAt reads a path argument and finds where it starts.
func pathAt(dirfd uintptr, p pointer) (dir *ramfs.Inode, name string, e syscall.Errno) {
	if name, e = path(p); e == 0 {
		dir, e = base(dirfd, name)
	}
	return dir, name, e
}

// lookup resolves a path argument. With atEmptyPath in flags an empty path is
// dirfd itself. The caller releases what it gets.
func lookup(dirfd uintptr, p pointer, flags int, follow bool) (*ramfs.Inode, syscall.Errno) {
	dir, name, e := pathAt(dirfd, p)
	if e != 0 {
		return nil, e
	}
	if name == "" && flags&atEmptyPath != 0 {
		dir.Use()
		return dir, 0
	}
	return Tree().Lookup(dir, name, follow)
}

// sysOpenat serves open, openat and creat.
func sysOpenat(dirfd uintptr, p pointer, flags int, mode uint32) (uintptr, syscall.Errno) {
	return openWithin(dirfd, p, flags, mode, 0)
}

// openWithin is sysOpenat with flags of openat2 for the path.
func openWithin(dirfd uintptr, p pointer, flags int, mode uint32, resolve int) (uintptr, syscall.Errno) {
	if flags&oPath != 0 {
		flags &= oPath | syscall.O_CLOEXEC | syscall.O_DIRECTORY | oNofollow
	} else {
		flags |= oLargefile
	}
	const both = syscall.O_CREAT | syscall.O_DIRECTORY
	if flags&both == both {
		return 0, syscall.EINVAL
	}
	name, e := path(p)
	if e != 0 {
		return 0, e
	}
	from := name
	if resolve&ramfs.ResolveInRoot != 0 {
		from = "." // an absolute path begins there, too
	}
	dir, e := base(dirfd, from)
	if e != 0 {
		return 0, e
	}
	f, e := openPath(dir, name, flags, mode&^umask(), resolve)
	if e != 0 {
		return 0, e
	}
	if s, ok := f.(*sameDescription); ok { // /dev/fd/N of something without an inode
		fd, e := place(s.d, 0, flags&syscall.O_CLOEXEC != 0)
		if e != 0 {
			s.d.put()
		}
		return fd, e
	}
	fd, e := Install(f, uint32(flags)&^(syscall.O_CREAT|syscall.O_EXCL|syscall.O_TRUNC|syscall.O_NOCTTY))
	if e != 0 {
		f.Close()
	}
	return fd, e
}

func openPath(dir *ramfs.Inode, name string, flags int, mode uint32, resolve int) (File, syscall.Errno) {
	if flags&oTmpfile != 0 {
		return openTmp(dir, name, flags, mode)
	}
	i, made, e := Tree().OpenWithin(dir, name, flags, mode, resolve)
	if e != 0 {
		return nil, e
	}
	f, e := openInode(i, flags, made)
	if e != 0 {
		i.Close()
	}
	return f, e
}

// openTmp makes a file without a name in directory name (O_TMPFILE).
func openTmp(dir *ramfs.Inode, name string, flags int, mode uint32) (File, syscall.Errno) {
	if flags&syscall.O_DIRECTORY == 0 || flags&syscall.O_ACCMODE == syscall.O_RDONLY {
		return nil, syscall.EINVAL
	}
	i, e := Tree().Lookup(dir, name, true)
	if e != 0 {
		return nil, e
	}
	defer i.Release()
	if !i.IsDir() {
		return nil, syscall.ENOTDIR
	}
	if i.Node() != nil {
		return nil, syscall.EOPNOTSUPP
	}
	f := Tree().NewInode(syscall.S_IFREG|mode&0o7777, 0)
	f.Open()
	return newRegular(f), 0
}

// openInode makes the description of an inode, by its type. On success it has
// taken over the caller's use of i.
func openInode(i *ramfs.Inode, flags int, made bool) (File, syscall.Errno) {
	if flags&syscall.O_DIRECTORY != 0 && !i.IsDir() {
		return nil, syscall.ENOTDIR
	}
	if flags&oPath != 0 {
		return &pathOnly{i}, 0
	}
	switch i.Type() {
	case syscall.S_IFREG:
		return openRegular(i, flags, made)
	case syscall.S_IFDIR:
		if flags&syscall.O_ACCMODE != syscall.O_RDONLY || flags&syscall.O_TRUNC != 0 {
			return nil, syscall.EISDIR
		}
		await(i)
		i.Happened(ramfs.Opened)
		return &directory{inode: i, below: Tree().Below(i)}, 0
	case syscall.S_IFLNK:
		return nil, syscall.ELOOP
	case syscall.S_IFIFO:
		return openFIFO(i, flags)
	case syscall.S_IFCHR:
		return openDevice(i)
	}
	return openSpecial(i)
}

func openRegular(i *ramfs.Inode, flags int, made bool) (File, syscall.Errno) {
	await(i)
	writes := flags&syscall.O_ACCMODE != syscall.O_RDONLY || flags&syscall.O_TRUNC != 0
	if i.Generate != nil && writes {
		if i.Accept == nil {
			return nil, syscall.EACCES
		}
		return &control{newRegular(i)}, 0 // truncating it has no effect
	}
	i.Happened(ramfs.Opened)
	if flags&syscall.O_TRUNC != 0 && !made {
		if e := i.Truncate(0); e != 0 {
			return nil, e
		}
	}
	return newRegular(i), 0
}

// A sameDescription stands for a description that is opened again by way of
// /proc/self/fd and has no inode to open: the new descriptor shares it.
type sameDescription struct {
	File
	d *description
}

// openSpecial opens what has no content of its own: a socket's or a block
// device's node (ENXIO), or the stand-in inode of a descriptor.
func openSpecial(i *ramfs.Inode) (File, syscall.Errno) {
	if d, ok := i.Attached.Load().(*description); ok && d.tryRef() {
		return &sameDescription{d: d}, 0
	}
	return nil, syscall.ENXIO
}
