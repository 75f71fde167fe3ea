package ramfs

import "syscall"

// Frames is memory by pages, each of which is a frame or a hole. Mappings of the file
// show the same frames; they add to them at any time, and nobody else does.
type Frames interface {
	// Page returns the bytes of a page, nil for a hole.
	Page(index int64) []byte
	// Fill makes frames of holes among n pages from index on, and returns how many
	// pages from there on have one.
	Fill(index, n int64) int64
	// Resize sets the size in bytes: what lies beyond is gone. False: it stays as it was.
	Resize(size int64) bool
	// Clean finds the first pages, one behind the other, among n from index on that
	// mappings have written to since they were last clean, which they are now, if
	// that is known of these frames. shown says whether any mapping shows them.
	Clean(index, n int64) (first, count int64, shown bool)
	// Drop makes holes.
	Drop(index, n int64)
	// Count returns how many pages have frames.
	Count() int64
	// Free gives all up but what is still mapped.
	Free()
}

// paged is the content of a file in frames. A hole stands for what base has there.
type paged struct {
	Frames
	fs   *FS
	size int64
	base []byte
}

// A Part of a file is what is to be mapped of it, and whether it may be written to.
type Part struct {
	Off, Size int64
	Write     bool
}

// Share moves the content of a regular file to frames, which make returns, once: its
// arguments are what holes stand for, and whether it is to be known what mappings write.
// ENOSPC, as well when make returns nil.
func (i *Inode) Share(p Part, make func(base []byte, track bool) Frames) (Frames, syscall.Errno) {
	if i.node != nil {
		return i.node.Share(p, make)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if m, ok := i.data.mapped.(*paged); ok {
		i.fs.Used() // which sets how much there may be
		return m.Frames, 0
	}
	frames := make(i.data.base, false)
	if frames == nil {
		return nil, syscall.ENOSPC
	}
	m := &paged{Frames: frames, fs: i.fs, base: i.data.base}
	if !m.move(&i.data) {
		frames.Free()
		return nil, syscall.ENOSPC
	}
	old := data{chunks: i.data.chunks, size: i.data.size}
	i.data = data{size: i.data.size, mapped: m}
	i.fs.reserve(-old.clear())
	i.fs.Used() // which sets how much there may be
	return frames, 0
}

// Shared follows each Share that had no error, when the frames have been mapped.
func (i *Inode) Shared() {
	if i.node != nil {
		i.node.Shared()
	}
}

// move copies what d has written.
func (m *paged) move(d *data) bool {
	if !m.resize(d.size) {
		return false
	}
	for _, c := range d.chunks {
		for in := int64(0); in < int64(len(c.b)); in += blockSize {
			page := c.b[in:min(in+blockSize, int64(len(c.b)))]
			off := c.index*chunkSize + in
			hidden := off < int64(len(m.base))
			if (hidden || c.pages>>(in/blockSize)&1 != 0) && m.writeAt(page, off) < len(page) {
				return false
			}
		}
	}
	return true
}

func (m *paged) piece(off int64) []byte {
	in := off % blockSize
	if p := m.Page(off / blockSize); p != nil {
		return p[in:]
	}
	have := tail(m.base, off)
	if len(have) == 0 {
		have = zeros[:]
	}
	return have[:min(int64(len(have)), blockSize-in)]
}

func (m *paged) writeAt(p []byte, off int64) (done int) {
	was := m.size
	if end := off + int64(len(p)); end > was && !m.resize(end) {
		return 0
	}
	for done < len(p) {
		at := off + int64(done)
		page := m.Page(at / blockSize)
		if page == nil {
			m.fs.Used() // which sets how much there may be
			n := (at%blockSize + int64(len(p)-done) + blockSize - 1) / blockSize
			if m.Fill(at/blockSize, min(n, fillAtOnce)) == 0 {
				break
			}
			continue
		}
		done += copy(page[at%blockSize:], p[done:])
	}
	switch {
	case done == len(p):
	case done == 0:
		m.resize(was)
	default:
		m.resize(max(was, off+int64(done)))
	}
	return done
}

// fillAtOnce is how many pages are zeroed in one call of the kernel.
const fillAtOnce = 32

func (m *paged) resize(size int64) bool {
	if !m.Resize(size) {
		return false
	}
	// What mappings wrote behind the end is not part of the file.
	end := min(size, m.size)
	if p := m.Page(end / blockSize); p != nil && size != m.size {
		clear(p[end%blockSize:])
	}
	m.base = m.base[:min(int64(len(m.base)), size)]
	m.size = size
	return true
}

func (m *paged) zero(off, n int64) bool {
	for end := off + n; off < end; {
		in := off % blockSize
		n := min(blockSize-in, end-off)
		index := off / blockSize
		if in == 0 && n == blockSize && off >= int64(len(m.base)) {
			n = (end - off) &^ (blockSize - 1)
			m.Drop(index, n/blockSize)
		} else if p := m.Page(index); p != nil {
			clear(p[in : in+n])
		} else if off < int64(len(m.base)) {
			if m.Fill(index, 1) == 0 {
				return false
			}
			continue
		}
		off += n
	}
	return true
}

func (m *paged) next(off, end int64, hole bool) int64 {
	for off < end && (m.Page(off/blockSize) != nil || off < int64(len(m.base))) == hole {
		off = (off + blockSize) &^ (blockSize - 1)
	}
	return off
}

func (m *paged) frames() int64 {
	return max(m.Count(), int64(len(m.base)+blockSize-1)/blockSize)
}

func (m *paged) free() { m.Free() }
