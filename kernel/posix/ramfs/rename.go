package ramfs

import "syscall"

// Flags of renameat2(2).
const (
	RenameNoreplace = 1
	RenameExchange  = 2
)

// Rename moves a name, replacing what the new name was unless flags say
// otherwise (rename(2)).
func (fs *FS) Rename(odir *Inode, opath string, ndir *Inode, npath string, flags uint) syscall.Errno {
	if flags&^(RenameNoreplace|RenameExchange) != 0 || flags == RenameNoreplace|RenameExchange {
		return syscall.EINVAL
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	from, e := (&walker{fs: fs, write: true}).parent(odir, opath)
	if e != 0 {
		return e
	}
	defer from.release()
	to, e := (&walker{fs: fs, write: true}).parent(ndir, npath)
	if e != 0 {
		return e
	}
	defer to.release()
	if from.away() || to.away() {
		return elsewhere.rename(fs, from, to, flags)
	}
	// Another file system may have been asked since: the tree was not locked then.
	from.inode = from.dir.child(from.name)
	if e := fs.mayRename(from, to, flags); e != 0 {
		return e
	}
	if from.inode == to.inode {
		return 0 // two names of one file: both stay
	}
	if flags == RenameExchange {
		fs.exchange(from, to)
		return 0
	}
	return fs.move(from, to)
}

func (fs *FS) mayRename(from, to spot, flags uint) syscall.Errno {
	switch {
	case dots(from.name), from.inode != nil && from.inode.mounted != nil, to.inode != nil && to.inode.mounted != nil:
		return syscall.EBUSY
	case dots(to.name) && flags == RenameNoreplace:
		return syscall.EEXIST
	case dots(to.name):
		return syscall.EBUSY
	case len(from.name) > NameMax:
		return syscall.ENAMETOOLONG
	case from.inode == nil:
		return syscall.ENOENT
	case len(to.name) > NameMax:
		return syscall.ENAMETOOLONG
	case flags == RenameNoreplace && to.inode != nil:
		return syscall.EEXIST
	case flags == RenameExchange && to.inode == nil:
		return syscall.ENOENT
	case !from.inode.IsDir() && (from.slash || to.slash && flags != RenameExchange):
		return syscall.ENOTDIR
	case flags == RenameExchange && !to.inode.IsDir() && to.slash:
		return syscall.ENOTDIR
	case within(to.dir, from.inode):
		return syscall.EINVAL
	case within(from.dir, to.inode):
		if flags == RenameExchange {
			return syscall.EINVAL
		}
		return syscall.ENOTEMPTY
	case from.dir.Dynamic != nil || to.dir.Dynamic != nil:
		return syscall.EPERM
	case to.dir.dir.removed:
		return syscall.ENOENT
	}
	if to.inode == nil || from.inode == to.inode || flags == RenameExchange {
		return 0
	}
	return mayReplace(from.inode, to.inode)
}

// mayReplace says whether a rename may put from where to is.
func mayReplace(from, to *Inode) syscall.Errno {
	switch {
	case from.IsDir() && !to.IsDir():
		return syscall.ENOTDIR
	case !from.IsDir() && to.IsDir():
		return syscall.EISDIR
	case to.IsDir() && (to.dir.live > 0 || to.Dynamic != nil):
		return syscall.ENOTEMPTY
	}
	return 0
}

func dots(name string) bool { return name == "." || name == ".." }

// within reports whether directory dir is i or below it.
func within(dir, i *Inode) bool {
	if i == nil || !i.IsDir() {
		return false
	}
	for {
		if dir == i {
			return true
		}
		if dir == dir.parent {
			return false
		}
		dir = dir.parent
	}
}

func (fs *FS) move(from, to spot) syscall.Errno {
	if to.inode == nil {
		if !fs.reserve(nameBytes(to.name) - nameBytes(from.name)) {
			return syscall.ENOSPC
		}
		to.dir.dir.add(string([]byte(to.name)), from.inode)
	} else {
		fs.unclaim(from.name)
		to.dir.dir.set(to.name, from.inode)
		to.inode.Happened(Attributed | Relinked)
		if to.inode.IsDir() {
			fs.removedDir(to)
		} else {
			to.inode.addLinks(-1)
		}
	}
	from.dir.dir.remove(from.name)
	fs.moved(from.inode, from.dir, to.dir)
	fs.renamed(from.inode, from, to)
	return 0
}

func (fs *FS) exchange(from, to spot) {
	from.dir.dir.set(from.name, to.inode)
	to.dir.dir.set(to.name, from.inode)
	fs.moved(from.inode, from.dir, to.dir)
	fs.moved(to.inode, to.dir, from.dir)
	fs.renamed(from.inode, from, to)
	fs.renamed(to.inode, to, from)
}

// moved settles parent, counts and times after i went from one directory to
// another.
func (fs *FS) moved(i, from, to *Inode) {
	if i.IsDir() && from != to {
		i.parent = to
		from.addLinks(-1)
		to.addLinks(1)
	}
	i.addLinks(0)
	from.touched()
	to.touched()
}
