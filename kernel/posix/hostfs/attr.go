package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

// look asks for the attributes of a node that nobody else has yet, or that is a folder.
func (n *node) look() syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	a, e := n.m.c.Getattr(n.any())
	if e != 0 {
		return e
	}
	n.attr, n.fresh, n.size = a, true, a.Size
	if typ := a.Mode & syscall.S_IFMT; typ != n.inode.Type() {
		if n.qid.IsDir() || typ == syscall.S_IFDIR {
			return syscall.EIO // the server contradicts itself
		}
		n.inode = n.m.tree.NewNode(n, typ, n.qid.Path)
	}
	return 0
}

// Stat implements ramfs.Node.
func (n *node) Stat(st *syscall.Stat_t) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.fresh {
		a, e := n.m.c.Getattr(n.any())
		switch {
		case e == 0:
			n.attr, n.size = a, a.Size
		case e == syscall.ENOENT && n.fid == ninep.NoFid && n.attr.Mode != 0:
			// QEMU looks an open file up by its name: that one has none left.
			n.attr.Nlink = 0
			if n.size >= 0 {
				n.attr.Size = n.size
			}
		default:
			return e
		}
	}
	n.fresh = false
	a := &n.attr
	*st = syscall.Stat_t{Dev: n.m.device, Ino: n.qid.Path, Mode: a.Mode, Uid: a.UID, Gid: a.GID, Rdev: a.Rdev,
		Size: a.Size, Blocks: int64(a.Blocks), Atim: a.Atime, Mtim: a.Mtime, Ctim: a.Ctime}
	assign(&st.Nlink, a.Nlink)
	assign(&st.Blksize, a.Blksize)
	return 0
}

// assign sets a field whose type differs between processors.
func assign[T uint32 | uint64 | int32 | int64](to *T, n uint64) { *to = T(n) }

// Set implements ramfs.Node.
func (n *node) Set(c ramfs.Setting) syscall.Errno {
	if e := n.m.changes(); e != 0 {
		return e
	}
	var a ninep.Attr
	var what uint32
	set := func(bit uint32, to *uint32, v *uint32) {
		if v != nil {
			*to, what = *v, what|bit
		}
	}
	set(ninep.SetMode, &a.Mode, c.Mode)
	set(ninep.SetUID, &a.UID, c.UID)
	set(ninep.SetGID, &a.GID, c.GID)
	if c.Size != nil {
		a.Size, what = *c.Size, what|ninep.SetSize
	}
	if c.Atime != nil {
		a.Atime, what = *c.Atime, what|ninep.SetAtimeVal
	}
	if c.Mtime != nil {
		a.Mtime, what = *c.Mtime, what|ninep.SetMtimeVal
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.m.c.Setattr(n.any(), what, &a)
	if n.fresh = false; e == 0 && c.Size != nil {
		n.resized(*c.Size)
	}
	return e
}

// Readlink implements ramfs.Node.
func (n *node) Readlink() (string, syscall.Errno) { return n.m.c.Readlink(n.fid) }

// Statfs implements ramfs.Node.
func (n *node) Statfs(st *syscall.Statfs_t) syscall.Errno {
	n.mu.Lock()
	s, e := n.m.c.Statfs(n.any())
	n.mu.Unlock()
	if e != 0 {
		return e
	}
	*st = syscall.Statfs_t{Blocks: s.Blocks, Bfree: s.Bfree, Bavail: s.Bavail, Files: s.Files, Ffree: s.Ffree}
	st.Type, st.Bsize, st.Frsize, st.Namelen = int64(s.Type), int64(s.Blksize), int64(s.Blksize), int64(s.NameLen)
	return 0
}
