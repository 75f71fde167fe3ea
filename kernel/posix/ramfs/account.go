package ramfs

import (
	"syscall"
	"unsafe"
)

// What a tree may take of memory is one account of bytes, in which an inode and
// a name cost what they take of the Go heap. Names have a limit of their own, as
// in tmpfs, whose inodes they are: each hard link counts.
const (
	// inodeCost is the bytes of an inode, as the allocator rounds them.
	inodeCost = (int64(unsafe.Sizeof(Inode{})) + 31) &^ 31
	// nameCost is the bytes of a directory entry and its place in the index,
	// with the room that both keep to grow, but without the name.
	nameCost = 144
	// chunkCost is the same of a chunk, without its content.
	chunkCost = 2 * int64(unsafe.Sizeof(chunk{}))
)

func nameBytes(name string) int64 { return nameCost + int64(len(name)) }

// claim accounts for one more name of i, and for i itself with its first one.
// ENOSPC means that there is no room for it. Needs fs.mu.
func (fs *FS) claim(name string, i *Inode) syscall.Errno {
	if fs.MaxNames != 0 && fs.names >= fs.MaxNames {
		return syscall.ENOSPC
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	n := nameBytes(name)
	if !i.counted {
		n += i.cost()
	}
	if !fs.reserve(n) {
		return syscall.ENOSPC
	}
	fs.names++
	i.counted = true
	return 0
}

// unclaim accounts for a name that is gone. Needs fs.mu.
func (fs *FS) unclaim(name string) {
	fs.names--
	fs.reserve(-nameBytes(name))
}

// cost is what i takes besides names and content.
func (i *Inode) cost() int64 { return inodeCost + int64(len(i.target)) }

// reserve accounts for n more bytes. It refuses what goes beyond the limit.
func (fs *FS) reserve(n int64) bool {
	if used := fs.used.Add(n); n > 0 && fs.Limit != 0 && used+fs.shared(used) > fs.Limit {
		fs.used.Add(-n)
		return false
	}
	return true
}

// shared returns what mapped content takes, which may be all that used leaves.
func (fs *FS) shared(used int64) int64 {
	sharing := fs.sharing.Load()
	if sharing == nil {
		return 0
	}
	most := int64(maxSize)
	if fs.Limit != 0 {
		most = max(fs.Limit-used, 0)
	}
	return (*sharing)(most)
}

// Used returns the bytes of memory that the tree takes, the archive not counted.
func (fs *FS) Used() int64 {
	used := fs.used.Load()
	return used + fs.shared(used)
}

// Names returns the number of names in the tree.
func (fs *FS) Names() int64 {
	fs.mu.RLock()
	defer fs.mu.RUnlock()
	return fs.names
}

// Statfs fills st for the file system that i is on, or that shows there. Where the tree
// has no limit, what is used is all there is.
func (fs *FS) Statfs(i *Inode, st *syscall.Statfs_t) syscall.Errno {
	if i.node != nil || i.mounted != nil {
		return elsewhere.statfs(fs, i, st)
	}
	used, names := fs.Used(), fs.Names()
	total, most := max(fs.Limit, used), max(fs.MaxNames, names)
	*st = syscall.Statfs_t{
		Type:    magic,
		Bsize:   blockSize,
		Frsize:  blockSize,
		Blocks:  uint64(total) / blockSize,
		Bfree:   uint64(total-used) / blockSize,
		Bavail:  uint64(total-used) / blockSize,
		Files:   uint64(most),
		Ffree:   uint64(most - names),
		Namelen: NameMax,
	}
	return 0
}
