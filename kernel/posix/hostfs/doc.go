// Package hostfs shows a folder of the host, served by 9P2000.L, as a file system of
// the tree (ramfs.Node). Nothing is cached but entries of a folder that is being read:
// each call asks the host, so that what others do in the folder is seen at once, and
// what a call has written the host has, though not on its disk before fsync. Maps of
// files are another matter, see maps.go.
//
// A file that is open has one node, whoever opened it how often, so that locks and maps
// find each other; any other look-up has one of its own. A node has fids of the server's:
// one that is not open, to go on from, or those that are, to read and write by.
//
// It may import sync, sync/atomic, syscall, time and sibling packages of kernel/posix.
package hostfs

import (
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

// A Mount is a server's folder at a place of the tree.
type Mount struct {
	tree   *ramfs.FS
	place  string // absolute, without a slash at its end: "" for the root
	device uint64 // st_dev
	reads  bool   // no more than that
	c      *ninep.Client
	root   *node

	mu    sync.Mutex
	files map[uint64]*node // what is open and has one node, by the server's number

	maps   []*node // files that are mapped, or were a moment ago
	tended bool    // the goroutine of tend runs
}

// mounts counts them, for their device numbers: 1 is the tree's.
var mounts atomic.Uint64

// New returns what the server at the other end of ch has, for a place of the tree. With
// readOnly nothing there can be changed from here.
func New(tree *ramfs.FS, place string, ch ninep.Channel, size uint32, readOnly bool) (*Mount, syscall.Errno) {
	c, root, e := ninep.Start(ch, size, "")
	if e != 0 {
		return nil, e
	}
	m := &Mount{tree: tree, place: place, device: mounts.Add(1) + 1, reads: readOnly, c: c, files: map[uint64]*node{}}
	a, e := c.Getattr(root)
	if e != 0 {
		return nil, e
	}
	if a.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return nil, syscall.ENOTDIR
	}
	m.root = m.node(root, a.Qid, "")
	tree.OnFlush(m.flush)
	return m, 0
}

// Root returns the root, with a use.
func (m *Mount) Root() *ramfs.Inode {
	m.root.Use()
	return m.root.inode
}

// A node is a file of the server's.
type node struct {
	m     *Mount
	inode *ramfs.Inode
	qid   ninep.Qid
	path  string // from the mount's root, with a slash before each name
	uses  atomic.Int32

	fid uint32 // not open, NoFid when it has been opened
	// What it is open for, as far as it is; two or all three may be the same.
	reader, writer, appender uint32

	mu      sync.Mutex
	attr    ninep.Attr
	fresh   bool // attr was just looked at, and nobody has seen it
	size    int64
	entries listing

	frames ramfs.Frames // what mappings show, nil if there are none; see maps.go
	mapped atomic.Bool  // there are
	pins   int          // mappings that are being made
	lost   syscall.Errno
}

// node makes one, of a fid that it takes over, with a use.
func (m *Mount) node(fid uint32, q ninep.Qid, path string) *node {
	n := &node{m: m, qid: q, path: path, fid: fid, reader: ninep.NoFid, writer: ninep.NoFid, appender: ninep.NoFid, size: -1}
	mode := uint32(syscall.S_IFREG)
	if q.IsDir() {
		mode = syscall.S_IFDIR
	} else if q.IsLink() {
		mode = syscall.S_IFLNK
	}
	n.inode = m.tree.NewNode(n, mode, q.Path)
	n.uses.Store(1)
	return n
}

// Use implements ramfs.Node.
func (n *node) Use() { n.uses.Add(1) }

// Release implements ramfs.Node.
func (n *node) Release() {
	if n.uses.Add(-1) > 0 {
		return
	}
	n.m.mu.Lock()
	if n.uses.Load() > 0 { // opened again, by its number
		n.m.mu.Unlock()
		return
	}
	if n.m.files[n.qid.Path] == n {
		delete(n.m.files, n.qid.Path)
	}
	n.m.mu.Unlock()
	n.close()
}

// close gives up all fids.
func (n *node) close() {
	n.entries.close(n.m.c)
	fids := [...]uint32{n.fid, n.reader, n.writer, n.appender}
	for i, f := range fids {
		known := f == ninep.NoFid
		for _, other := range fids[:i] {
			known = known || f == other
		}
		if !known {
			n.m.c.Clunk(f)
		}
	}
}

// any returns a fid of the file, for what takes any. Needs n.mu, or a node that nobody
// else has.
func (n *node) any() uint32 {
	for _, f := range [...]uint32{n.fid, n.reader, n.writer} {
		if f != ninep.NoFid {
			return f
		}
	}
	return n.appender
}

// Path implements ramfs.Node.
func (n *node) Path() string {
	if p := n.m.place + n.path; p != "" {
		return p
	}
	return "/"
}

// changes returns EROFS if nothing can be changed.
func (m *Mount) changes() syscall.Errno {
	if m.reads {
		return syscall.EROFS
	}
	return 0
}
