package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

// dots reports whether a name is that of a folder itself or of the one above.
func dots(name string) bool { return name == "." || name == ".." }

// Make implements ramfs.Node.
func (n *node) Make(name string, mode uint32, rdev uint64, target string) syscall.Errno {
	if dots(name) {
		return syscall.EEXIST
	}
	if e := n.m.changes(); e != 0 {
		return e
	}
	switch mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return n.m.c.Mkdir(n.fid, name, mode&0o7777)
	case syscall.S_IFLNK:
		return n.m.c.Symlink(n.fid, name, target)
	}
	major, minor := uint32(rdev>>8)&0xfff|uint32(rdev>>32)&^0xfff, uint32(rdev)&0xff|uint32(rdev>>12)&^0xff
	return n.m.c.Mknod(n.fid, name, mode, major, minor)
}

// Link implements ramfs.Node.
func (n *node) Link(name string, of ramfs.Node) syscall.Errno {
	o, ok := of.(*node)
	switch {
	case dots(name):
		return syscall.EEXIST
	case !ok || o.m != n.m:
		return syscall.EXDEV
	case o.qid.IsDir():
		return syscall.EPERM
	}
	if e := n.m.changes(); e != 0 {
		return e
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return n.m.c.Link(n.fid, o.any(), name)
}

// Remove implements ramfs.Node.
func (n *node) Remove(name string, folder bool) syscall.Errno {
	if e := n.m.changes(); e != 0 {
		return e
	}
	const atRemovedir = 0x200
	flags := uint32(0)
	if folder {
		flags = atRemovedir
	}
	return n.m.c.Remove(n.fid, name, flags)
}

// Rename implements ramfs.Node. The protocol knows no flags.
func (n *node) Rename(name string, to ramfs.Node, newName string, flags uint) syscall.Errno {
	o, ok := to.(*node)
	switch {
	case !ok || o.m != n.m:
		return syscall.EXDEV
	case flags != 0:
		return syscall.EINVAL
	}
	if e := n.m.changes(); e != 0 {
		return e
	}
	return n.m.c.Rename(n.fid, name, o.fid, newName)
}

// A listing is where reading of a folder has come to. Its node's lock guards it.
type listing struct {
	opened bool
	fid    uint32
	ahead  []ninep.Dirent // read and not yet handed on: what is behind pos
	names  []byte         // theirs
	pos    int64
}

// open returns a fid of the folder that can be read.
func (l *listing) open(n *node) (uint32, syscall.Errno) {
	if l.opened {
		return l.fid, 0
	}
	fid, _, _, e := n.m.c.Walk(n.fid, nil)
	if e != 0 {
		return 0, e
	}
	if e = n.m.c.Open(fid, syscall.O_RDONLY|syscall.O_DIRECTORY); e != 0 {
		n.m.c.Clunk(fid)
		return 0, e
	}
	l.opened, l.fid = true, fid
	return fid, 0
}

func (l *listing) close(c *ninep.Client) {
	if l.opened {
		c.Clunk(l.fid)
	}
}

// aheadSize is how much of a folder is asked for at once.
const aheadSize = 64 << 10

// fill reads what is behind pos.
func (l *listing) fill(n *node, pos int64) syscall.Errno {
	fid, e := l.open(n)
	if e != 0 {
		return e
	}
	l.ahead, l.names, l.pos = l.ahead[:0], l.names[:0], pos
	return n.m.c.Readdir(fid, uint64(pos), aheadSize, func(d *ninep.Dirent) bool {
		at := len(l.names)
		l.names = append(l.names, d.Name...)
		kept := *d
		kept.Name = l.names[at:]
		l.ahead = append(l.ahead, kept)
		return true
	})
}

// Getdents implements ramfs.Node.
func (n *node) Getdents(p []byte, pos int64) (done int, at int64, e syscall.Errno) {
	if !n.qid.IsDir() {
		return 0, pos, syscall.ENOTDIR
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &n.entries
	if pos != l.pos || pos == 0 {
		l.ahead = l.ahead[:0]
	}
	for {
		if len(l.ahead) == 0 {
			if e := l.fill(n, pos); e != 0 {
				return done, pos, e
			}
			if len(l.ahead) == 0 {
				return done, pos, 0
			}
		}
		d := &l.ahead[0]
		k := ramfs.PutDirent(p[done:], string(d.Name), d.Qid.Path, int64(d.Offset), kind(d))
		if k == 0 && done == 0 {
			return 0, pos, syscall.EINVAL
		}
		if k == 0 {
			return done, pos, 0
		}
		done += k
		pos, l.pos = int64(d.Offset), int64(d.Offset)
		l.ahead = l.ahead[1:]
	}
}

// kind is the type of a directory entry, for which servers need not have one.
func kind(d *ninep.Dirent) uint8 {
	if d.Type == 0 && d.Qid.IsDir() {
		return syscall.DT_DIR
	}
	return d.Type
}
