package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
)

// ReadAt implements ramfs.Node.
func (n *node) ReadAt(p []byte, off int64) (done int, e syscall.Errno) {
	if n.mapped.Load() {
		return n.readMapped(p, off)
	}
	return n.read(p, off)
}

// read reads from the server.
func (n *node) read(p []byte, off int64) (done int, e syscall.Errno) {
	fid := n.reader // set before the first read, and then constant
	if fid == ninep.NoFid {
		return 0, syscall.EBADF
	}
	for done < len(p) {
		want := min(len(p)-done, n.m.c.Most())
		k, e := n.m.c.Read(fid, p[done:done+want], off+int64(done))
		done += k
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || k < want {
			break
		}
	}
	return done, 0
}

// WriteAt implements ramfs.Node.
func (n *node) WriteAt(p []byte, off int64) (int, syscall.Errno) {
	fid := n.writer
	if fid == ninep.NoFid {
		fid = n.appender // whose O_APPEND was taken away from its description
	}
	return n.write(fid, p, off)
}

// write writes all of p, or what comes before an error.
func (n *node) write(fid uint32, p []byte, off int64) (done int, e syscall.Errno) {
	if fid == ninep.NoFid {
		return 0, syscall.EBADF
	}
	for done < len(p) {
		k, e := n.m.c.Write(fid, p[done:], off+int64(done))
		if e != 0 {
			if done == 0 {
				return 0, e
			}
			break
		}
		done += k
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.size >= 0 {
		n.size = max(n.size, off+int64(done))
	}
	n.fresh = false
	n.wrote(p[:done], off)
	return done, 0
}

// Append implements ramfs.Node. The end that it returns is right as long as no one else
// writes to the file.
func (n *node) Append(p []byte) (done int, end int64, e syscall.Errno) {
	n.mu.Lock()
	fid, size := n.appender, n.size
	if fid == ninep.NoFid || size < 0 {
		a, e := n.m.c.Getattr(n.any())
		if e != 0 {
			n.mu.Unlock()
			return 0, 0, e
		}
		size, n.size = a.Size, a.Size
	}
	if fid == ninep.NoFid {
		fid = n.writer // whose description got O_APPEND later
	}
	n.mu.Unlock()
	done, e = n.write(fid, p, size)
	return done, size + int64(done), e
}

// Sync implements ramfs.Node.
func (n *node) Sync(dataOnly bool) syscall.Errno {
	n.mu.Lock()
	fid := n.any()
	e := n.handOn()
	if n.qid.IsDir() {
		fid, e = n.entries.open(n)
	}
	n.mu.Unlock()
	if e != 0 {
		return e
	}
	return n.m.c.Fsync(fid, dataOnly)
}

// Lock implements ramfs.Node.
func (n *node) Lock(kind int16, from, size int64) syscall.Errno {
	n.mu.Lock()
	fid := n.any()
	n.mu.Unlock()
	if n.inode.Type() != syscall.S_IFREG {
		return 0 // what is not open for the server cannot be locked there
	}
	return n.m.c.Lock(fid, uint8(kind), uint64(from), uint64(size), uint32(syscall.Getpid()))
}
