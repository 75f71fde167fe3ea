package ninep

import "syscall"

// Requests about what is in files, and what they say of themselves.

// data sends a request for up to n bytes, and returns what is read.
func (t *request) data(n int) ([]byte, syscall.Errno) {
	r, e := t.move(0, n)
	count := int(r.u32())
	switch {
	case e != 0:
		return nil, e
	case r.bad || count > n || HeadSize+count > int(le.Uint32(t.s.In)):
		return nil, syscall.EIO
	}
	return t.s.Data[:count], 0
}

// Read fills p, or less of it, from the open file fid; 0 is its end.
func (c *Client) Read(fid uint32, p []byte, off int64) (int, syscall.Errno) {
	n := min(len(p), int(c.most))
	t, e := c.begin(tRead, n)
	if e != 0 {
		return 0, e
	}
	n = min(n, len(t.s.Data))
	t.u32(fid)
	t.u64(uint64(off))
	t.u32(uint32(n))
	b, e := t.data(n)
	copy(p, b)
	t.release()
	return len(b), e
}

// Write writes p, or a part of it that begins with its first byte.
func (c *Client) Write(fid uint32, p []byte, off int64) (int, syscall.Errno) {
	n := min(len(p), int(c.most))
	t, e := c.begin(tWrite, n)
	if e != 0 {
		return 0, e
	}
	n = copy(t.s.Data, p[:n])
	t.u32(fid)
	t.u64(uint64(off))
	t.u32(uint32(n))
	r, e := t.move(n, 0)
	count := int(r.u32())
	t.release()
	switch {
	case e != 0:
		return 0, e
	case r.bad || count > n || count == 0 && n > 0:
		return 0, syscall.EIO
	}
	return count, 0
}

// Fsync has the server write what it has of an open file to its disk: all, or with
// dataOnly what reading it back needs.
func (c *Client) Fsync(fid uint32, dataOnly bool) syscall.Errno {
	t, e := c.begin(tFsync, 0)
	if e != 0 {
		return e
	}
	t.u32(fid)
	if dataOnly {
		t.u32(1)
	} else {
		t.u32(0)
	}
	return t.simple()
}

// An Attr is what a file says of itself.
type Attr struct {
	Qid                 Qid
	Mode, UID, GID      uint32
	Nlink, Rdev         uint64
	Size                int64
	Blksize, Blocks     uint64
	Atime, Mtime, Ctime syscall.Timespec
}

// attrBasic are the fields that stat(2) has (P9_STATS_BASIC).
const attrBasic = 0x7ff

// Getattr returns fid's.
func (c *Client) Getattr(fid uint32) (a Attr, e syscall.Errno) {
	t, e := c.begin(tGetattr, 0)
	if e != 0 {
		return a, e
	}
	t.u32(fid)
	t.u64(attrBasic)
	r, e := t.exchange()
	r.u64() // which fields are valid
	a = Attr{Qid: r.qid(), Mode: r.u32(), UID: r.u32(), GID: r.u32(), Nlink: r.u64(), Rdev: r.u64(), Size: int64(r.u64()),
		Blksize: r.u64(), Blocks: r.u64(), Atime: r.time(), Mtime: r.time(), Ctime: r.time()}
	t.release()
	if e == 0 && (r.bad || a.Size < 0) {
		e = syscall.EIO
	}
	return a, e
}

// Bits of what Setattr sets.
const (
	SetMode     = 1 << 0
	SetUID      = 1 << 1
	SetGID      = 1 << 2
	SetSize     = 1 << 3
	SetAtime    = 1 << 4 // to now, or with SetAtimeTo to Atime
	SetMtime    = 1 << 5
	SetAtimeTo  = 1 << 7
	SetMtimeTo  = 1 << 8
	SetAtimeVal = SetAtime | SetAtimeTo
	SetMtimeVal = SetMtime | SetMtimeTo
)

// Setattr sets what the bits in what name.
func (c *Client) Setattr(fid, what uint32, a *Attr) syscall.Errno {
	t, e := c.begin(tSetattr, 0)
	if e != 0 {
		return e
	}
	t.u32(fid)
	t.u32(what)
	t.u32(a.Mode)
	t.u32(a.UID)
	t.u32(a.GID)
	t.u64(uint64(a.Size))
	for _, at := range [...]syscall.Timespec{a.Atime, a.Mtime} {
		t.u64(uint64(at.Sec))
		t.u64(uint64(at.Nsec))
	}
	return t.simple()
}

// A Statfs is what a file system says of itself.
type Statfs struct {
	Type, Blksize               uint32
	Blocks, Bfree, Bavail       uint64
	Files, Ffree, Fsid, NameLen uint64
}

// Statfs returns that of the file system that fid is on.
func (c *Client) Statfs(fid uint32) (s Statfs, e syscall.Errno) {
	t, e := c.begin(tStatfs, 0)
	if e != 0 {
		return s, e
	}
	t.u32(fid)
	r, e := t.exchange()
	s = Statfs{Type: r.u32(), Blksize: r.u32(), Blocks: r.u64(), Bfree: r.u64(), Bavail: r.u64(),
		Files: r.u64(), Ffree: r.u64(), Fsid: r.u64(), NameLen: uint64(r.u32())}
	t.release()
	if e == 0 && r.bad {
		e = syscall.EIO
	}
	return s, e
}

// Kinds of locks, and what a server answers to Lock.
const (
	LockRead = iota
	LockWrite
	Unlock

	lockSuccess = 0
	lockBlocked = 1
)

// Lock takes or gives up a lock of n bytes, 0 for all that may come, for the owner, or
// answers EAGAIN when another client of the server holds one.
func (c *Client) Lock(fid uint32, kind uint8, from, n uint64, owner uint32) syscall.Errno {
	t, e := c.begin(tLock, 0)
	if e != 0 {
		return e
	}
	t.u32(fid)
	t.u8(kind)
	t.u32(0) // do not wait
	t.u64(from)
	t.u64(n)
	t.u32(owner)
	t.str("yolk")
	r, e := t.exchange()
	status := r.u8()
	t.release()
	switch {
	case e != 0:
		return e
	case r.bad:
		return syscall.EIO
	case status == lockBlocked:
		return syscall.EAGAIN
	case status != lockSuccess:
		return syscall.ENOLCK
	}
	return 0
}
