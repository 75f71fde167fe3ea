package ramfs

// Bits of what happened to an inode, as inotify(7) has them.
const (
	Accessed     = 1 << iota // read
	Modified                 // its content
	Attributed               // its mode, owner, times, links or extended attributes
	ClosedWriter             // who opens files says so, as of the next two
	ClosedReader
	Opened
	MovedFrom // a name went, out of Dir
	MovedTo
	Created
	Deleted
	DeletedSelf // and nobody has it open
	MovedSelf
	Relinked // beside Attributed: how many names it has, which is no concern of its folder
)

// A Change is one thing that happened, to Inode itself, or to its name in Dir, nil
// otherwise. Both halves of a rename have one Cookie.
type Change struct {
	Mask       uint32
	Inode, Dir *Inode
	Name       string
	Cookie     uint32
}

// Listen has hear called with each change from now on, on the goroutine that makes it and
// with the tree or the inode locked: it may not use them, nor keep the name.
func (fs *FS) Listen(hear func(Change)) { fs.hear.Store(&hear) }

// Happened tells who listens that something happened to i.
func (i *Inode) Happened(mask uint32) {
	if hear := i.fs.hear.Load(); hear != nil {
		(*hear)(Change{Mask: mask, Inode: i})
	}
}

// named tells it of the name at s.
func (s spot) named(mask uint32, i *Inode, cookie uint32) {
	if hear := i.fs.hear.Load(); hear != nil {
		(*hear)(Change{mask, i, s.dir, s.name, cookie})
	}
}

// renamed tells who listens that i went from one place to another.
func (fs *FS) renamed(i *Inode, from, to spot) {
	if fs.hear.Load() == nil {
		return
	}
	fs.renames++
	from.named(MovedFrom, i, fs.renames)
	to.named(MovedTo, i, fs.renames)
	i.Happened(MovedSelf)
}

// EachName calls see with each name in directory i, while nothing can change there.
func (i *Inode) EachName(see func(name string, of *Inode)) {
	i.fs.mu.RLock()
	defer i.fs.mu.RUnlock()
	for k := range i.dir.entries {
		if e := &i.dir.entries[k]; e.inode != nil {
			see(e.name, e.inode)
		}
	}
}
