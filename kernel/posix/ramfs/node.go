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

// elsewhere is what serves names in other file systems. Mount sets it, so that an image
// which mounts nothing goes without it.
var elsewhere struct {
	beyond func(w *walker, dir *Inode, path string) (s spot, out string, e syscall.Errno)
	settle func(w *walker)
	create func(w *walker, s spot, flags int, mode uint32) (i *Inode, made bool, rest string, e syscall.Errno)
	rename func(fs *FS, from, to spot, flags uint) syscall.Errno
	do     func(fs *FS, s spot, i *Inode, what act) syscall.Errno
	open   func(w *walker, i *Inode, flags int) (*Inode, syscall.Errno)
	readTo func(i *Inode, off, n int64, take func(p []byte) (int, syscall.Errno)) (int64, syscall.Errno)
	statfs func(fs *FS, i *Inode, st *syscall.Statfs_t) syscall.Errno
}

// An act is what is done with a name in another file system.
type act int

const (
	actMake act = iota
	actLink
	actUnlink
	actRmdir
)

// Mount has the folder at path, from the root on, show another file system: open
// returns its root with a use. With "" for path that is the whole tree, where what the
// tree has in its root stays visible if the other has no such name, and dev, proc and
// sys in any case. It is called before the tree is used.
func (fs *FS) Mount(path string, open func() (*Inode, syscall.Errno)) syscall.Errno {
	elsewhere.beyond, elsewhere.settle, elsewhere.create, elsewhere.rename = (*walker).beyond, (*walker).settle, (*walker).createAway, (*FS).renameAway
	elsewhere.do, elsewhere.open, elsewhere.readTo, elsewhere.statfs = (*FS).doAway, (*walker).openAway, (*Inode).readTo, (*FS).statfsAway
	if path == "" {
		front := fs.newDir(0o755)
		front.parent = front
		front.nlink = fs.root.nlink
		for _, e := range fs.root.dir.entries {
			if e.inode != nil {
				front.dir.add(e.name, e.inode)
			}
		}
		front.mounted, fs.top = open, front
		return 0
	}
	fs.MkdirAll(path)
	i, e := fs.Lookup(fs.root, path, true)
	switch {
	case e != 0:
		return e
	case i.mounted != nil:
		return syscall.EBUSY
	}
	i.mounted = open
	name, _ := cut(path)
	fs.kept = append(fs.kept, name)
	if fs.top != fs.root && fs.top.dir.find(name) == nil {
		fs.top.dir.add(name, fs.root.dir.find(name))
	}
	return 0
}

// settle has the tree's own names in its root give way to those of the file system that
// is mounted there, before the first of them is looked up.
func (w *walker) settle() {
	w.unlock()
	defer w.lock()
	w.fs.yield.Do(func() {
		if root, e := w.fs.top.mounted(); e == 0 {
			w.fs.giveWay(root)
			root.Release()
		}
		w.fs.yielded.Store(true)
	})
}

func (fs *FS) giveWay(root *Inode) {
	fs.mu.RLock()
	names := make([]string, 0, len(fs.top.dir.entries))
	for _, e := range fs.top.dir.entries {
		if e.inode != nil && !fs.keeps(e.name) {
			names = append(names, e.name)
		}
	}
	fs.mu.RUnlock()
	for _, name := range names {
		links := 0
		i, _, e := root.node.Walk(name, How{}, &links)
		if e != 0 || i == nil {
			continue
		}
		i.Release()
		fs.mu.Lock()
		fs.top.dir.remove(name)
		fs.mu.Unlock()
	}
}

// keeps reports whether the tree's own name stays in any case.
func (fs *FS) keeps(name string) bool {
	for _, k := range fs.kept {
		if k == name {
			return true
		}
	}
	return name == "dev" || name == "proc" || name == "sys"
}

// Below returns the root of the file system that the whole tree shows, if i is its root
// and there is one, with a use.
func (fs *FS) Below(i *Inode) *Inode {
	if i != fs.top || i.mounted == nil {
		return nil
	}
	root, e := i.mounted()
	if e != 0 {
		return nil
	}
	return root
}

// lock and unlock are the tree's lock as the walker's caller has it, which is given up
// while another file system is asked.
func (w *walker) lock() {
	if w.write {
		w.fs.mu.Lock()
	} else {
		w.fs.mu.RLock()
	}
}

func (w *walker) unlock() {
	if w.write {
		w.fs.mu.Unlock()
	} else {
		w.fs.mu.RUnlock()
	}
}

// beyond goes on in another file system, from a folder of it or from one where it is
// mounted. If path leads out of there it returns what to go on with from the root.
func (w *walker) beyond(dir *Inode, path string) (s spot, out string, e syscall.Errno) {
	w.unlock()
	defer w.lock()
	if dir.node == nil {
		if dir, e = dir.mounted(); e != 0 {
			return s, "", e
		}
		defer dir.Release()
	}
	// A copy: while others are waited for, the caller's memory may move.
	i, rest, e := dir.node.Walk(string([]byte(path)), How{Follow: w.follow, Parent: !w.whole}, &w.links)
	switch {
	case e != 0:
		return s, "", e
	case i == nil && len(rest) >= PathMax:
		return s, "", syscall.ENAMETOOLONG
	case i == nil:
		return s, rest, 0
	case w.whole:
		return spot{inode: i}, "", 0
	}
	name, slashes := cut(rest)
	return spot{dir: i, name: name, slash: slashes != ""}, "", 0
}

// away reports whether s is a name in another file system.
func (s *spot) away() bool { return s.dir != nil && s.dir.node != nil }

// release ends the use of a folder in another file system.
func (s *spot) release() {
	if s.dir != nil {
		s.dir.Release()
	}
}

// doAway does what a call does with the name at s, in another file system; i is the inode
// that it makes or links. It ends the use of the folder. The tree, which is locked for
// writing, is not meanwhile.
func (fs *FS) doAway(s spot, i *Inode, what act) syscall.Errno {
	fs.mu.Unlock()
	defer fs.mu.Lock()
	defer s.release()
	dir := s.dir.node
	switch {
	case what == actMake:
		return dir.Make(s.name, i.mode, i.rdev, i.target)
	case what == actLink:
		return dir.Link(s.name, i.node)
	case what == actUnlink && dots(s.name):
		return syscall.EISDIR
	case s.name == ".":
		return syscall.EINVAL
	case s.name == "..":
		return syscall.ENOTEMPTY
	}
	return dir.Remove(s.name, what == actRmdir)
}

// openAway opens i, which is in another file system.
func (w *walker) openAway(i *Inode, flags int) (*Inode, syscall.Errno) {
	w.unlock()
	defer w.lock()
	return i.node.Open(flags)
}

// statfsAway is Statfs of what is in another file system, or the root where one is.
func (fs *FS) statfsAway(i *Inode, st *syscall.Statfs_t) syscall.Errno {
	if i.node == nil {
		var e syscall.Errno
		if i, e = i.mounted(); e != 0 {
			return e
		}
		defer i.Release()
	}
	return i.node.Statfs(st)
}

// createAway opens or makes the file at s. rest is a symbolic link's target to go on with.
func (w *walker) createAway(s spot, flags int, mode uint32) (i *Inode, made bool, rest string, e syscall.Errno) {
	w.unlock()
	defer w.lock()
	if s.slash {
		return nil, false, "", syscall.EISDIR
	}
	i, made, rest, e = s.dir.node.Create(s.name, flags, mode&0o7777, How{Follow: w.follow})
	if rest != "" {
		if w.links++; w.links > maxLinks {
			e = syscall.ELOOP
		}
	}
	return i, made, rest, e
}

// renameAway is Rename where at least one name is in another file system.
func (fs *FS) renameAway(from, to spot, flags uint) syscall.Errno {
	fs.mu.Unlock()
	defer fs.mu.Lock()
	switch {
	case dots(from.name) || dots(to.name):
		return syscall.EBUSY
	case !from.away() || !to.away():
		return syscall.EXDEV
	}
	return from.dir.node.Rename(from.name, to.dir.node, to.name, flags)
}

// readTo is ReadTo of what is read into memory first.
func (i *Inode) readTo(off, n int64, take func(p []byte) (int, syscall.Errno)) (done int64, e syscall.Errno) {
	buf := make([]byte, min(n, chunkSize))
	for done < n {
		k, e := i.node.ReadAt(buf[:min(n-done, int64(len(buf)))], off+done)
		got := 0
		if e == 0 && k > 0 {
			got, e = take(buf[:k])
		}
		done += int64(got)
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || k == 0 || got < k {
			break
		}
	}
	return done, 0
}
