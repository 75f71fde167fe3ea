package ramfs

import "syscall"

// ReadAt copies content from off to p; 0 is the end of the file.
func (i *Inode) ReadAt(p []byte, off int64) (int, syscall.Errno) {
	if i.node != nil {
		return i.node.ReadAt(p, off)
	}
	i.mu.RLock()
	n := i.data.readAt(p, off)
	i.mu.RUnlock()
	if len(p) > 0 {
		i.accessed()
	}
	if n > 0 {
		i.Happened(Accessed)
	}
	return n, 0
}

// WriteAt copies p to offset off. It takes less when memory runs out and
// answers ENOSPC when it could take nothing.
func (i *Inode) WriteAt(p []byte, off int64) (int, syscall.Errno) {
	if i.node != nil {
		return i.node.WriteAt(p, off)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.write(p, off)
}

// Append writes p at the end and returns the offset after it.
func (i *Inode) Append(p []byte) (n int, end int64, e syscall.Errno) {
	if i.node != nil {
		return i.node.Append(p)
	}
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
		i.changed()
	}
	return n, e
}

// Sync returns when what was written is as durable as it gets: all, or with dataOnly
// what reading it back needs.
func (i *Inode) Sync(dataOnly bool) syscall.Errno {
	if i.node != nil {
		return i.node.Sync(dataOnly)
	}
	return 0
}

// Size returns the length of a regular file, 0 where it cannot be known.
func (i *Inode) Size() int64 {
	if i.node != nil {
		var st syscall.Stat_t
		i.node.Stat(&st)
		return st.Size
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.data.size
}

// Truncate sets the length of a regular file.
func (i *Inode) Truncate(size int64) syscall.Errno {
	if size < 0 {
		return syscall.EINVAL
	}
	if i.node != nil {
		return i.node.Set(Setting{Size: &size})
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.resize(size)
}

func (i *Inode) resize(size int64) syscall.Errno {
	freed, ok := i.data.resize(size)
	if !ok {
		return syscall.ENOSPC
	}
	i.fs.reserve(-freed)
	i.changed()
	return 0
}

func (i *Inode) changed() {
	i.mtime = Now()
	i.ctime = i.mtime
	i.Happened(Modified)
}

// Extend makes the file at least size long (fallocate).
func (i *Inode) Extend(size int64) syscall.Errno {
	if i.node != nil {
		return syscall.EOPNOTSUPP
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if size > i.data.size {
		return i.resize(size)
	}
	return 0
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
	if i.node != nil {
		return i.node.Readlink()
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

var zeros [blockSize]byte

// ReadTo hands up to n bytes of content from off to take, piece by piece and
// in place, until take takes less than a piece. take must not keep a piece,
// block, or use the inode.
func (i *Inode) ReadTo(off, n int64, take func(p []byte) (int, syscall.Errno)) (done int64, e syscall.Errno) {
	if i.node != nil {
		return elsewhere.readTo(i, off, n, take)
	}
	i.accessed()
	i.mu.RLock()
	defer i.mu.RUnlock()
	n = min(n, i.data.size-off)
	for done < n {
		p := i.data.piece(off + done)
		p = p[:min(int64(len(p)), n-done)]
		got, e := take(p)
		done += int64(got)
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || got < len(p) {
			break
		}
	}
	return done, 0
}

// piece returns content from off on, at least a byte: what lies together.
func (d *data) piece(off int64) []byte {
	if d.mapped != nil {
		return d.mapped.piece(off)
	}
	in := off % chunkSize
	k, ok := d.find(off / chunkSize)
	have := tail(d.base, off)
	if ok {
		have = tail(d.chunks[k].b, in)
	}
	if len(have) == 0 { // a hole, up to the end of its chunk at most
		have = zeros[:]
	}
	return have[:min(int64(len(have)), chunkSize-in)]
}
