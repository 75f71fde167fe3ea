package ramfs

import "syscall"

// OpenFlags of Open, a subset of open(2)'s.
const openNofollow = syscall.O_NOFOLLOW

// Open returns the inode that path names, making a regular file there when
// flags has O_CREAT and there is none. mode is the new file's permission bits.
// The caller truncates, opens the inode and checks types that it cannot open;
// made says that the file is new. The inode comes with a use of it (Close).
func (fs *FS) Open(dir *Inode, path string, flags int, mode uint32) (i *Inode, made bool, e syscall.Errno) {
	return fs.OpenWithin(dir, path, flags, mode, 0)
}

// OpenWithin is Open by a path that may not lead everywhere: resolve is of the Resolve flags.
func (fs *FS) OpenWithin(dir *Inode, path string, flags int, mode uint32, resolve int) (i *Inode, made bool, e syscall.Errno) {
	follow := flags&openNofollow == 0 && flags&(syscall.O_CREAT|syscall.O_EXCL) != syscall.O_CREAT|syscall.O_EXCL
	if flags&syscall.O_CREAT == 0 {
		fs.mu.RLock()
		defer fs.mu.RUnlock()
	} else {
		fs.mu.Lock()
		defer fs.mu.Unlock()
	}
	create := flags&syscall.O_CREAT != 0
	w := walker{fs: fs, create: create, write: create, whole: !create, resolve: resolve}
	if resolve&(ResolveBeneath|ResolveInRoot) != 0 {
		w.start = dir
	}
	s, e := w.walk(dir, path, follow)
	for e == 0 && s.away() { // with O_CREAT only
		var rest string
		folder := s
		if i, made, rest, e = elsewhere.create(&w, s, flags, mode); e == 0 && rest != "" {
			s, e = w.walk(s.dir, rest, follow)
			folder.release()
			continue
		}
		folder.release()
		return i, made, e
	}
	if e != 0 {
		return nil, false, e
	}
	if s.inode == nil && w.create {
		i = fs.NewInode(syscall.S_IFREG|mode&0o7777, 0)
		i.Open()
		return i, true, fs.enter(s, i)
	}
	if s.inode == nil {
		return nil, false, syscall.ENOENT
	}
	if e := openCheck(s, flags); e != 0 {
		s.inode.Release()
		return nil, false, e
	}
	if s.inode.node != nil {
		i, e = elsewhere.open(&w, s.inode, flags)
		return i, false, e
	}
	s.inode.Open()
	return s.inode, false, 0
}

func openCheck(s spot, flags int) syscall.Errno {
	switch {
	case flags&syscall.O_CREAT != 0 && flags&syscall.O_EXCL != 0:
		return syscall.EEXIST
	case flags&syscall.O_CREAT != 0 && s.inode.IsDir():
		return syscall.EISDIR
	case s.slash && !s.inode.IsDir():
		return syscall.ENOTDIR
	}
	return 0
}

// enter gives i the name at s, which must be free.
func (fs *FS) enter(s spot, i *Inode) syscall.Errno {
	if s.dir == nil || s.dir.dir.removed {
		return syscall.ENOENT
	}
	if s.dir.Dynamic != nil {
		return syscall.EPERM
	}
	if e := fs.claim(s.name, i); e != 0 {
		return e
	}
	s.dir.dir.add(string([]byte(s.name)), i)
	i.addLinks(1)
	s.dir.touched()
	s.named(Created, i, 0)
	return 0
}

// vacant resolves path to a name that must be free. A trailing slash is
// allowed for directories only.
func (fs *FS) vacant(dir *Inode, path string, isDir bool) (spot, syscall.Errno) {
	s, e := (&walker{fs: fs, write: true}).last(dir, path)
	switch {
	case e != 0:
		return s, e
	case s.inode != nil:
		return s, syscall.EEXIST
	case s.slash && !isDir:
		s.release()
		return s, syscall.ENOENT
	}
	return s, 0
}

// Mkdir makes a directory.
func (fs *FS) Mkdir(dir *Inode, path string, mode uint32) syscall.Errno {
	_, e := fs.make(dir, path, fs.newDir(mode))
	return e
}

func (fs *FS) newDir(mode uint32) *Inode {
	return fs.NewInode(syscall.S_IFDIR|mode&0o1777, 0)
}

// Mknod makes an empty regular file, FIFO, socket or device node. In another file system
// it returns no inode.
func (fs *FS) Mknod(dir *Inode, path string, mode uint32, rdev uint64) (*Inode, syscall.Errno) {
	switch mode & syscall.S_IFMT {
	case 0:
		mode |= syscall.S_IFREG
	case syscall.S_IFREG, syscall.S_IFIFO, syscall.S_IFSOCK, syscall.S_IFCHR, syscall.S_IFBLK:
	default:
		return nil, syscall.EINVAL
	}
	return fs.make(dir, path, fs.NewInode(mode, rdev))
}

// Symlink makes a symbolic link to target.
func (fs *FS) Symlink(target string, dir *Inode, path string) syscall.Errno {
	if target == "" {
		return syscall.ENOENT
	}
	if len(target) >= PathMax {
		return syscall.ENAMETOOLONG
	}
	i := fs.NewInode(syscall.S_IFLNK|0o777, 0)
	i.target = string([]byte(target))
	_, e := fs.make(dir, path, i)
	return e
}

// make gives a new inode its first name.
func (fs *FS) make(dir *Inode, path string, i *Inode) (*Inode, syscall.Errno) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	s, e := fs.vacant(dir, path, i.IsDir())
	if e == 0 && s.away() {
		return nil, elsewhere.do(fs, s, i, actMake)
	}
	if e == 0 {
		e = fs.enter(s, i)
	}
	if e != 0 {
		return nil, e
	}
	if i.IsDir() {
		i.parent = s.dir
		i.addLinks(1)
		s.dir.addLinks(1)
	}
	return i, 0
}

// Link gives inode i, of this tree, another name.
func (fs *FS) Link(i *Inode, dir *Inode, path string) syscall.Errno {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	s, e := fs.vacant(dir, path, false)
	if e != 0 {
		return e
	}
	if s.away() {
		return elsewhere.do(fs, s, i, actLink)
	}
	if i.node != nil {
		return syscall.EXDEV
	}
	if i.IsDir() {
		return syscall.EPERM
	}
	if i.fs != fs {
		return syscall.EXDEV
	}
	i.mu.RLock()
	freed := i.freed
	i.mu.RUnlock()
	if freed {
		return syscall.ENOENT
	}
	if e = fs.enter(s, i); e == 0 {
		i.Happened(Attributed | Relinked)
	}
	return e
}

// Unlink removes a name that is not a directory.
func (fs *FS) Unlink(dir *Inode, path string) syscall.Errno {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	s, e := (&walker{fs: fs, write: true}).last(dir, path)
	switch {
	case e != 0:
		return e
	case s.away():
		return elsewhere.do(fs, s, nil, actUnlink)
	case s.name == "." || s.name == "..":
		return syscall.EISDIR
	case s.inode == nil:
		return syscall.ENOENT
	case s.inode.IsDir():
		return syscall.EISDIR
	case s.slash:
		return syscall.ENOTDIR
	case s.dir.Dynamic != nil:
		return syscall.EPERM
	}
	s.dir.dir.remove(s.name)
	fs.unclaim(s.name)
	s.named(Deleted, s.inode, 0)
	s.inode.Happened(Attributed | Relinked)
	s.inode.addLinks(-1)
	s.dir.touched()
	return 0
}

// Rmdir removes an empty directory.
func (fs *FS) Rmdir(dir *Inode, path string) syscall.Errno {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	s, e := (&walker{fs: fs, write: true}).last(dir, path)
	switch {
	case e != 0:
		return e
	case s.away():
		return elsewhere.do(fs, s, nil, actRmdir)
	case s.inode == fs.root || s.inode != nil && s.inode.mounted != nil:
		return syscall.EBUSY
	case s.name == ".":
		return syscall.EINVAL
	case s.name == "..":
		return syscall.ENOTEMPTY
	case s.inode == nil:
		return syscall.ENOENT
	case !s.inode.IsDir():
		return syscall.ENOTDIR
	case s.dir.Dynamic != nil:
		return syscall.EPERM
	case s.inode.dir.live > 0 || s.inode.Dynamic != nil:
		return syscall.ENOTEMPTY
	}
	s.dir.dir.remove(s.name)
	fs.unclaim(s.name)
	s.named(Deleted, s.inode, 0)
	fs.removedDir(s)
	s.dir.touched()
	return 0
}

// removedDir settles the counts after the directory at s lost its name.
func (fs *FS) removedDir(s spot) {
	s.inode.dir.removed = true
	s.inode.addLinks(-2)
	s.dir.addLinks(-1)
}

// Generated makes a file at path, from the root on, whose content generate
// computes each time it is opened.
func (fs *FS) Generated(path string, generate func() []byte) syscall.Errno {
	i := fs.NewInode(syscall.S_IFREG|0o444, 0)
	i.Generate = generate
	_, e := fs.make(fs.root, path, i)
	return e
}

// Control is Generated for a file that can also be written: accept takes what
// one write call writes.
func (fs *FS) Control(path string, generate func() []byte, accept func(p []byte) syscall.Errno) syscall.Errno {
	i := fs.NewInode(syscall.S_IFREG|0o644, 0)
	i.Generate, i.Accept = generate, accept
	_, e := fs.make(fs.root, path, i)
	return e
}

// Magic makes a symbolic link, from the root on, that reads as target tells
// and leads to what follow finds (nil: nowhere).
func (fs *FS) Magic(path string, target func() []byte, follow func() *Inode) syscall.Errno {
	i := fs.NewInode(syscall.S_IFLNK|0o777, 0)
	i.Generate, i.Follow = target, follow
	_, e := fs.make(fs.root, path, i)
	return e
}

// MkdirDynamic makes a directory, from the root on, whose entries d computes.
func (fs *FS) MkdirDynamic(path string, mode uint32, d Dynamic) syscall.Errno {
	i := fs.newDir(mode)
	i.Dynamic = d
	_, e := fs.make(fs.root, path, i)
	return e
}

// Dynamically returns a directory in i, without entering it, whose entries d computes.
func (i *Inode) Dynamically(mode uint32, d Dynamic) *Inode {
	sub := i.fs.newDir(mode)
	sub.parent, sub.Dynamic = i, d
	return sub
}
