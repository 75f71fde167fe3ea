package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

const (
	oPath = 0x200000

	// openFlags are those that the server is told. O_APPEND has it append, whoever else
	// writes.
	openFlags = syscall.O_ACCMODE | syscall.O_APPEND | syscall.O_EXCL | syscall.O_TRUNC
)

// forServer is flags as the server gets them. A pipe of the host's does not hold up
// anybody there.
func forServer(flags int) uint32 { return uint32(flags&openFlags | syscall.O_NONBLOCK) }

// Open implements ramfs.Node. Folders are opened when they are read.
func (n *node) Open(flags int) (*ramfs.Inode, syscall.Errno) {
	if flags&oPath != 0 || n.inode.Type() != syscall.S_IFREG {
		return n.inode, 0
	}
	flags &^= syscall.O_TRUNC | syscall.O_EXCL
	if n.m.reads && flags&syscall.O_ACCMODE != syscall.O_RDONLY {
		n.Release()
		return nil, syscall.EROFS
	}
	f := n.join()
	e := f.open(n, flags)
	if f != n {
		n.Release()
	}
	if e != 0 {
		f.Release()
		return nil, e
	}
	return f.inode, 0
}

// join returns the node that stands for n's file among those that are open: n itself, if
// there was none. n's use stays; another's is the caller's.
func (n *node) join() *node {
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	if f := n.m.files[n.qid.Path]; f != nil && f != n {
		f.Use()
		return f
	}
	n.m.files[n.qid.Path] = n
	return n
}

// open has n's fid serve f's reads and writes, as flags say, unless others do.
func (n *node) open(by *node, flags int) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fresh = false
	if n.covers(flags) {
		return 0
	}
	if e := n.m.c.Open(by.fid, forServer(flags)); e != 0 {
		return e
	}
	n.adopt(by.fid, flags)
	by.fid = ninep.NoFid
	if n.size < 0 {
		n.size = by.size
	}
	return 0
}

// covers reports whether the file is open for what flags ask for. Needs n.mu.
func (n *node) covers(flags int) bool {
	mode := flags & syscall.O_ACCMODE
	writer := n.writer
	if flags&syscall.O_APPEND != 0 {
		writer = n.appender
	}
	return (mode == syscall.O_WRONLY || n.reader != ninep.NoFid) && (mode == syscall.O_RDONLY || writer != ninep.NoFid)
}

// adopt takes over a fid that was opened with flags. Needs n.mu.
func (n *node) adopt(fid uint32, flags int) {
	mode := flags & syscall.O_ACCMODE
	if mode != syscall.O_WRONLY && n.reader == ninep.NoFid {
		n.reader = fid
	}
	switch {
	case mode == syscall.O_RDONLY:
	case flags&syscall.O_APPEND != 0 && n.appender == ninep.NoFid:
		n.appender = fid
	case flags&syscall.O_APPEND == 0 && n.writer == ninep.NoFid:
		n.writer = fid
	}
}

// Create implements ramfs.Node.
func (n *node) Create(name string, flags int, mode uint32, how ramfs.How) (i *ramfs.Inode, made bool, rest string, e syscall.Errno) {
	if name == "." || name == ".." {
		return nil, false, "", syscall.EISDIR
	}
	if !n.m.reads {
		i, e = n.create(name, flags, mode)
		if e == 0 || e != syscall.ELOOP && e != syscall.EMLINK && (e != syscall.EEXIST || flags&syscall.O_EXCL != 0) {
			return i, flags&(syscall.O_EXCL|syscall.O_TRUNC) != 0, "", e
		}
	}
	// A symbolic link, or a server that only makes new files.
	fid, q, _, e := n.m.c.Walk(n.fid, []string{name})
	switch {
	case e == syscall.ENOENT && n.m.reads:
		return nil, false, "", syscall.EROFS
	case e != 0:
		return nil, false, "", e
	}
	found := n.m.node(fid, q, n.path+"/"+name)
	switch {
	case flags&syscall.O_EXCL != 0:
		e = syscall.EEXIST
	case q.IsDir():
		e = syscall.EISDIR
	case q.IsLink() && how.Follow:
		rest, e = found.Readlink()
		found.Release()
		return nil, false, rest, e
	case q.IsLink():
		e = syscall.ELOOP
	default:
		e = found.look()
	}
	if e != 0 {
		found.Release()
		return nil, false, "", e
	}
	i, e = found.Open(flags)
	return i, false, "", e
}

// create has the server open a file and make it if there is none.
func (n *node) create(name string, flags int, mode uint32) (*ramfs.Inode, syscall.Errno) {
	fid, _, _, e := n.m.c.Walk(n.fid, nil)
	if e != 0 {
		return nil, e
	}
	q, e := n.m.c.Create(fid, name, forServer(flags), mode)
	if e == 0 && (q.IsDir() || q.IsLink()) {
		e = syscall.EIO
	}
	if e != 0 {
		n.m.c.Clunk(fid)
		return nil, e
	}
	opened := n.m.node(ninep.NoFid, q, n.path+"/"+name)
	f := opened.join()
	f.mu.Lock()
	defer f.mu.Unlock()
	if flags&(syscall.O_EXCL|syscall.O_TRUNC) != 0 {
		f.resized(0)
	}
	if f.covers(flags) {
		n.m.c.Clunk(fid)
	} else {
		f.adopt(fid, flags)
	}
	return f.inode, 0
}
