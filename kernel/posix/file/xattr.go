package file

import (
	"strings"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// xattr serves the calls for extended attributes: the tree keeps those of the namespaces
// user, trusted and security (xattr(7)).
func (c *call) xattr() (uintptr, syscall.Errno, bool) {
	a, p := &c.a, &c.p
	switch c.nr {
	case syscall.SYS_SETXATTR, syscall.SYS_LSETXATTR, syscall.SYS_FSETXATTR:
		i, e := c.attributed(syscall.SYS_LSETXATTR, syscall.SYS_FSETXATTR)
		return just(setXattr(i, e, p[1], p[2], a[3], int(a[4])))
	case syscall.SYS_GETXATTR, syscall.SYS_LGETXATTR, syscall.SYS_FGETXATTR:
		i, e := c.attributed(syscall.SYS_LGETXATTR, syscall.SYS_FGETXATTR)
		return length(getXattr(i, e, p[1], p[2], a[3]))
	case syscall.SYS_LISTXATTR, syscall.SYS_LLISTXATTR, syscall.SYS_FLISTXATTR:
		i, e := c.attributed(syscall.SYS_LLISTXATTR, syscall.SYS_FLISTXATTR)
		if e != 0 {
			return just(e)
		}
		return length(fitting(i.Xattrs(), p[1], a[2]))
	case syscall.SYS_REMOVEXATTR, syscall.SYS_LREMOVEXATTR, syscall.SYS_FREMOVEXATTR:
		i, e := c.attributed(syscall.SYS_LREMOVEXATTR, syscall.SYS_FREMOVEXATTR)
		name, e := xattrName(i, e, p[1], syscall.EPERM)
		if e == 0 {
			e = i.RemoveXattr(name)
		}
		return just(e)
	}
	return 0, 0, false
}

// attributed is the inode that the call is about: of a path, of a path's last link if the
// number is link's, of a descriptor if it is fd's.
func (c *call) attributed(link, fd uintptr) (*ramfs.Inode, syscall.Errno) {
	var i *ramfs.Inode
	var e syscall.Errno
	if c.nr == fd {
		i, e = inodeOf(c.a[0])
	} else if i, e = lookup(here, c.p[0], 0, c.nr != link); e == 0 {
		i.Release() // of what has attributes here there is nothing to release
	}
	if e == 0 && i.Node() != nil {
		return nil, syscall.EOPNOTSUPP
	}
	return i, e
}

// xattrName returns the name of an attribute that an inode of this type may have; refused
// is the error where it may not.
func xattrName(i *ramfs.Inode, e syscall.Errno, p pointer, refused syscall.Errno) (string, syscall.Errno) {
	if e != 0 {
		return "", e
	}
	name, e := text(p, ramfs.XattrNameMax+1)
	if e == syscall.ENAMETOOLONG || e == 0 && name == "" {
		e = syscall.ERANGE
	}
	if e != 0 {
		return "", e
	}
	space, rest, ok := strings.Cut(name, ".")
	file := i.IsDir() || i.Type() == syscall.S_IFREG
	switch {
	case !ok || space != "user" && space != "trusted" && space != "security":
		return "", syscall.EOPNOTSUPP
	case space == "user" && !file:
		return "", refused
	case rest == "":
		return "", syscall.EINVAL
	}
	return name, 0
}

func setXattr(i *ramfs.Inode, e syscall.Errno, name, value pointer, n uintptr, flags int) syscall.Errno {
	switch {
	case flags&^(ramfs.XattrCreate|ramfs.XattrReplace) != 0:
		return syscall.EINVAL
	case n > ramfs.XattrSizeMax:
		return syscall.E2BIG
	}
	which, e := xattrName(i, e, name, syscall.EPERM)
	if e != 0 {
		return e
	}
	b, e := view(value, n)
	if e != 0 {
		return e
	}
	return i.SetXattr(which, b, flags)
}

func getXattr(i *ramfs.Inode, e syscall.Errno, name, value pointer, n uintptr) (int, syscall.Errno) {
	which, e := xattrName(i, e, name, syscall.ENODATA)
	if e != 0 {
		return 0, e
	}
	b, e := i.Xattr(which)
	if e != 0 {
		return 0, e
	}
	return fitting(b, value, n)
}

// fitting copies what is asked for, all or nothing, and returns its length; no room asks
// for that only.
func fitting(b []byte, to pointer, n uintptr) (int, syscall.Errno) {
	if n == 0 {
		return len(b), 0
	}
	if n < uintptr(len(b)) {
		return 0, syscall.ERANGE
	}
	room, e := view(to, n)
	if e != 0 {
		return 0, e
	}
	return copy(room, b), 0
}
