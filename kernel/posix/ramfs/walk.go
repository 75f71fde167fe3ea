package ramfs

import "syscall"

// A spot is where a path's last name is, or would be.
type spot struct {
	dir   *Inode // nil for a magic link, then inode is what it leads to
	name  string // "." for the directory itself (a path of slashes, or none)
	slash bool   // the path ended in a slash: it must name a directory
	inode *Inode // what is there now, or nil
}

// A walker resolves one path (path_resolution(7)) and counts the symbolic
// links it passed. The tree is locked while it works.
type walker struct {
	fs     *FS
	links  int
	create bool // open(2) with O_CREAT: a slash after a name is EISDIR
	write  bool // the tree is locked for writing
	whole  bool // what the path names is wanted, in another file system as well
	follow bool // see walk

	resolve int    // flags of openat2(2)
	start   *Inode // what they do not let it leave, nil for none
}

// Flags of OpenWithin, openat2(2)'s.
const (
	ResolveNoXdev       = 1 << iota // there is one file system
	ResolveNoMagicLinks             // not those of /proc
	ResolveNoSymlinks
	ResolveBeneath // nothing that leads out of the folder
	ResolveInRoot  // the folder is the root
	ResolveCached  // all is
)

// link counts a symbolic link, and refuses it when there have been too many, or by resolve.
func (w *walker) link(i *Inode) syscall.Errno {
	w.links++
	switch {
	case w.links > maxLinks, w.resolve&ResolveNoSymlinks != 0, i.Follow != nil && w.resolve&ResolveNoMagicLinks != 0:
		return syscall.ELOOP
	case i.Follow != nil && w.start != nil:
		return syscall.EXDEV
	}
	i.accessed()
	return 0
}

// top is where an absolute path begins, or where ".." of the start leads.
func (w *walker) top() (*Inode, syscall.Errno) {
	switch {
	case w.start == nil:
		return w.fs.top, 0
	case w.resolve&ResolveBeneath != 0:
		return nil, syscall.EXDEV
	}
	return w.start, 0
}

// walk resolves path from dir up to its last name. With follow it goes on
// through a symbolic link there, to a name that may not exist.
func (w *walker) walk(dir *Inode, path string, follow bool) (spot, syscall.Errno) {
	if path == "" {
		return spot{}, syscall.ENOENT
	}
	if len(path) >= PathMax {
		return spot{}, syscall.ENAMETOOLONG
	}
	for w.follow = follow; ; {
		s, e := w.descend(dir, path)
		if e != 0 || s.away() {
			return s, e
		}
		if w.create && s.slash && !dots(s.name) {
			return s, syscall.EISDIR
		}
		if len(s.name) > NameMax {
			return s, syscall.ENAMETOOLONG
		}
		i := s.inode
		if i != nil && i.mounted != nil && i != w.fs.top {
			w.unlock()
			s.inode, e = i.mounted()
			w.lock()
			return spot{name: s.name, inode: s.inode}, e
		}
		if i == nil || i.Type() != syscall.S_IFLNK || !follow && !s.slash {
			return s, 0
		}
		if e := w.link(i); e != 0 {
			return s, e
		}
		if i.Follow != nil {
			if i = i.Follow(); i == nil {
				return s, syscall.ENOENT
			}
			return spot{name: s.name, inode: i, slash: s.slash}, 0
		}
		dir, path = s.dir, i.target
		if s.slash {
			path += "/"
		}
	}
}

// last is walk without follow, for calls that act on the link itself even
// when a slash comes after its name.
func (w *walker) last(dir *Inode, path string) (spot, syscall.Errno) {
	s, e := w.parent(dir, path)
	if e == 0 && len(s.name) > NameMax {
		e = syscall.ENAMETOOLONG
	}
	return s, e
}

// parent is last for calls that look at two parents first (rename): the name
// may be too long.
func (w *walker) parent(dir *Inode, path string) (spot, syscall.Errno) {
	if path == "" {
		return spot{}, syscall.ENOENT
	}
	if len(path) >= PathMax {
		return spot{}, syscall.ENAMETOOLONG
	}
	return w.descend(dir, path)
}

// descend resolves all of path but its last name, through symbolic links.
func (w *walker) descend(dir *Inode, path string) (_ spot, e syscall.Errno) {
	for {
		if path[0] == '/' {
			if dir, e = w.top(); e != 0 {
				return spot{}, e
			}
		}
		path = skipSlashes(path)
		if path == "" {
			return spot{dir: dir, name: ".", inode: dir}, 0
		}
		name, rest := cut(path)
		if !dir.IsDir() {
			return spot{}, syscall.ENOTDIR
		}
		if dir == w.fs.top && dir.mounted != nil && !w.fs.yielded.Load() {
			elsewhere.settle(w)
		}
		if dir.node != nil || dir.mounted != nil && (dir != w.fs.top || !dots(name) && dir.dir.find(name) == nil) {
			if w.resolve != 0 { // of which another file system knows nothing
				return spot{}, syscall.EXDEV
			}
			s, out, e := elsewhere.beyond(w, dir, path)
			if e != 0 || out == "" {
				return s, e
			}
			path = out
			continue
		}
		i := dir.child(name)
		if name == ".." && dir == w.start {
			if i, e = w.top(); e != 0 {
				return spot{}, e
			}
		}
		next := skipSlashes(rest)
		if next == "" {
			return spot{dir: dir, name: name, slash: rest != "", inode: i}, 0
		}
		if len(name) > NameMax {
			return spot{}, syscall.ENAMETOOLONG
		}
		if i == nil {
			return spot{}, syscall.ENOENT
		}
		if i.Type() != syscall.S_IFLNK {
			dir, path = i, next
			continue
		}
		if e := w.link(i); e != 0 {
			return spot{}, e
		}
		if i.Follow != nil {
			if dir = i.Follow(); dir == nil {
				return spot{}, syscall.ENOENT
			}
			path = next
			continue
		}
		if len(i.target)+len(rest) >= PathMax {
			return spot{}, syscall.ENAMETOOLONG
		}
		path = i.target + rest
	}
}

// child returns what name is in directory i, or nil.
func (i *Inode) child(name string) *Inode {
	switch name {
	case ".":
		return i
	case "..":
		return i.parent
	}
	if i.Dynamic != nil {
		return i.Dynamic.Find(name)
	}
	return i.dir.find(name)
}

func skipSlashes(path string) string {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	return path
}

// cut splits path, which does not start with a slash, after its first name.
func cut(path string) (name, rest string) {
	for k := 0; k < len(path); k++ {
		if path[k] == '/' {
			return path[:k], path[k:]
		}
	}
	return path, ""
}

// Lookup returns the inode that path names, starting at dir. follow says
// whether a symbolic link at the end is followed. The caller ends its use by Release.
func (fs *FS) Lookup(dir *Inode, path string, follow bool) (*Inode, syscall.Errno) {
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	s, e := (&walker{fs: fs, whole: true}).walk(dir, path, follow)
	if e != 0 {
		return nil, e
	}
	if s.inode == nil {
		return nil, syscall.ENOENT
	}
	if s.slash && !s.inode.IsDir() {
		return nil, syscall.ENOTDIR
	}
	return s.inode, 0
}
