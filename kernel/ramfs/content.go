package ramfs

import "syscall"

// ReadAt copies content from off to p; 0 is the end of the file.
func (i *Inode) ReadAt(p []byte, off int64) int {
	i.mu.RLock()
	n := i.data.readAt(p, off)
	i.mu.RUnlock()
	if len(p) > 0 {
		i.accessed()
	}
	return n
}

// WriteAt copies p to offset off. It takes less when memory runs out and
// answers ENOSPC when it could take nothing.
func (i *Inode) WriteAt(p []byte, off int64) (int, syscall.Errno) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.write(p, off)
}

// Append writes p at the end and returns the offset after it.
func (i *Inode) Append(p []byte) (n int, end int64, e syscall.Errno) {
	i.mu.Lock()
	defer i.mu.Unlock()
	n, e = i.write(p, i.data.size)
	return n, i.data.size, e
}

func (i *Inode) write(p []byte, off int64) (int, syscall.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	n, e := i.data.writeAt(p, off, i.fs.reserve)
	if n > 0 {
		i.mtime = Now()
		i.ctime = i.mtime
	}
	return n, e
}

// Size returns the length of a regular file.
func (i *Inode) Size() int64 {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.data.size
}

// Truncate sets the length of a regular file.
func (i *Inode) Truncate(size int64) syscall.Errno {
	if size < 0 {
		return syscall.EINVAL
	}
	i.mu.Lock()
	i.fs.reserve(-i.data.resize(size))
	i.mtime = Now()
	i.ctime = i.mtime
	i.mu.Unlock()
	return 0
}

// Extend makes the file at least size long (fallocate).
func (i *Inode) Extend(size int64) {
	i.mu.Lock()
	if size > i.data.size {
		i.data.resize(size)
		i.mtime = Now()
		i.ctime = i.mtime
	}
	i.mu.Unlock()
}

// SetContent makes a regular file's content b, which is kept and must not
// change: for files that live in an archive.
func (i *Inode) SetContent(b []byte) {
	i.mu.Lock()
	i.fs.reserve(-i.data.clear())
	i.data.base, i.data.size = b, int64(len(b))
	i.mu.Unlock()
}

// Readlink returns the target of a symbolic link.
func (i *Inode) Readlink() (string, syscall.Errno) {
	if i.Type() != syscall.S_IFLNK {
		return "", syscall.EINVAL
	}
	i.accessed()
	if i.Follow != nil {
		if i.Generate == nil {
			return "", syscall.ENOENT
		}
		return string(i.Generate()), 0
	}
	return i.target, 0
}
