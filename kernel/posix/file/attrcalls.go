package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// The calls that change what an inode says of itself.

// inodeOf returns the inode of a descriptor for the calls that change one.
func inodeOf(fd uintptr) (*ramfs.Inode, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return nil, syscall.EBADF
	}
	defer d.put()
	if n, ok := d.file.(noded); ok && d.flags.Load()&oPath == 0 {
		return n.node(), 0
	}
	if d.flags.Load()&oPath != 0 {
		return nil, syscall.EBADF
	}
	return nil, syscall.EINVAL
}

func sysFchmod(fd uintptr, mode uint32) syscall.Errno {
	i, e := inodeOf(fd)
	if e != 0 {
		return e
	}
	return i.Chmod(mode)
}

// sysFchmodat serves chmod, fchmodat (without flags) and fchmodat2.
func sysFchmodat(dirfd uintptr, p pointer, mode uint32, flags int) syscall.Errno {
	if flags&^(atSymlinkNofollow|atEmptyPath) != 0 {
		return syscall.EINVAL
	}
	i, e := lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	if i.Type() == syscall.S_IFLNK {
		return syscall.EOPNOTSUPP
	}
	return i.Chmod(mode)
}

func sysFchown(fd uintptr, uid, gid uint32) syscall.Errno {
	i, e := inodeOf(fd)
	if e != 0 {
		return e
	}
	return i.Chown(uid, gid)
}

// sysFchownat serves chown, lchown and fchownat.
func sysFchownat(dirfd uintptr, p pointer, uid, gid uint32, flags int) syscall.Errno {
	if flags&^(atSymlinkNofollow|atEmptyPath) != 0 {
		return syscall.EINVAL
	}
	i, e := lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	return i.Chown(uid, gid)
}

// sysUtimensat sets times; without a path it is futimens(3) on dirfd.
func sysUtimensat(dirfd uintptr, p pointer, times []syscall.Timespec, flags int) syscall.Errno {
	if flags&^(atSymlinkNofollow|atEmptyPath) != 0 {
		return syscall.EINVAL
	}
	now := syscall.Timespec{Nsec: utimeNow}
	a, m := &now, &now
	if times != nil {
		a, m = &times[0], &times[1]
	}
	if !validTime(a) || !validTime(m) {
		return syscall.EINVAL
	}
	if a.Nsec == utimeOmit && m.Nsec == utimeOmit {
		return 0
	}
	var i *ramfs.Inode
	var e syscall.Errno
	if p == nil {
		i, e = inodeOf(dirfd)
	} else if i, e = lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0); e == 0 {
		defer i.Release()
	}
	if e != 0 {
		return e
	}
	return i.SetTimes(settled(*a), settled(*m))
}

func validTime(t *syscall.Timespec) bool {
	return t.Nsec == utimeNow || t.Nsec == utimeOmit || t.Nsec >= 0 && t.Nsec < 1e9
}

// settled is the time to set, nil for none.
func settled(t syscall.Timespec) *syscall.Timespec {
	switch t.Nsec {
	case utimeOmit:
		return nil
	case utimeNow:
		t = ramfs.Now()
	}
	return &t
}

func sysTruncate(p pointer, size int64) syscall.Errno {
	if size < 0 {
		return syscall.EINVAL
	}
	i, e := lookup(here, p, 0, true)
	if e != 0 {
		return e
	}
	defer i.Release()
	switch {
	case i.IsDir():
		return syscall.EISDIR
	case i.Type() != syscall.S_IFREG:
		return syscall.EINVAL
	}
	return i.Truncate(size)
}

func sysFtruncate(fd uintptr, size int64) syscall.Errno {
	if size < 0 {
		return syscall.EINVAL
	}
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	f, ok := d.file.(*regular)
	if !ok || !d.writable() {
		return syscall.EINVAL
	}
	return f.inode.Truncate(size)
}

// Modes of fallocate.
const (
	fallocKeepSize  = 0x01
	fallocPunchHole = 0x02
	fallocZeroRange = 0x10
)

// sysFallocate makes room, or zeros: with FALLOC_FL_KEEP_SIZE alone there is nothing to
// do, since memory is taken as needed.
func sysFallocate(fd uintptr, mode int, off, n int64) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	f, ok := d.file.(*regular)
	_, fifo := d.file.(*pipeEnd)
	_, dir := d.file.(*directory)
	switch {
	case off < 0 || n <= 0:
		return syscall.EINVAL
	case mode&^(fallocKeepSize|fallocPunchHole|fallocZeroRange) != 0, mode&fallocPunchHole != 0 && mode != fallocPunchHole|fallocKeepSize:
		return syscall.EOPNOTSUPP
	case !d.writable():
		return syscall.EBADF
	case fifo:
		return syscall.ESPIPE
	case dir:
		return syscall.EISDIR
	case !ok:
		return syscall.ENODEV
	case off+n < 0:
		return syscall.EFBIG
	case mode&^fallocKeepSize != 0:
		return f.inode.Zero(off, n, mode&fallocKeepSize == 0)
	case mode == 0:
		return f.inode.Extend(off + n)
	}
	f.inode.Happened(ramfs.Modified)
	return 0
}
