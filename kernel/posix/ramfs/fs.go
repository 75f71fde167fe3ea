// Package ramfs is a file system in memory: inodes, names and file content,
// with the semantics POSIX.1-2017 gives them and the errors Linux gives
// (path_resolution(7), inode(7), rename(2), ...). It knows no descriptors:
// kernel/posix/file opens its inodes and keeps offsets and flags.
//
// Content starts as references into a packed archive (LoadArchive) and is
// copied where it is written. The caller is root: mode bits are stored and
// reported, and deny nothing.
//
// Locks: FS.mu guards names, that is all directories, parents and link counts;
// Inode.mu guards one inode's attributes and content. FS.mu is taken before
// Inode.mu, and no more than one Inode.mu is held at a time.
//
// Nothing here needs a package initialiser, and no string or slice passed in
// is kept: names and content are copied.
//
// It may import sync, syscall, time and unsafe (for sizes) only.
package ramfs

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Limits and device number that stat and statfs report.
const (
	NameMax   = 255
	PathMax   = 4096 // with the terminating zero
	maxLinks  = 40   // symbolic links followed in one resolution (ELOOP)
	device    = 1    // st_dev
	blockSize = 4096
	magic     = 0x01021994 // statfs f_type of tmpfs
)

// An FS is one tree. Make it with New.
type FS struct {
	// Limit is the most bytes of memory for content (the archive not counted),
	// inodes and names before what needs more fails with ENOSPC, and MaxNames
	// the most names; 0 is no limit. Set them before use.
	Limit    int64
	MaxNames int64

	mu      sync.RWMutex
	root    *Inode
	names   int64  // guarded by mu
	renames uint32 // that were heard of; guarded by mu

	hear atomic.Pointer[func(Change)] // see Listen

	// Where absolute paths begin: root, or what stands before it when another file
	// system is mounted there.
	top     *Inode
	kept    []string // names in root that are mount points, or lead to one
	yield   sync.Once
	yielded atomic.Bool
	flush   []func(durable bool) syscall.Errno

	// sharing returns the bytes of all Frames, and sets the most that they may become.
	sharing atomic.Pointer[func(most int64) int64]

	lastIno atomic.Uint64
	used    atomic.Int64 // bytes of memory
}

// New returns a tree that consists of an empty root directory.
func New() *FS {
	fs := &FS{}
	fs.root = fs.NewInode(syscall.S_IFDIR|0o755, 0)
	fs.root.parent = fs.root
	fs.root.nlink = 2
	fs.top = fs.root
	return fs
}

// Root returns the tree's own root directory.
func (fs *FS) Root() *Inode { return fs.root }

// Top returns the directory where absolute paths begin: Root, if nothing is mounted there.
func (fs *FS) Top() *Inode { return fs.top }

// Sharing says what the memory of all Frames is: bytes returns it, and sets the most
// that it may become, whoever adds to it. It is called before the first Share.
func (fs *FS) Sharing(bytes func(most int64) int64) { fs.sharing.Store(&bytes) }

// NewInode returns an inode that has no name yet. mode is type and permission
// bits, rdev the device number of a device node.
func (fs *FS) NewInode(mode uint32, rdev uint64) *Inode {
	now := Now()
	i := &Inode{fs: fs, ino: fs.lastIno.Add(1), mode: mode, rdev: rdev}
	i.atime, i.mtime, i.ctime, i.btime = now, now, now, now
	return i
}

// Now is the time stamp of a change.
func Now() syscall.Timespec {
	return syscall.NsecToTimespec(time.Now().UnixNano())
}
