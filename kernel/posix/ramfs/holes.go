package ramfs

import "syscall"

// Find returns the offset of the first byte from off on that is data, or in a hole.
// Behind the end is a hole; ENXIO: off is there, or no data follows (lseek(2)).
func (i *Inode) Find(off int64, hole bool) (int64, syscall.Errno) {
	if i.node != nil {
		return i.find(off, hole)
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	if off < 0 || off >= i.data.size {
		return 0, syscall.ENXIO
	}
	at := i.data.next(off, hole)
	if at >= i.data.size && !hole {
		return 0, syscall.ENXIO
	}
	return min(at, i.data.size), 0
}

// find is Find of a file of which holes are not known: it has none.
func (i *Inode) find(off int64, hole bool) (int64, syscall.Errno) {
	size := i.Size()
	switch {
	case off < 0 || off >= size:
		return 0, syscall.ENXIO
	case hole:
		return size, 0
	}
	return off, 0
}

// next returns where data or a hole begins, at off or behind it, or the end.
func (d *data) next(off int64, hole bool) int64 {
	if d.mapped != nil {
		return d.mapped.next(off, d.size, hole)
	}
	for off < d.size && d.written(off) == hole {
		step := int64(blockSize)
		if k, ok := d.find(off / chunkSize); !ok && !hole {
			// Nothing up to the next chunk.
			if k == len(d.chunks) {
				return d.size
			}
			step = d.chunks[k].index*chunkSize - off
		}
		off = (off + step) &^ (blockSize - 1)
	}
	return off
}

// written reports whether the page of off is data.
func (d *data) written(off int64) bool {
	k, ok := d.find(off / chunkSize)
	if !ok {
		return off < int64(len(d.base))
	}
	return d.chunks[k].pages>>(off%chunkSize/blockSize)&1 != 0
}

// Zero has n bytes from off on read as zero, and gives back the memory of the pages
// that these fill. With grow the file is that long afterwards.
func (i *Inode) Zero(off, n int64, grow bool) syscall.Errno {
	if i.node != nil {
		return syscall.EOPNOTSUPP
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	d := &i.data
	if grow && off+n > d.size {
		if e := i.resize(off + n); e != 0 {
			return e
		}
	}
	n = min(n, (d.size+blockSize-1)&^(blockSize-1)-off) // the last page may go as a whole
	switch {
	case n <= 0:
		return 0
	case d.mapped != nil:
		if !d.mapped.zero(off, n) {
			return syscall.ENOSPC
		}
	default:
		freed, ok := d.zero(off, off+n, i.fs.reserve)
		i.fs.reserve(-freed)
		if !ok {
			return syscall.ENOSPC
		}
	}
	i.changed()
	return 0
}

func (d *data) zero(off, end int64, reserve func(int64) bool) (freed int64, ok bool) {
	for off < end {
		in := int(off % chunkSize)
		n := int(min(chunkSize-int64(in), end-off))
		index := off / chunkSize
		off += int64(n)
		k, found := d.find(index)
		if !found && index*chunkSize+int64(in) >= int64(len(d.base)) {
			continue
		}
		if !found {
			if d.room(index, 0, reserve) == nil { // hides the archive's content
				return freed, false
			}
			k, _ = d.find(index)
		}
		c := &d.chunks[k]
		clear(tail(c.b, int64(in))[:min(n, max(len(c.b)-in, 0))])
		c.pages &^= pageBits((in+blockSize-1)&^(blockSize-1), (in+n)&^(blockSize-1))
		if c.pages == 0 && index*chunkSize >= int64(len(d.base)) {
			freed += int64(cap(c.b)) + chunkCost
			copy(d.chunks[k:], d.chunks[k+1:])
			d.chunks[len(d.chunks)-1] = chunk{}
			d.chunks = d.chunks[:len(d.chunks)-1]
		}
	}
	return freed, true
}
