package ramfs

import "syscall"

// Content is kept in chunks, each allocated only as far as it is written.
const (
	chunkSize = 64 << 10
	maxSize   = 1<<63 - 1
)

// data is the content of a regular file:
//
//	0 .. size            the file; what is in none of the places below reads as zero
//	mapped               all of it, once the file was mapped into memory
//	chunks[k].b          bytes from chunks[k].index*chunkSize; hides base there
//	base                 bytes from 0, in the archive, never written
//
// chunks is sorted by index. Bytes of a chunk between len and cap are zero, so
// a chunk can be lengthened without clearing.
type data struct {
	size   int64
	base   []byte
	chunks []chunk
	mapped mapped
}

type chunk struct {
	index int64
	b     []byte // len <= cap <= chunkSize
	pages uint16 // those that were written, a bit each; the others are holes
}

const _ = uint(16 - chunkSize/blockSize) // a bit for each

// mapped is content that others map: paged, in images whose program maps files.
type mapped interface {
	piece(off int64) []byte
	writeAt(p []byte, off int64) int
	resize(size int64) bool
	zero(off, n int64) bool
	next(off, end int64, hole bool) int64
	frames() int64
	free()
}

// find returns the position of chunk index in chunks, or where it belongs.
func (d *data) find(index int64) (int, bool) {
	n := len(d.chunks)
	if n > 0 && d.chunks[n-1].index < index { // appending
		return n, false
	}
	k := search(n, func(k int) bool { return d.chunks[k].index >= index })
	return k, k < n && d.chunks[k].index == index
}

// readAt copies content from off to p and returns how much there was.
func (d *data) readAt(p []byte, off int64) int {
	if off >= d.size {
		return 0
	}
	p = p[:min(int64(len(p)), d.size-off)]
	for done := 0; done < len(p); {
		done += copy(p[done:], d.piece(off+int64(done)))
	}
	return len(p)
}

// tail returns b from off on, which may lie past its end.
func tail(b []byte, off int64) []byte { return b[min(off, int64(len(b))):] }

// pageBits is a bit for each page of a chunk that has one of its bytes [from, to).
func pageBits(from, to int) uint16 {
	if from >= to {
		return 0
	}
	return uint16(1<<((to+blockSize-1)/blockSize) - 1<<(from/blockSize))
}

// room returns chunk index with at least n bytes length, made or lengthened as
// needed; nil when reserve refused the memory.
func (d *data) room(index int64, n int, reserve func(int64) bool) *chunk {
	k, found := d.find(index)
	var old []byte
	if found {
		old = d.chunks[k].b
	} else if old = tail(d.base, index*chunkSize); len(old) > chunkSize {
		old = old[:chunkSize]
	}
	copied := len(old) // from the archive, if the chunk is new
	n = max(n, len(old))
	if !found || cap(old) < n {
		c := n
		if len(old) > 0 {
			c = max(c, 2*len(old))
		}
		c = min((c+63)&^63, chunkSize)
		grown := int64(c)
		if found {
			grown -= int64(cap(old))
		} else {
			grown += chunkCost
		}
		if !reserve(grown) {
			return nil
		}
		b := make([]byte, c)
		copy(b, old)
		old = b
	}
	if !found {
		d.chunks = append(d.chunks, chunk{})
		copy(d.chunks[k+1:], d.chunks[k:])
		d.chunks[k] = chunk{index: index, pages: pageBits(0, copied)}
	}
	d.chunks[k].b = old[:n]
	return &d.chunks[k]
}

// writeAt copies p to off; it takes less than p when memory runs out.
func (d *data) writeAt(p []byte, off int64, reserve func(int64) bool) (int, syscall.Errno) {
	if off >= maxSize-int64(len(p)) {
		return 0, syscall.EFBIG
	}
	done := 0
	if d.mapped != nil {
		done = d.mapped.writeAt(p, off)
	} else {
		done = d.writeChunks(p, off, reserve)
	}
	if done == 0 && len(p) > 0 {
		return 0, syscall.ENOSPC
	}
	if len(p) > 0 {
		d.size = max(d.size, off+int64(done))
	}
	return done, 0
}

func (d *data) writeChunks(p []byte, off int64, reserve func(int64) bool) (done int) {
	for done < len(p) {
		at := off + int64(done)
		in := int(at % chunkSize)
		n := min(len(p)-done, chunkSize-in)
		c := d.room(at/chunkSize, in+n, reserve)
		if c == nil {
			break
		}
		copy(c.b[in:], p[done:done+n])
		c.pages |= pageBits(in, in+n)
		done += n
	}
	return done
}

// resize sets the size and returns the memory that gave up. What is mapped may refuse.
func (d *data) resize(size int64) (freed int64, ok bool) {
	if d.mapped != nil && !d.mapped.resize(size) {
		return 0, false
	}
	if size < d.size {
		d.base = d.base[:min(size, int64(len(d.base)))]
		last, in := size/chunkSize, int(size%chunkSize)
		k, found := d.find(last)
		if found && in > 0 {
			if b := d.chunks[k].b; len(b) > in {
				clear(b[in:])
				d.chunks[k].b = b[:in]
				d.chunks[k].pages &= pageBits(0, in)
			}
			k++
		}
		for i := range d.chunks[k:] {
			freed += int64(cap(d.chunks[k+i].b)) + chunkCost
			d.chunks[k+i].b = nil
		}
		d.chunks = d.chunks[:k]
	}
	d.size = size
	return freed, true
}

// clear drops all content and returns the memory that gave up.
func (d *data) clear() int64 {
	if d.mapped != nil {
		d.mapped.free()
		d.mapped = nil
	}
	freed, _ := d.resize(0)
	d.base, d.chunks = nil, nil
	return freed
}

// blocks returns the content's memory in 512-byte units.
func (d *data) blocks() int64 {
	n := int64(len(d.base)+blockSize-1) / blockSize
	if d.mapped != nil {
		n = d.mapped.frames()
	}
	for _, c := range d.chunks {
		for bits := c.pages; bits != 0; bits &= bits - 1 {
			n++
		}
	}
	return n * (blockSize / 512)
}
