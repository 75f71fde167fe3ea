package ramfs

import "syscall"

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
