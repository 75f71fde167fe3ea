package ramfs

import "syscall"

// Content is kept in chunks, each allocated only as far as it is written.
const (
	chunkSize = 64 << 10
	maxSize   = 1<<63 - 1
)

// data is the content of a regular file:
//
//	0 .. size            the file; what is in neither place below reads as zero
//	chunks[k].b          bytes from chunks[k].index*chunkSize; hides base there
//	base                 bytes from 0, in the archive, never written
//
// chunks is sorted by index. Bytes of a chunk between len and cap are zero, so
// a chunk can be lengthened without clearing.
type data struct {
	size   int64
	base   []byte
	chunks []chunk
}

type chunk struct {
	index int64
	b     []byte // len <= cap <= chunkSize
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
		at := off + int64(done)
		in := int(at % chunkSize)
		part := p[done:min(len(p), done+chunkSize-in)]
		var have []byte
		if k, ok := d.find(at / chunkSize); ok {
			have = tail(d.chunks[k].b, int64(in))
		} else {
			have = tail(d.base, at)
		}
		clear(part[copy(part, have):])
		done += len(part)
	}
	return len(p)
}

// tail returns b from off on, which may lie past its end.
func tail(b []byte, off int64) []byte { return b[min(off, int64(len(b))):] }

// room returns chunk index with at least n bytes length, made or lengthened as
// needed. grew is the memory it took; ok is false when reserve refused it.
func (d *data) room(index int64, n int, reserve func(int64) bool) (b []byte, ok bool) {
	k, found := d.find(index)
	var old []byte
	if found {
		old = d.chunks[k].b
	} else if old = tail(d.base, index*chunkSize); len(old) > chunkSize {
		old = old[:chunkSize]
	}
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
			return nil, false
		}
		b := make([]byte, c)
		copy(b, old)
		old = b
	}
	if !found {
		d.chunks = append(d.chunks, chunk{})
		copy(d.chunks[k+1:], d.chunks[k:])
		d.chunks[k].index = index
	}
	d.chunks[k].b = old[:n]
	return old[:n], true
}

// writeAt copies p to off; it takes less than p when memory runs out.
func (d *data) writeAt(p []byte, off int64, reserve func(int64) bool) (int, syscall.Errno) {
	if off >= maxSize-int64(len(p)) {
		return 0, syscall.EFBIG
	}
	done := 0
	for done < len(p) {
		at := off + int64(done)
		in := int(at % chunkSize)
		n := min(len(p)-done, chunkSize-in)
		b, ok := d.room(at/chunkSize, in+n, reserve)
		if !ok {
			break
		}
		copy(b[in:], p[done:done+n])
		done += n
	}
	if done == 0 && len(p) > 0 {
		return 0, syscall.ENOSPC
	}
	if len(p) > 0 {
		d.size = max(d.size, off+int64(done))
	}
	return done, 0
}

// resize sets the size and returns the memory that gave up.
func (d *data) resize(size int64) (freed int64) {
	if size < d.size {
		d.base = d.base[:min(size, int64(len(d.base)))]
		last, in := size/chunkSize, int(size%chunkSize)
		k, found := d.find(last)
		if found && in > 0 {
			if b := d.chunks[k].b; len(b) > in {
				clear(b[in:])
				d.chunks[k].b = b[:in]
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
	return freed
}

// clear drops all content and returns the memory that gave up.
func (d *data) clear() int64 {
	freed := d.resize(0)
	d.base, d.chunks = nil, nil
	return freed
}

// blocks returns the content's memory in 512-byte units.
func (d *data) blocks() int64 {
	n := int64(len(d.base)+blockSize-1) / blockSize
	for _, c := range d.chunks {
		n += int64(cap(c.b)+blockSize-1) / blockSize
	}
	return n * (blockSize / 512)
}
