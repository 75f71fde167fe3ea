package ramfs

import "syscall"

// Open returns the inode that path names, making a regular file there when
// flags has O_CREAT and there is none. mode is the new file's permission bits.
// The caller truncates, opens the inode and checks types that it cannot open;
// made says that the file is new. The inode comes with a use of it (Close).
func (fs *FS) Open(dir *Inode, path string, flags int, mode uint32) (i *Inode, made bool, e syscall.Errno) {
	return fs.OpenWithin(dir, path, flags, mode, 0)
}

// OpenWithin is Open by a path that may not lead everywhere: resolve is of the Resolve flags.
func (fs *FS) OpenWithin(dir *Inode, path string, flags int, mode uint32, resolve int) (i *Inode, made bool, e syscall.Errno) {
	follow := flags&syscall.O_NOFOLLOW == 0 && flags&(syscall.O_CREAT|syscall.O_EXCL) != syscall.O_CREAT|syscall.O_EXCL
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
