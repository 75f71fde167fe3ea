package ramfs

import "syscall"

// Path returns the absolute path of a directory, or ENOENT when it was
// removed.
func (fs *FS) Path(dir *Inode) (string, syscall.Errno) {
	if dir.node != nil {
		return dir.node.Path(), 0
	}
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	return fs.path(dir)
}

func (fs *FS) path(dir *Inode) (string, syscall.Errno) {
	path := ""
	for i := dir; i != i.parent; i = i.parent {
		if i.dir.removed {
			return "", syscall.ENOENT
		}
		name := i.parent.dir.nameOf(i)
		if name == "" {
			return "", syscall.ENOENT
		}
		path = "/" + name + path
	}
	if path == "" {
		return "/", 0
	}
	return path, 0
}

func (d *dir) nameOf(i *Inode) string {
	for k := range d.entries {
		if d.entries[k].inode == i {
			return d.entries[k].name
		}
	}
	return ""
}

// Name returns an absolute path of an inode, found by looking for it in the
// whole tree, or "" when it has no name. It is for diagnosis (/proc/self/fd).
func (fs *FS) Name(i *Inode) string {
	if i.node != nil {
		return i.node.Path()
	}
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	if i.IsDir() {
		name, _ := fs.path(i)
		return name
	}
	return fs.root.nameBelow(func(found *Inode) bool { return found == i })
}

// NameOf is Name of the inode with a number, "" if none that has a name has it.
func (fs *FS) NameOf(ino uint64) string {
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	if fs.root.ino == ino {
		return "/"
	}
	return fs.root.nameBelow(func(found *Inode) bool { return found.ino == ino })
}

// nameBelow is the path of the first inode in a folder, and those below it, that is meant.
func (i *Inode) nameBelow(meant func(*Inode) bool) string {
	for k := range i.dir.entries {
		e := &i.dir.entries[k]
		if e.inode != nil && meant(e.inode) {
			return "/" + e.name
		}
		if e.inode != nil && e.inode.IsDir() {
			if below := e.inode.nameBelow(meant); below != "" {
				return "/" + e.name + below
			}
		}
	}
	return ""
}
