package file

import (
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// Optional interfaces of Files.
type (
	// A seeker has a position.
	seeker interface {
		seek(offset int64, whence int) (int64, syscall.Errno)
	}
	// A positioned file reads and writes at any offset.
	positioned interface {
		Pread(p []byte, off int64) (int, syscall.Errno)
		Pwrite(p []byte, off int64) (int, syscall.Errno)
	}
	// A noded file is an inode of the tree.
	noded interface{ node() *ramfs.Inode }
)

// A regular is an open regular file. Reads and writes at the common position
// exclude each other, as POSIX asks (2.9.7).
type regular struct {
	inode   *ramfs.Inode
	content *ramfs.Inode // inode, or a private copy of generated content
	flags   atomic.Uint32

	mu  sync.Mutex
	off int64
}

// newRegular opens i, of which the caller hands over a use.
func newRegular(i *ramfs.Inode) *regular {
	f := &regular{inode: i, content: i}
	if i.Generate != nil {
		f.content = i.FS().NewInode(syscall.S_IFREG, 0)
		f.content.SetContent(i.Generate())
	}
	return f
}

func (f *regular) node() *ramfs.Inode    { return f.inode }
func (f *regular) setFlags(flags uint32) { f.flags.Store(flags) }

func (f *regular) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

func (f *regular) Close() syscall.Errno {
	if f.flags.Load()&syscall.O_ACCMODE != syscall.O_RDONLY {
		f.inode.Happened(ramfs.ClosedWriter)
	} else {
		f.inode.Happened(ramfs.ClosedReader)
	}
	f.inode.Close()
	return 0
}

func (f *regular) Read(p []byte) (int, syscall.Errno) {
	f.mu.Lock()
	n, e := f.content.ReadAt(p, f.off)
	f.off += int64(n)
	f.mu.Unlock()
	return n, e
}

func (f *regular) Write(p []byte) (int, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flags.Load()&syscall.O_APPEND != 0 {
		n, end, e := f.content.Append(p)
		if n > 0 {
			f.off = end
		}
		return f.settled(n, e)
	}
	n, e := f.content.WriteAt(p, f.off)
	f.off += int64(n)
	return f.settled(n, e)
}

// settled is the result of a write that took n bytes: with O_DSYNC they are durable.
func (f *regular) settled(n int, e syscall.Errno) (int, syscall.Errno) {
	if n > 0 && f.flags.Load()&syscall.O_DSYNC != 0 {
		if e := f.content.Sync(f.flags.Load()&syscall.O_SYNC != syscall.O_SYNC); e != 0 {
			return 0, e
		}
	}
	return n, e
}

// A control is an open file whose content is computed and which acts on what is
// written, each call by itself, as files of sysfs do.
type control struct{ *regular }

func (f *control) Write(p []byte) (int, syscall.Errno) {
	if e := f.inode.Accept(p); e != 0 {
		return 0, e
	}
	return len(p), 0
}

func (f *control) Pwrite(p []byte, _ int64) (int, syscall.Errno) { return f.Write(p) }

func (f *regular) Pread(p []byte, off int64) (int, syscall.Errno) {
	return f.content.ReadAt(p, off)
}

// Pwrite on a descriptor with O_APPEND appends whatever off says, as Linux
// does (pwrite(2), BUGS).
func (f *regular) Pwrite(p []byte, off int64) (int, syscall.Errno) {
	if f.flags.Load()&syscall.O_APPEND != 0 {
		n, _, e := f.content.Append(p)
		return f.settled(n, e)
	}
	return f.settled(f.content.WriteAt(p, off))
}

// Whence values beyond io's.
const (
	seekData = 3
	seekHole = 4
)

func (f *regular) seek(offset int64, whence int) (int64, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch whence {
	case 0:
	case 1:
		offset += f.off
	case 2:
		offset += f.content.Size()
	case seekData, seekHole:
		at, e := f.content.Find(offset, whence == seekHole)
		if e != 0 {
			return 0, e
		}
		offset = at
	default:
		return 0, syscall.EINVAL
	}
	if offset < 0 {
		return 0, syscall.EINVAL
	}
	f.off = offset
	return offset, 0
}

// A directory is an open directory; its position is a cookie of getdents64.
type directory struct {
	inode *ramfs.Inode
	mu    sync.Mutex
	pos   int64
	// below is the root of the file system that shows through the tree's own root, nil
	// elsewhere. Its entries come first: at is where in them, until they are over.
	below *ramfs.Inode
	at    int64
	over  bool
}

func (f *directory) node() *ramfs.Inode                { return f.inode }
func (f *directory) Read([]byte) (int, syscall.Errno)  { return 0, syscall.EISDIR }
func (f *directory) Write([]byte) (int, syscall.Errno) { return 0, syscall.EBADF }

func (f *directory) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

func (f *directory) Close() syscall.Errno {
	f.inode.Happened(ramfs.ClosedReader)
	f.inode.Close()
	if f.below != nil {
		f.below.Release()
	}
	return 0
}

func (f *directory) seek(offset int64, whence int) (int64, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if whence == 1 {
		offset += f.pos
	}
	if whence > 1 || offset < 0 {
		return 0, syscall.EINVAL
	}
	f.pos, f.at, f.over = offset, 0, false
	return offset, 0
}

func (f *directory) getdents(p []byte) (int, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.below != nil && !f.over {
		n, at, e := f.below.Getdents(p, f.at)
		if f.at = at; n > 0 || e != 0 {
			return n, e
		}
		f.over, f.pos = true, ramfs.AfterDots
	}
	n, pos, e := f.inode.Getdents(p, f.pos)
	f.pos = pos
	return n, e
}

// A pathOnly is what O_PATH opens: a place in the tree, without content.
type pathOnly struct{ inode *ramfs.Inode }

func (f *pathOnly) node() *ramfs.Inode                { return f.inode }
func (f *pathOnly) Read([]byte) (int, syscall.Errno)  { return 0, syscall.EBADF }
func (f *pathOnly) Write([]byte) (int, syscall.Errno) { return 0, syscall.EBADF }

func (f *pathOnly) Stat(st *syscall.Stat_t) syscall.Errno { return f.inode.Stat(st) }

func (f *pathOnly) Close() syscall.Errno {
	f.inode.Close()
	return 0
}
