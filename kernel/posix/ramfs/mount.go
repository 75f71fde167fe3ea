package ramfs

import "syscall"

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
