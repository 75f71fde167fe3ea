package ramfs

import "syscall"

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
