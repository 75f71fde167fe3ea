package ramfs

import "syscall"

// The cpio "newc" format, as the Linux kernel's documentation has it
// (driver-api/early-userspace/buffer-format): for each file a header of 110
// ASCII bytes, the name with its zero, padding to 4 bytes, the content,
// padding to 4 bytes. A file called TRAILER!!! ends the archive.
const (
	cpioHeader  = 110
	cpioTrailer = "TRAILER!!!"
	maxArchived = 1 << 20 // names, so that a hostile archive ends
)

// Fields of the header, each 8 hexadecimal digits after the 6 of the magic.
const (
	cpioIno = iota
	cpioMode
	cpioUID
	cpioGID
	cpioNlink
	cpioMtime
	cpioSize
	cpioDevMajor
	cpioDevMinor
	cpioRdevMajor
	cpioRdevMinor
	cpioNameSize
	cpioCheck
	cpioFields
)

// record is one file of an archive; name and content lie in the archive.
type record struct {
	field   [cpioFields]uint32
	name    string
	content []byte
}

// LoadArchive makes the files of a cpio newc archive, with the directories
// they need. Regular files refer to their content in place: archive must stay
// and must not change. An error is one of
//
//	EINVAL   not an archive, or one that is cut off or lies about its lengths
//	E2BIG    more than a million names
//
// or what making a file answered, with the offset of the record it is about;
// the files before it are there.
func (fs *FS) LoadArchive(archive []byte) (offset int, e syscall.Errno) {
	l := loader{fs: fs}
	for n := 0; offset < len(archive); n++ {
		r, next, ok := parse(archive, offset)
		if !ok {
			return offset, syscall.EINVAL
		}
		if r.name == cpioTrailer {
			return offset, 0
		}
		if n == maxArchived {
			return offset, syscall.E2BIG
		}
		if e := l.load(&r); e != 0 {
			return offset, e
		}
		offset = next
	}
	return offset, 0
}

// parse reads the record at offset and returns where the next one starts.
func parse(archive []byte, offset int) (r record, next int, ok bool) {
	a := archive[offset:]
	if len(a) < cpioHeader {
		return r, 0, false
	}
	if m := string(a[:6]); m != "070701" && m != "070702" {
		return r, 0, false
	}
	for k := range r.field {
		if r.field[k], ok = hex8(a[6+8*k:]); !ok {
			return r, 0, false
		}
	}
	// Lengths are 32 bits and int is 64: the sums below do not overflow.
	name := int(r.field[cpioNameSize])
	content := (cpioHeader + name + 3) &^ 3
	end := content + int(r.field[cpioSize])
	if name == 0 || content > len(a) || end > len(a) || a[cpioHeader+name-1] != 0 {
		return r, 0, false
	}
	r.name = string(a[cpioHeader : cpioHeader+name-1])
	r.content = a[content:end:end]
	return r, min(offset+(end+3)&^3, len(archive)), true
}

func hex8(p []byte) (v uint32, ok bool) {
	for _, c := range p[:8] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | uint32(c)
	}
	return v, true
}

// loader remembers the names of hard links, whose content comes with the last.
type loader struct {
	fs    *FS
	links map[[3]uint32]*Inode // by device and inode number in the archive
}

func (l *loader) load(r *record) syscall.Errno {
	name, ok := relative(r.name)
	if !ok {
		return syscall.EINVAL
	}
	if name == "" {
		return 0 // the root itself
	}
	mode := r.field[cpioMode]
	if e := l.fs.MkdirAll(parentName(name)); e != 0 {
		return e
	}
	root := l.fs.root
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		if e := l.fs.MkdirAll(name); e != 0 {
			return e
		}
		l.set(name, r)
		return 0
	}
	l.fs.Unlink(root, name) // a later file of the same name wins
	if mode&syscall.S_IFMT == syscall.S_IFLNK {
		return l.fs.Symlink(string(r.content), root, name)
	}
	i, e := l.inode(name, r)
	if e == 0 && len(r.content) > 0 && i.Type() == syscall.S_IFREG {
		i.SetContent(r.content)
	}
	if e == 0 {
		l.set(name, r)
	}
	return e
}

// inode makes the inode of a file, or finds the one it is a hard link to.
func (l *loader) inode(name string, r *record) (*Inode, syscall.Errno) {
	f := &r.field
	key := [3]uint32{f[cpioDevMajor], f[cpioDevMinor], f[cpioIno]}
	linked := f[cpioNlink] > 1 && f[cpioMode]&syscall.S_IFMT == syscall.S_IFREG
	if i := l.links[key]; i != nil && linked {
		return i, l.fs.Link(i, l.fs.root, name)
	}
	rdev := Makedev(f[cpioRdevMajor], f[cpioRdevMinor])
	i, e := l.fs.Mknod(l.fs.root, name, f[cpioMode], rdev)
	if e == 0 && linked {
		if l.links == nil {
			l.links = make(map[[3]uint32]*Inode)
		}
		l.links[key] = i
	}
	return i, e
}

// set gives name the attributes of its record.
func (l *loader) set(name string, r *record) {
	i, e := l.fs.Lookup(l.fs.root, name, false)
	if e != 0 {
		return
	}
	i.Chown(r.field[cpioUID], r.field[cpioGID])
	i.Chmod(r.field[cpioMode])
	t := syscall.Timespec{Sec: int64(r.field[cpioMtime])}
	i.SetTimes(&t, &t)
}

// relative turns an archive's name into a path below the root: without
// leading slashes and "." names; one with ".." or too long a name is refused.
func relative(name string) (path string, ok bool) {
	for name != "" {
		var first string
		first, name = cut(name)
		name = skipSlashes(name)
		switch {
		case first == ".." || len(first) > NameMax:
			return "", false
		case first == "" || first == ".":
		case path == "":
			path = first
		default:
			path += "/" + first
		}
		if len(path) >= PathMax {
			return "", false
		}
	}
	return path, true
}

func parentName(name string) string {
	for k := len(name) - 1; k >= 0; k-- {
		if name[k] == '/' {
			return name[:k]
		}
	}
	return ""
}

// MkdirAll makes the directory that path names from the root on, with those
// above it. Ones that exist are left as they are.
func (fs *FS) MkdirAll(path string) syscall.Errno {
	for k := 0; k <= len(path); k++ {
		if k < len(path) && path[k] != '/' || k == 0 {
			continue
		}
		if e := fs.Mkdir(fs.root, path[:k], 0o755); e != 0 && e != syscall.EEXIST {
			return e
		}
	}
	if path == "" {
		return 0
	}
	i, e := fs.Lookup(fs.root, path, true)
	if e == 0 && !i.IsDir() {
		return syscall.ENOTDIR
	}
	return e
}

// Makedev is makedev(3).
func Makedev(major, minor uint32) uint64 {
	return uint64(major)&0xfff<<8 | uint64(major)&^0xfff<<32 |
		uint64(minor)&0xff | uint64(minor)&^0xff<<12
}
