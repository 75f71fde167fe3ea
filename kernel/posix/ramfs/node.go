package ramfs

import "syscall"

// A Node is a file of another file system, for which an Inode stands in the tree. Its
// methods may block and are called with nothing locked. None keeps a string or slice
// that it is given, but for Walk's path.
type Node interface {
	// Walk resolves path, which does not begin with a slash, from this folder on, and
	// counts in links the symbolic links that it follows. There are three outcomes: an
	// inode that path names, with a use of it (Release); with how.Parent the folder that
	// has path's last name, with a use, and that name, perhaps with slashes behind it, as
	// rest; or no inode and an absolute path to go on with in the whole tree.
	Walk(path string, how How, links *int) (i *Inode, rest string, e syscall.Errno)
	// Open gives the inode for using the file by flags of open(2), another one if that
	// stands for the file already. The use of this one becomes one of that, or with an
	// error ends.
	Open(flags int) (*Inode, syscall.Errno)
	// Create opens the file of a name in this folder, as Open does, and makes it if there
	// is none. made says that it is empty, as O_TRUNC asks for. A symbolic link there is
	// followed if how says so: rest is its target, and nothing is opened.
	Create(name string, flags int, mode uint32, how How) (i *Inode, made bool, rest string, e syscall.Errno)
	// Make makes a folder, a symbolic link to target, or any other file, by type.
	Make(name string, mode uint32, rdev uint64, target string) syscall.Errno
	// Link gives a file of the same file system a name in this folder, else EXDEV.
	Link(name string, of Node) syscall.Errno
	// Remove removes a name, of an empty folder or of anything else.
	Remove(name string, folder bool) syscall.Errno
	// Rename moves a name to another folder of the same file system, else EXDEV.
	Rename(name string, to Node, newName string, flags uint) syscall.Errno

	// Use begins a use, Release ends one.
	Use()
	Release()

	Stat(st *syscall.Stat_t) syscall.Errno
	Statfs(st *syscall.Statfs_t) syscall.Errno
	Set(c Setting) syscall.Errno
	Readlink() (string, syscall.Errno)
	// Getdents is Inode.Getdents.
	Getdents(p []byte, pos int64) (int, int64, syscall.Errno)
	// Path is absolute in the whole tree.
	Path() string

	ReadAt(p []byte, off int64) (int, syscall.Errno)
	WriteAt(p []byte, off int64) (int, syscall.Errno)
	Append(p []byte) (n int, end int64, e syscall.Errno)
	// Share is Inode.Share, with the content of a part of the file in the frames. What is
	// written to them reaches the server some time later, or with Flush of the tree.
	Share(p Part, make func(base []byte, track bool) Frames) (Frames, syscall.Errno)
	// Shared says that the frames are mapped now, or will not be, after a Share.
	Shared()
	// Sync returns when what was written is as durable as it gets.
	Sync(dataOnly bool) syscall.Errno
	// Lock takes or gives up a lock of n bytes, 0 for all, against others than this
	// machine: EAGAIN when they have one.
	Lock(kind int16, from, n int64) syscall.Errno
}

// How says what Node.Walk does with the last name of a path.
type How struct{ Follow, Parent bool }

// A Setting is what is to be set of a file: each but what is nil.
type Setting struct {
	Mode, UID, GID *uint32
	Size           *int64
	Atime, Mtime   *syscall.Timespec
}

// OnFlush has Flush call f, too.
func (fs *FS) OnFlush(f func(durable bool) syscall.Errno) {
	fs.mu.Lock()
	fs.flush = append(fs.flush, f)
	fs.mu.Unlock()
}

// Flush hands on what mappings have written to files of other file systems; with durable
// it returns when that is as durable as it gets.
func (fs *FS) Flush(durable bool) (e syscall.Errno) {
	fs.mu.RLock()
	todo := fs.flush
	fs.mu.RUnlock()
	for _, f := range todo {
		if failed := f(durable); failed != 0 {
			e = failed
		}
	}
	return e
}

// NewNode returns the inode that stands for a node of a type (S_IFREG, ...).
func (fs *FS) NewNode(n Node, mode uint32, ino uint64) *Inode {
	return &Inode{fs: fs, ino: ino, mode: mode, node: n}
}

// Node returns the node that i stands for, nil if i is of the tree itself.
func (i *Inode) Node() Node { return i.node }

// Use begins another use of what is not of the tree itself.
//
//go:noinline
func (i *Inode) Use() {
	if i.node != nil {
		i.node.Use()
	}
}

// Elsewhere reports whether i is of another file system than the tree's own.
func (i *Inode) Elsewhere() bool { return i.node != nil }

// Release ends the use that Lookup gives of what is not of the tree itself. (It is not
// inlined because it is deferred in many places, which would be more than a call in each.)
//
//go:noinline
func (i *Inode) Release() {
	if i.node != nil {
		i.node.Release()
	}
}
