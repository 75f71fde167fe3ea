package ramfs

import "syscall"

// dir holds a directory's entries in the order they were made. Cookies (the
// d_off of getdents64) only grow and are never reused, so that reading goes on
// at the right place whatever is made or removed in between. Removed entries
// stay, without inode, until half of the slice is removed ones.
type dir struct {
	entries []entry
	index   map[string]int // position in entries; nil while there are few
	live    int
	cookie  int64 // of the newest entry
	removed bool  // by rmdir: takes no new entries
}

type entry struct {
	name   string
	inode  *Inode // nil when removed
	cookie int64
}

// Cookies of "." and ".."; those of entries are larger.
const (
	cookieDot    = 1
	cookieDotDot = 2
	indexFrom    = 16 // entries from which a map pays

	// AfterDots is a position of Getdents: behind these.
	AfterDots = cookieDotDot
)

func (d *dir) position(name string) int {
	if d.index != nil {
		if k, ok := d.index[name]; ok {
			return k
		}
		return -1
	}
	for k := range d.entries {
		if e := &d.entries[k]; e.inode != nil && e.name == name {
			return k
		}
	}
	return -1
}

// find returns the inode called name, or nil.
func (d *dir) find(name string) *Inode {
	if k := d.position(name); k >= 0 {
		return d.entries[k].inode
	}
	return nil
}

// add enters name, which must be new. It keeps name.
func (d *dir) add(name string, i *Inode) {
	d.cookie = max(d.cookie, cookieDotDot) + 1
	d.entries = append(d.entries, entry{name, i, d.cookie})
	d.live++
	if d.index != nil {
		d.index[name] = len(d.entries) - 1
	} else if d.live >= indexFrom {
		d.reindex()
	}
}

// set makes an existing name refer to i.
func (d *dir) set(name string, i *Inode) {
	d.entries[d.position(name)].inode = i
}

func (d *dir) remove(name string) {
	k := d.position(name)
	delete(d.index, name)
	d.entries[k].inode, d.entries[k].name = nil, ""
	d.live--
	if len(d.entries) < 2*indexFrom || d.live*2 > len(d.entries) {
		return
	}
	kept := make([]entry, 0, d.live+1)
	for _, e := range d.entries {
		if e.inode != nil {
			kept = append(kept, e)
		}
	}
	d.entries = kept
	d.reindex()
}

func (d *dir) reindex() {
	d.index = nil
	if d.live < indexFrom {
		return
	}
	d.index = make(map[string]int, d.live)
	for k, e := range d.entries {
		if e.inode != nil {
			d.index[e.name] = k
		}
	}
}

// Getdents fills p with linux_dirent64 records from position pos (the d_off of
// the record before, 0 at the start) and returns the bytes filled and the new
// position. EINVAL means that p is too small for the next record.
func (i *Inode) Getdents(p []byte, pos int64) (int, int64, syscall.Errno) {
	if i.node != nil {
		return i.node.Getdents(p, pos)
	}
	if !i.IsDir() {
		return 0, pos, syscall.ENOTDIR
	}
	i.fs.mu.RLock()
	if i.dir.removed {
		i.fs.mu.RUnlock()
		return 0, pos, syscall.ENOENT
	}
	w := direntWriter{p: p, pos: pos}
	if pos < cookieDot {
		w.put(".", i, cookieDot)
	}
	if w.pos < cookieDotDot && !w.full {
		w.put("..", i.parent, cookieDotDot)
	}
	if i.Dynamic != nil {
		w.dynamic(i.Dynamic)
	} else {
		d := &i.dir
		k := search(len(d.entries), func(k int) bool { return d.entries[k].cookie > w.pos })
		for ; k < len(d.entries) && !w.full; k++ {
			if e := &d.entries[k]; e.inode != nil {
				w.put(e.name, e.inode, e.cookie)
			}
		}
	}
	i.fs.mu.RUnlock()
	i.accessed()
	i.Happened(Accessed)
	if w.full && w.n == 0 {
		return 0, pos, syscall.EINVAL
	}
	return w.n, w.pos, 0
}

// PutDirent lays out a record at the beginning of p and returns its length, 0 if it has
// no room:
//
//	0 d_ino u64 | 8 d_off u64 | 16 d_reclen u16 | 18 d_type u8 | 19 d_name, zero
func PutDirent(p []byte, name string, ino uint64, cookie int64, typ uint8) int {
	size := (19 + len(name) + 1 + 7) &^ 7
	if len(p) < size {
		return 0
	}
	r := p[:size]
	put64(r[0:], ino)
	put64(r[8:], uint64(cookie))
	put16(r[16:], uint16(size))
	r[18] = typ
	clear(r[19+copy(r[19:], name):])
	return size
}

// direntWriter lays out records one behind the other.
type direntWriter struct {
	p    []byte
	n    int
	pos  int64
	full bool
}

func (w *direntWriter) put(name string, i *Inode, cookie int64) {
	if w.full {
		return
	}
	size := PutDirent(w.p[w.n:], name, i.ino, cookie, byte(i.Type()>>12))
	if size == 0 {
		w.full = true
		return
	}
	w.n += size
	w.pos = cookie
}

func (w *direntWriter) dynamic(d Dynamic) {
	for !w.full {
		name, k := d.Entry(int(w.pos - cookieDotDot))
		if name == "" {
			return
		}
		i := d.Find(name)
		if i == nil {
			w.pos++
			continue
		}
		w.put(name, i, cookieDotDot+1+int64(k))
	}
}
