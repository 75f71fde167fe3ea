package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

func sysFstat(fd uintptr, st *syscall.Stat_t) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if st == nil {
		return syscall.EFAULT
	}
	return d.file.Stat(st)
}

// sysStatat serves stat, lstat and newfstatat.
func sysStatat(dirfd uintptr, p pointer, st *syscall.Stat_t, flags int) syscall.Errno {
	if st == nil {
		return syscall.EFAULT
	}
	if flags&^(atSymlinkNofollow|atEmptyPath|0x800) != 0 { // AT_NO_AUTOMOUNT has no effect here
		return syscall.EINVAL
	}
	if flags&atEmptyPath != 0 && emptyPath(p) && int32(dirfd) != atFdcwd {
		return sysFstat(dirfd, st)
	}
	i, e := lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	return statInode(i, st)
}

// statInode is Stat of an inode, or of the description it stands for, unless that is
// being closed.
func statInode(i *ramfs.Inode, st *syscall.Stat_t) syscall.Errno {
	if d, ok := i.Attached.Load().(*description); ok && d.tryRef() {
		defer d.put()
		return d.file.Stat(st)
	}
	return i.Stat(st)
}

// statx is struct statx of statx(2).
type statx struct {
	Mask, Blksize         uint32
	Attributes            uint64
	Nlink, UID, GID       uint32
	Mode, _               uint16
	Ino, Size, Blocks     uint64
	AttributesMask        uint64
	Atime, Btime          statxTime
	Ctime, Mtime          statxTime
	RdevMajor, RdevMinor  uint32
	DevMajor, DevMinor    uint32
	MntID                 uint64
	DioMemAlign, DioAlign uint32
	_                     [12]uint64
}

type statxTime struct {
	Sec  int64
	Nsec uint32
	_    int32
}

const statxBasic, statxBtime = 0x7ff, 0x800

func sysStatx(dirfd uintptr, p pointer, flags int, out *statx) syscall.Errno {
	if out == nil {
		return syscall.EFAULT
	}
	const syncFlags = 0x6000 // AT_STATX_SYNC_TYPE: nothing to synchronise
	var st syscall.Stat_t
	if e := sysStatat(dirfd, p, &st, flags&^syncFlags); e != 0 {
		return e
	}
	*out = statx{
		Mask: statxBasic, Blksize: uint32(st.Blksize),
		Nlink: uint32(st.Nlink), UID: st.Uid, GID: st.Gid, Mode: uint16(st.Mode),
		Ino: st.Ino, Size: uint64(st.Size), Blocks: uint64(st.Blocks),
		Atime: toStatx(st.Atim), Ctime: toStatx(st.Ctim), Mtime: toStatx(st.Mtim),
		RdevMajor: major(st.Rdev), RdevMinor: minor(st.Rdev),
		DevMajor: major(st.Dev), DevMinor: minor(st.Dev),
	}
	// A second look: if the name has become another file's in between, this is that
	// one's birth. Stat_t has no place for it.
	if i, e := lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0); e == 0 {
		if b := i.Birth(); b != (syscall.Timespec{}) {
			out.Mask |= statxBtime
			out.Btime = toStatx(b)
		}
		i.Release()
	}
	return 0
}

func toStatx(t syscall.Timespec) statxTime { return statxTime{Sec: t.Sec, Nsec: uint32(t.Nsec)} }

func major(dev uint64) uint32 { return uint32(dev>>8)&0xfff | uint32(dev>>32)&^0xfff }
func minor(dev uint64) uint32 { return uint32(dev)&0xff | uint32(dev>>12)&^0xff }

// sysAccess serves access, faccessat and faccessat2. The caller is root: all
// is allowed except to execute a file that no one may execute.
func sysAccess(dirfd uintptr, p pointer, mode uint32, flags int) syscall.Errno {
	if mode&^7 != 0 || flags&^(atSymlinkNofollow|atEaccess|atEmptyPath) != 0 {
		return syscall.EINVAL
	}
	i, e := lookup(dirfd, p, flags, flags&atSymlinkNofollow == 0)
	if e != 0 {
		return e
	}
	defer i.Release()
	var st syscall.Stat_t
	if e := i.Stat(&st); e != 0 {
		return e
	}
	if mode&1 != 0 && !i.IsDir() && st.Mode&0o111 == 0 {
		return syscall.EACCES
	}
	return 0
}

// sysReadlink serves readlink and readlinkat; the result is not terminated.
func sysReadlink(dirfd uintptr, p, buf pointer, n uintptr) (int, syscall.Errno) {
	b, e := view(buf, n)
	if e != 0 || int32(n) <= 0 {
		return 0, syscall.EINVAL
	}
	i, e := lookup(dirfd, p, atEmptyPath, false)
	if e != 0 {
		return 0, e
	}
	defer i.Release()
	target, e := i.Readlink()
	if e == syscall.EINVAL && emptyPath(p) {
		e = syscall.ENOENT
	}
	return copy(b, target), e
}

func sysStatfs(p pointer, st *syscall.Statfs_t) syscall.Errno {
	i, e := lookup(here, p, 0, true)
	if e != 0 {
		return e
	}
	defer i.Release()
	if st == nil {
		return syscall.EFAULT
	}
	return Tree().Statfs(i, st)
}

func sysFstatfs(fd uintptr, st *syscall.Statfs_t) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if st == nil {
		return syscall.EFAULT
	}
	i := Tree().Root()
	if n, ok := d.file.(noded); ok {
		i = n.node()
	}
	return Tree().Statfs(i, st)
}
