package hostfs

import (
	"syscall"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ramfs"
)

// Maps of files. What is mapped of a file is read into frames first, and from then on
// these are what this machine sees of it: reads look there before they ask the server,
// and writes go to both. What mappings write is handed on by fsync, msync, a second
// later, and at the program's end. What others write to the file is not seen in what was
// mapped of it already.
//
// A page of the frames that is a hole stands for one that was not mapped, or that was
// behind the end of the file when it was, and is zero.

const pageSize = 4096

// Share implements ramfs.Node.
func (n *node) Share(p ramfs.Part, make func(base []byte, track bool) ramfs.Frames) (ramfs.Frames, syscall.Errno) {
	if n.inode.Type() != syscall.S_IFREG {
		return nil, syscall.ENODEV
	}
	n.m.tree.Used() // which sets how many frames there may be
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.Write && n.writer == ninep.NoFid || n.reader == ninep.NoFid {
		return nil, syscall.EACCES
	}
	a, e := n.m.c.Getattr(n.any())
	if e != 0 {
		return nil, e
	}
	first := n.frames == nil
	if first {
		if n.frames = make(nil, true); n.frames == nil {
			return nil, syscall.ENOSPC
		}
	}
	if e = n.grown(a.Size); e == 0 {
		e = n.load(p)
	}
	if e != 0 {
		if first {
			n.frames.Free()
			n.frames = nil
		}
		return nil, e
	}
	if first {
		n.mapped.Store(true)
		n.Use()
		n.m.watch(n)
	}
	n.pins++
	return n.frames, 0
}

// Shared implements ramfs.Node.
func (n *node) Shared() {
	n.mu.Lock()
	n.pins--
	n.mu.Unlock()
}

// grown has the frames be as large as the file.
func (n *node) grown(size int64) syscall.Errno {
	if n.size = size; !n.frames.Resize(size) {
		return syscall.ENOSPC
	}
	return 0
}

// load reads the pages of p that the frames do not have.
func (n *node) load(p ramfs.Part) syscall.Errno {
	buf := make([]byte, min(n.m.c.Most()&^(pageSize-1), int(p.Size+pageSize-1)&^(pageSize-1)))
	end := min(p.Off+p.Size, n.size)
	for off := p.Off; off < end; {
		index := off / pageSize
		if n.frames.Page(index) != nil {
			off = (index + 1) * pageSize
			continue
		}
		want := min(int64(len(buf)), end-off)
		pages := (want + pageSize - 1) / pageSize
		got, e := n.read(buf[:min(pages*pageSize, n.size-off)], off)
		if e != 0 {
			return e
		}
		clear(buf[got:])
		if n.frames.Fill(index, pages) < pages {
			return syscall.ENOSPC
		}
		for i := range pages {
			copy(n.frames.Page(index+i), buf[i*pageSize:])
		}
		off += pages * pageSize
	}
	return 0
}

// resized notes that the file has another size. Needs n.mu.
func (n *node) resized(size int64) {
	old := n.size
	if n.size = size; n.frames == nil {
		return
	}
	// What mappings wrote behind the end is not part of the file.
	end := min(size, old)
	if n.frames.Resize(size); end >= 0 && end%pageSize != 0 {
		if page := n.frames.Page(end / pageSize); page != nil {
			clear(page[end%pageSize:])
		}
	}
}

// wrote puts what was written to the file into the frames as well. Needs n.mu.
func (n *node) wrote(p []byte, off int64) {
	if n.frames == nil || !n.frames.Resize(n.size) {
		return
	}
	for len(p) > 0 {
		index, in := off/pageSize, off%pageSize
		k := int(min(pageSize-in, int64(len(p))))
		page := n.frames.Page(index)
		if page == nil {
			page = n.missing(index, k)
		}
		if page != nil {
			copy(page[in:], p[:k])
		}
		p, off = p[k:], off+int64(k)
	}
}

// missing makes a page of the frames, of which k bytes will be written: without it a
// mapping would show zeros. nil: there is no memory for it.
func (n *node) missing(index int64, k int) []byte {
	n.m.tree.Used() // as in Share
	if n.frames.Fill(index, 1) == 0 {
		return nil
	}
	page := n.frames.Page(index)
	if k < pageSize {
		n.read(page[:min(pageSize, n.size-index*pageSize)], index*pageSize)
	}
	return page
}

// readMapped is ReadAt of a file that is mapped.
func (n *node) readMapped(p []byte, off int64) (done int, e syscall.Errno) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frames == nil {
		return n.read(p, off)
	}
	for done < len(p) {
		at := off + int64(done)
		index, in := at/pageSize, at%pageSize
		page := n.frames.Page(index)
		if page != nil && at < n.size {
			end := min(pageSize, n.size-index*pageSize)
			done += copy(p[done:], page[in:end])
			continue
		}
		want := min(pageSize-in, int64(len(p)-done))
		if at >= n.size {
			want = int64(len(p) - done) // somebody else may have written there
		}
		k, e := n.read(p[done:done+int(want)], at)
		done += k
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || int64(k) < want {
			break
		}
	}
	return done, 0
}
