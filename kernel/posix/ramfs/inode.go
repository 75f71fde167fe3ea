package ramfs

import (
	"sync"
	"sync/atomic"
	"syscall"
)

// An Inode is a file of any type. One that is a directory or has a name is
// kept alive by its parent; open ones also by their users, who bracket their
// use with Open and Close so that memory is accounted when both are gone.
type Inode struct {
	fs  *FS
	ino uint64

	// Guarded by fs.mu.
	parent *Inode // of a directory; the root is its own
	dir    dir

	mu    sync.RWMutex // guards what follows
	mode  uint32
	nlink uint32
	uid   uint32
	gid   uint32
	rdev  uint64
	atime syscall.Timespec
	mtime syscall.Timespec
	ctime syscall.Timespec
	btime syscall.Timespec
	data  data

	xattrs map[string][]byte

	opens int32
	freed bool

	counted bool // in what the tree takes

	target string // of a symbolic link; constant

	node    Node                           // what i stands for, nil for a file of the tree; constant
	mounted func() (*Inode, syscall.Errno) // of a directory where another file system is, see Mount; constant

	// Generate makes the content of a file whose content is computed when it
	// is opened, and the target of a Follow link. Constant once linked.
	Generate func() []byte
	// Accept takes what one write call writes to a Generate file; nil refuses
	// to open it for writing. Constant once linked.
	Accept func(p []byte) syscall.Errno
	// Follow returns the inode that a magic link (/proc/self/fd/N) leads to
	// without regard to names; nil is ENOENT. Constant once linked.
	Follow func() *Inode
	// Dynamic lists and finds the entries of a directory whose entries are
	// computed. Constant once linked.
	Dynamic Dynamic
	// Attached is what the user of a FIFO or socket inode keeps with it.
	Attached atomic.Value
}

// Dynamic is a directory whose entries are computed. Its methods are called
// with the tree locked and must not call it.
type Dynamic interface {
	// Entry returns the i-th name at or after i and its index, or "" at the end.
	Entry(i int) (name string, index int)
	// Find returns the inode of a name, or nil.
	Find(name string) *Inode
}

// Ino returns the inode number.
func (i *Inode) Ino() uint64 { return i.ino }

// FS returns the tree the inode belongs to.
func (i *Inode) FS() *FS { return i.fs }

// Type returns the file type bits of the mode (S_IFREG, ...).
func (i *Inode) Type() uint32 { return i.mode & syscall.S_IFMT } // never changes

// IsDir reports whether i is a directory.
func (i *Inode) IsDir() bool { return i.Type() == syscall.S_IFDIR }

// Rdev returns the device number of a device node.
func (i *Inode) Rdev() uint64 { return i.rdev }

// Mode returns type and permission bits.
func (i *Inode) Mode() uint32 {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.mode
}

// Stat fills st.
func (i *Inode) Stat(st *syscall.Stat_t) syscall.Errno {
	if i.node != nil {
		return i.node.Stat(st)
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	*st = syscall.Stat_t{
		Dev:     device,
		Ino:     i.ino,
		Mode:    i.mode,
		Uid:     i.uid,
		Gid:     i.gid,
		Rdev:    i.rdev,
		Size:    i.size(),
		Blksize: blockSize,
		Blocks:  i.data.blocks(),
		Atim:    i.atime,
		Mtim:    i.mtime,
		Ctim:    i.ctime,
	}
	assign(&st.Nlink, i.nlink)
	return 0
}

// Birth returns the time of creation (statx), the zero time if it is not known.
func (i *Inode) Birth() syscall.Timespec { return i.btime }

func (i *Inode) size() int64 {
	switch i.Type() {
	case syscall.S_IFLNK:
		return int64(len(i.target))
	case syscall.S_IFDIR:
		return blockSize
	}
	return i.data.size
}

// Chmod sets the permission bits.
func (i *Inode) Chmod(perm uint32) syscall.Errno {
	if perm &= 0o7777; i.node != nil {
		return i.node.Set(Setting{Mode: &perm})
	}
	i.mu.Lock()
	i.mode = i.mode&syscall.S_IFMT | perm
	i.ctime = Now()
	i.mu.Unlock()
	i.Happened(Attributed)
	return 0
}

// Chown sets owner and group; ^0 leaves one as it is. Like Linux, it clears
// the set-id bits of what is no directory.
func (i *Inode) Chown(uid, gid uint32) syscall.Errno {
	if i.node != nil {
		return i.node.Set(Setting{UID: given(uid), GID: given(gid)})
	}
	i.mu.Lock()
	if uid != ^uint32(0) {
		i.uid = uid
	}
	if gid != ^uint32(0) {
		i.gid = gid
	}
	if !i.IsDir() {
		i.mode &^= syscall.S_ISUID
		if i.mode&0o010 != 0 {
			i.mode &^= syscall.S_ISGID
		}
	}
	i.ctime = Now()
	i.mu.Unlock()
	i.Happened(Attributed)
	return 0
}

// given is an owner to set, nil for none.
func given(id uint32) *uint32 {
	if id == ^uint32(0) {
		return nil
	}
	return &id
}

// SetTimes sets access and modification time; nil leaves one as it is.
func (i *Inode) SetTimes(atime, mtime *syscall.Timespec) syscall.Errno {
	if atime == nil && mtime == nil {
		return 0
	}
	if i.node != nil {
		return i.node.Set(Setting{Atime: atime, Mtime: mtime})
	}
	i.mu.Lock()
	if atime != nil {
		i.atime = *atime
	}
	if mtime != nil {
		i.mtime = *mtime
	}
	i.ctime = Now()
	i.mu.Unlock()
	switch {
	case mtime == nil:
		i.Happened(Accessed)
	case atime == nil:
		i.Happened(Modified)
	default:
		i.Happened(Attributed)
	}
	return 0
}

// Open and Close bracket the use of an inode of the tree by a description.
func (i *Inode) Open() {
	i.mu.Lock()
	i.opens++
	i.mu.Unlock()
}

// Close ends a use; the content of a file that has no name left goes with the
// last one.
func (i *Inode) Close() {
	if i.node != nil {
		i.node.Release()
		return
	}
	i.mu.Lock()
	i.opens--
	i.reap()
	i.mu.Unlock()
}

// reap drops an inode that can no longer be reached. Needs i.mu.
func (i *Inode) reap() {
	if i.nlink != 0 || i.opens != 0 || i.freed {
		return
	}
	i.freed = true
	i.Happened(DeletedSelf)
	n := i.data.clear() + i.xattrBytes()
	if i.counted {
		n += i.cost()
	}
	i.fs.reserve(-n)
}

// addLinks changes the link count, and drops the content of a file that has
// lost its last name and is not open.
func (i *Inode) addLinks(n int) {
	i.mu.Lock()
	i.nlink = uint32(int(i.nlink) + n)
	i.ctime = Now()
	i.reap()
	i.mu.Unlock()
}

// touched notes a change of a directory's entries.
func (i *Inode) touched() {
	i.mu.Lock()
	i.mtime = Now()
	i.ctime = i.mtime
	i.mu.Unlock()
}

// accessed notes a read, by the relatime rule of mount(8): only when the
// inode changed since the last access.
func (i *Inode) accessed() {
	i.mu.RLock()
	fresh := after(i.atime, i.mtime) && after(i.atime, i.ctime)
	i.mu.RUnlock()
	if fresh {
		return
	}
	i.mu.Lock()
	i.atime = Now()
	i.mu.Unlock()
}

func after(a, b syscall.Timespec) bool {
	return a.Sec > b.Sec || a.Sec == b.Sec && a.Nsec > b.Nsec
}

// assign sets a field whose width differs between processors.
func assign[T uint32 | uint64](to *T, n uint32) { *to = T(n) }
