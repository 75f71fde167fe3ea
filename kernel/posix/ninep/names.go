package ninep

import "syscall"

// Requests about names. A fid that a method returns is the caller's, who gives it up
// with Clunk.

// MaxWalk is the most names of one Walk.
const MaxWalk = 16

// Walk goes from fid by names and returns the fid of what is there and its qid. When
// not all names are there, done says how many are, q is the last one's and there is no
// fid; with none of them the error says why. Without names it copies fid, and q is empty.
func (c *Client) Walk(fid uint32, names []string) (to uint32, q Qid, done int, e syscall.Errno) {
	t, e := c.begin(tWalk, 0)
	if e != 0 {
		return 0, q, 0, e
	}
	to = c.newFid()
	t.u32(fid)
	t.u32(to)
	t.u16(uint16(len(names)))
	for _, n := range names {
		t.str(n)
	}
	r, e := t.exchange()
	if e == 0 {
		done = int(r.u16())
		for range min(done, len(names)) {
			q = r.qid()
		}
		if r.bad || done > len(names) || done == 0 && len(names) > 0 {
			e = syscall.EIO
		}
	}
	t.release()
	return to, q, done, e
}

// Clunk gives fid up, at some time.
func (c *Client) Clunk(fid uint32) {
	if t, e := c.begin(tClunk, 0); e == 0 {
		t.u32(fid)
		t.post()
	}
}

// Open makes fid an open file, by flags of open(2).
func (c *Client) Open(fid, flags uint32) syscall.Errno {
	t, e := c.begin(tLopen, 0)
	if e != 0 {
		return e
	}
	t.u32(fid)
	t.u32(flags)
	return t.simple()
}

// Create makes a regular file in the folder fid, which becomes the open file.
func (c *Client) Create(fid uint32, name string, flags, mode uint32) (Qid, syscall.Errno) {
	t, e := c.begin(tLcreate, 0)
	if e != 0 {
		return Qid{}, e
	}
	t.u32(fid)
	t.str(name)
	t.u32(flags)
	t.u32(mode)
	t.u32(0) // group
	return t.made()
}

// made is the end of a request that is answered with a qid.
func (t *request) made() (Qid, syscall.Errno) {
	r, e := t.exchange()
	q := r.qid()
	t.release()
	if e == 0 && r.bad {
		e = syscall.EIO
	}
	return q, e
}

// Mkdir makes a folder in dir.
func (c *Client) Mkdir(dir uint32, name string, mode uint32) syscall.Errno {
	t, e := c.begin(tMkdir, 0)
	if e != 0 {
		return e
	}
	t.u32(dir)
	t.str(name)
	t.u32(mode)
	t.u32(0) // group
	return t.simple()
}

// Mknod makes a file of the type that is in mode.
func (c *Client) Mknod(dir uint32, name string, mode, major, minor uint32) syscall.Errno {
	t, e := c.begin(tMknod, 0)
	if e != 0 {
		return e
	}
	t.u32(dir)
	t.str(name)
	t.u32(mode)
	t.u32(major)
	t.u32(minor)
	t.u32(0) // group
	return t.simple()
}

// Symlink makes a symbolic link.
func (c *Client) Symlink(dir uint32, name, target string) syscall.Errno {
	t, e := c.begin(tSymlink, 0)
	if e != 0 {
		return e
	}
	t.u32(dir)
	t.str(name)
	t.str(target)
	t.u32(0) // group
	return t.simple()
}

// Link gives fid another name.
func (c *Client) Link(dir, fid uint32, name string) syscall.Errno {
	t, e := c.begin(tLink, 0)
	if e != 0 {
		return e
	}
	t.u32(dir)
	t.u32(fid)
	t.str(name)
	return t.simple()
}

// Rename moves a name, and replaces what has the new one.
func (c *Client) Rename(from uint32, name string, to uint32, newName string) syscall.Errno {
	t, e := c.begin(tRenameat, 0)
	if e != 0 {
		return e
	}
	t.u32(from)
	t.str(name)
	t.u32(to)
	t.str(newName)
	return t.simple()
}

// Remove removes a name, by flags of unlinkat(2).
func (c *Client) Remove(dir uint32, name string, flags uint32) syscall.Errno {
	t, e := c.begin(tUnlinkat, 0)
	if e != 0 {
		return e
	}
	t.u32(dir)
	t.str(name)
	t.u32(flags)
	return t.simple()
}

// Readlink returns a symbolic link's target.
func (c *Client) Readlink(fid uint32) (string, syscall.Errno) {
	t, e := c.begin(tReadlink, 0)
	if e != 0 {
		return "", e
	}
	t.u32(fid)
	r, e := t.exchange()
	target := string(r.bytes(int(r.u16())))
	t.release()
	if e == 0 && (r.bad || target == "") {
		e = syscall.EIO
	}
	return target, e
}

// A Dirent is an entry of a folder. Name is valid until the next one is read.
type Dirent struct {
	Qid    Qid
	Offset uint64 // where the entries behind it begin
	Type   uint8  // of dirent(3)
	Name   []byte
}

// Readdir calls each with entries of the open folder fid from an offset on, 0 for the
// first, until it returns false. None is the end. Up to n bytes are asked for.
func (c *Client) Readdir(fid uint32, offset uint64, n int, each func(*Dirent) bool) syscall.Errno {
	n = min(n, int(c.most))
	t, e := c.begin(tReaddir, n)
	if e != 0 {
		return e
	}
	defer t.release()
	n = min(n, len(t.s.Data))
	t.u32(fid)
	t.u64(offset)
	t.u32(uint32(n))
	b, e := t.data(n)
	r := reply{b: b}
	for e == 0 && len(r.b) > 0 {
		d := Dirent{Qid: r.qid(), Offset: r.u64(), Type: r.u8()}
		d.Name = r.bytes(int(r.u16()))
		if r.bad {
			return syscall.EIO
		}
		if !each(&d) {
			break
		}
	}
	return e
}
