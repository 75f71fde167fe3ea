package file

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// The conformance test makes the same calls on Linux and on Handle, below one
// directory each, and compares results, errors, stat and content.

// A system makes calls: the host's kernel or Handle.
type system struct {
	name string
	call func(nr, a1, a2, a3, a4, a5 uintptr, p1, p2, p3, p4 unsafe.Pointer) (uintptr, syscall.Errno)
	path string
	dir  uintptr   // the same, open
	fds  []uintptr // open files, by slot
}

func host(dir string) *system {
	s := &system{name: "linux", call: func(nr, a1, a2, a3, a4, a5 uintptr, p1, p2, p3, p4 unsafe.Pointer) (uintptr, syscall.Errno) {
		if p1 != nil {
			a1 = uintptr(p1)
		}
		if p2 != nil {
			a2 = uintptr(p2)
		}
		if p3 != nil {
			a3 = uintptr(p3)
		}
		if p4 != nil {
			a4 = uintptr(p4)
		}
		r, _, e := syscall.Syscall6(nr, a1, a2, a3, a4, a5, 0)
		return r, e
	}}
	return s.at(dir)
}

func guest(dir string) *system {
	s := &system{name: "yolk", call: func(nr, a1, a2, a3, a4, a5 uintptr, p1, p2, p3, p4 unsafe.Pointer) (uintptr, syscall.Errno) {
		r, _, e := Handle(nr, a1, a2, a3, a4, a5, 0, p1, p2, p3, p4, nil, nil)
		return r, e
	}}
	return s.at(dir)
}

func (s *system) at(dir string) *system {
	fd, e := s.call(syscall.SYS_OPENAT, here, 0, syscall.O_DIRECTORY, 0, 0, nil, cstr(dir), nil, nil)
	if e != 0 {
		panic(s.name + " " + dir + ": " + e.Error())
	}
	s.path, s.dir = dir, fd
	return s
}

// An operation is one call on the names and slots of a small world.
type operation struct {
	kind     string
	name, to string
	slot     int
	flags    int
	mode     uint32
	off      int64
	data     string
}

func (o operation) String() string {
	short := func(s string) string { return strconv.Quote(s[:min(len(s), 20)]) }
	return o.kind + " " + short(o.name) + " " + short(o.to) + " slot " + strconv.Itoa(o.slot) +
		" flags 0x" + strconv.FormatInt(int64(o.flags), 16) + " mode 0" + strconv.FormatInt(int64(o.mode), 8) +
		" off " + strconv.FormatInt(o.off, 10) + " data " + strconv.Itoa(len(o.data))
}

// do makes the call and describes everything about its outcome that must not
// depend on the system.
func (s *system) do(o operation) string {
	var fd uintptr = 1 << 20
	if o.slot < len(s.fds) {
		fd = s.fds[o.slot]
	}
	name := cstr(o.name)
	buf := make([]byte, 9000)
	b := unsafe.Pointer(&buf[0])
	switch o.kind {
	case "open":
		r, e := s.call(syscall.SYS_OPENAT, s.dir, 0, uintptr(o.flags), uintptr(o.mode), 0, nil, name, nil, nil)
		if e == 0 {
			s.fds = append(s.fds, r)
			return "fd " + s.flagsOf(r)
		}
		return e.Error()
	case "openat2":
		how := openHow{uint64(o.flags), uint64(o.mode), uint64(o.off)}
		r, e := s.call(sysOpenat2Nr, s.dir, 0, 0, openHowSize, 0, nil, name, unsafe.Pointer(&how), nil)
		if e == 0 {
			s.fds = append(s.fds, r)
			return "fd " + s.flagsOf(r)
		}
		return e.Error()
	case "close":
		if o.slot >= len(s.fds) {
			return ""
		}
		s.fds = slices.Delete(s.fds, o.slot, o.slot+1)
		return s.plain(syscall.SYS_CLOSE, fd, 0, 0, 0, 0, nil, nil, nil, nil)
	case "read":
		r, e := s.call(syscall.SYS_READ, fd, 0, uintptr(max(0, o.off)%9000), 0, 0, nil, b, nil, nil)
		return outcome(r, e) + string(buf[:max(0, int(r))])
	case "pread":
		r, e := s.call(syscall.SYS_PREAD64, fd, 0, 3000, uintptr(o.off), 0, nil, b, nil, nil)
		return outcome(r, e) + string(buf[:max(0, int(r))])
	case "write", "pwrite":
		var st syscall.Stat_t
		if s.call(syscall.SYS_FSTAT, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil); st.Mode&syscall.S_IFMT == syscall.S_IFIFO {
			o.data = o.data[:min(len(o.data), 5)] // Linux counts whole pages against a pipe's capacity
		}
		data := []byte(o.data + "\x00")
		nr := uintptr(syscall.SYS_WRITE)
		if o.kind == "pwrite" {
			nr = syscall.SYS_PWRITE64
		}
		return s.plain(nr, fd, 0, uintptr(len(o.data)), uintptr(o.off), 0, nil, unsafe.Pointer(&data[0]), nil, nil)
	case "seek":
		var st syscall.Stat_t
		if s.call(syscall.SYS_FSTAT, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil); st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			return "" // positions in directories are a matter of the file system
		}
		return s.plain(syscall.SYS_LSEEK, fd, uintptr(o.off), uintptr(o.flags), 0, 0, nil, nil, nil, nil)
	case "ftruncate":
		return s.plain(syscall.SYS_FTRUNCATE, fd, uintptr(o.off), 0, 0, 0, nil, nil, nil, nil)
	case "fallocate":
		return s.plain(syscall.SYS_FALLOCATE, fd, uintptr(o.flags), uintptr(o.off), 100, 0, nil, nil, nil, nil)
	case "fstat":
		var st syscall.Stat_t
		_, e := s.call(syscall.SYS_FSTAT, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil)
		return e.Error() + statText(&st)
	case "stat":
		var st syscall.Stat_t
		_, e := s.call(sysNewfstatat, s.dir, 0, 0, uintptr(o.flags), 0, nil, name, unsafe.Pointer(&st), nil)
		return e.Error() + statText(&st)
	case "getdents":
		// From the start: whether an open directory shows later names is free.
		s.call(syscall.SYS_LSEEK, fd, 0, 0, 0, 0, nil, nil, nil, nil)
		r, e := s.call(syscall.SYS_GETDENTS64, fd, 0, 9000, 0, 0, nil, b, nil, nil)
		return names(buf[:max(0, int(r))]) + e.Error()
	case "mkdir":
		return s.plain(syscall.SYS_MKDIRAT, s.dir, 0, uintptr(o.mode), 0, 0, nil, name, nil, nil)
	case "mknod":
		return s.plain(syscall.SYS_MKNODAT, s.dir, 0, uintptr(o.mode), 0, 0, nil, name, nil, nil)
	case "unlink":
		return s.plain(syscall.SYS_UNLINKAT, s.dir, 0, uintptr(o.flags), 0, 0, nil, name, nil, nil)
	case "rename":
		return s.plain(sysRenameat2, s.dir, 0, s.dir, 0, uintptr(o.flags), nil, name, nil, cstr(o.to))
	case "link":
		return s.plain(syscall.SYS_LINKAT, s.dir, 0, s.dir, 0, uintptr(o.flags), nil, name, nil, cstr(o.to))
	case "symlink":
		return s.plain(syscall.SYS_SYMLINKAT, 0, s.dir, 0, 0, 0, cstr(o.to), nil, name, nil)
	case "readlink":
		r, e := s.call(syscall.SYS_READLINKAT, s.dir, 0, 0, uintptr(o.off%20), 0, nil, name, b, nil)
		return outcome(r, e) + string(buf[:max(0, int(r))])
	case "chmod":
		return s.plain(syscall.SYS_FCHMODAT, s.dir, 0, uintptr(o.mode), 0, 0, nil, name, nil, nil)
	case "chown":
		return s.plain(syscall.SYS_FCHOWNAT, s.dir, 0, uintptr(o.mode), 5, uintptr(o.flags), nil, name, nil, nil)
	case "access":
		return s.plain(sysFaccessat2, s.dir, 0, uintptr(o.mode&7), uintptr(o.flags), 0, nil, name, nil, nil)
	case "utimens":
		t := [2]syscall.Timespec{{Sec: o.off, Nsec: 5}, {Sec: -o.off, Nsec: utimeOmit}}
		return s.plain(syscall.SYS_UTIMENSAT, s.dir, 0, 0, uintptr(o.flags), 0, nil, name, unsafe.Pointer(&t), nil)
	case "dup":
		r, e := s.call(syscall.SYS_DUP, fd, 0, 0, 0, 0, nil, nil, nil, nil)
		if e == 0 {
			s.fds = append(s.fds, r)
		}
		return e.Error()
	case "setfl":
		return s.plain(syscall.SYS_FCNTL, fd, syscall.F_SETFL, uintptr(o.flags), 0, 0, nil, nil, nil, nil) + s.flagsOf(fd)
	case "setxattr", "getxattr", "listxattr", "removexattr":
		return s.xattr(o, fd, buf)
	case "flock":
		return s.plain(syscall.SYS_FLOCK, fd, uintptr(o.flags|syscall.LOCK_NB), 0, 0, 0, nil, nil, nil, nil)
	}
	panic(o.kind)
}

// xattr makes a call about extended attributes: by path, by that of a link, or by
// descriptor. Which of two complaints comes first differs between releases of Linux.
func (s *system) xattr(o operation, fd uintptr, buf []byte) string {
	nr := map[string]uintptr{"setxattr": syscall.SYS_SETXATTR, "getxattr": syscall.SYS_GETXATTR, "listxattr": syscall.SYS_LISTXATTR, "removexattr": syscall.SYS_REMOVEXATTR}[o.kind]
	nr += uintptr(o.slot % 3)
	var of unsafe.Pointer
	if o.slot%3 < 2 {
		of = cstr(s.path + "/" + o.name)
	}
	b, n := unsafe.Pointer(&buf[0]), max(o.off, 0)%9000
	name := cstr(o.to)
	var r uintptr
	var e syscall.Errno
	switch o.kind {
	case "setxattr":
		value := []byte(o.data + "\x00")
		r, e = s.call(nr, fd, 0, 0, uintptr(len(o.data)), uintptr(o.flags), of, name, unsafe.Pointer(&value[0]), nil)
	case "getxattr":
		r, e = s.call(nr, fd, 0, 0, uintptr(n), 0, of, name, b, nil)
	case "listxattr":
		r, e = s.call(nr, fd, 0, uintptr(n), 0, 0, of, b, nil, nil)
	default:
		r, e = s.call(nr, fd, 0, 0, 0, 0, of, name, nil, nil)
	}
	switch e {
	case 0:
		parts := strings.Split(string(buf[:min(int(r), int(n))]), "\x00")
		slices.Sort(parts)
		return outcome(r, e) + strings.Join(parts, " ")
	case syscall.ENODATA, syscall.EEXIST, syscall.EPERM:
		return e.Error()
	}
	return "refused"
}

func (s *system) plain(nr, a1, a2, a3, a4, a5 uintptr, p1, p2, p3, p4 unsafe.Pointer) string {
	return outcome(s.call(nr, a1, a2, a3, a4, a5, p1, p2, p3, p4))
}

func outcome(r uintptr, e syscall.Errno) string {
	if e != 0 {
		return e.Error()
	}
	return strconv.Itoa(int(r)) + ";"
}

func (s *system) flagsOf(fd uintptr) string {
	r, e := s.call(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0, 0, 0, nil, nil, nil, nil)
	return outcome(r, e)
}

func statText(st *syscall.Stat_t) string {
	size := st.Size
	if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		size = 0 // a matter of the file system
	}
	if st.Atim.Nsec != 5 {
		st.Atim.Sec = 0 // not set by utimens
	}
	return " mode " + strconv.FormatInt(int64(st.Mode), 8) + " nlink " + strconv.Itoa(int(st.Nlink)) +
		" size " + strconv.Itoa(int(size)) + " uid " + strconv.Itoa(int(st.Uid)) + " gid " + strconv.Itoa(int(st.Gid)) +
		" atime " + strconv.Itoa(int(st.Atim.Sec))
}

// names lists the records of getdents64 in sorted order, with their types.
func names(b []byte) string {
	var all []string
	for len(b) > 0 {
		n := int(b[16]) | int(b[17])<<8
		name, _, _ := strings.Cut(string(b[19:n]), "\x00")
		all = append(all, name+":"+strconv.Itoa(int(b[18])))
		b = b[n:]
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// A source of choices: random, or a fuzzer's bytes.
type chooser func(n int) int

var worldNames = []string{"a", "b", "c", "d", "d/a", "d/b", "d/d", "d/d/a", "a/", "d/", "d/.", "d/..", "d/../a", ".", "..", "./a",
	"d/d/", "l", "l/a", "l/", "l/..", "", "d//a", "m", "m/a", "n", "d/d/../../b", strings.Repeat("x", 256), strings.Repeat("y/", 2100)}

var worldKinds = []string{"open", "open", "open", "open", "close", "read", "pread", "write", "write", "pwrite", "seek", "ftruncate",
	"fallocate", "fstat", "stat", "stat", "getdents", "mkdir", "mkdir", "mknod", "unlink", "unlink", "rename", "rename", "rename",
	"link", "symlink", "symlink", "readlink", "chmod", "chown", "access", "utimens", "dup", "setfl", "flock",
	"openat2", "openat2", "setxattr", "setxattr", "getxattr", "listxattr", "removexattr"}

func one[T any](pick chooser, from ...T) T { return from[pick(len(from))] }

func random1(pick chooser) operation {
	o := operation{kind: one(pick, worldKinds...), slot: pick(6)}
	o.name, o.to = one(pick, worldNames...), one(pick, worldNames...)
	o.mode = one[uint32](pick, 0o644, 0o755, 0o600, 0, 0o4755, 0o1777)
	o.off = one[int64](pick, 0, 1, 5, 100, 4095, 4096, 70000, 65536, 200000, -1)
	o.data = strings.Repeat("data.", one(pick, 0, 1, 2, 1000, 30000))
	switch o.kind {
	case "open":
		o.flags = one(pick, syscall.O_RDONLY, syscall.O_WRONLY, syscall.O_RDWR)
		for _, f := range []int{syscall.O_CREAT, syscall.O_EXCL, syscall.O_TRUNC, syscall.O_APPEND, syscall.O_DIRECTORY, oNofollow, oPath, syscall.O_NONBLOCK} {
			if pick(4) == 0 {
				o.flags |= f
			}
		}
		if pick(2) == 0 {
			o.flags |= syscall.O_CREAT
		}
		o.flags |= syscall.O_NONBLOCK // no FIFO shall wait
	case "openat2":
		o.flags = one(pick, syscall.O_RDONLY, syscall.O_RDWR, syscall.O_DIRECTORY, syscall.O_CREAT, oPath, oPath|oNofollow, 1<<40) | syscall.O_NONBLOCK
		if o.flags&oPath != 0 {
			o.flags &^= syscall.O_NONBLOCK
		}
		if o.flags&syscall.O_CREAT == 0 {
			o.mode = 0
		}
		o.off = one[int64](pick, 0, 1, 2, 4, 8, 8, 16, 16, 24, 12, 64)
	case "seek":
		o.flags = pick(3) // TestMapsLikeLinux has SEEK_DATA: fallocate here makes no data
	case "fallocate":
		o.flags = pick(2)
	case "stat", "chown", "utimens", "access":
		o.flags = one(pick, 0, atSymlinkNofollow, atEmptyPath)
	case "unlink":
		o.flags = one(pick, 0, 0, atRemovedir)
	case "rename":
		o.flags = one(pick, 0, 0, 0, 1, 2, 3)
	case "link":
		o.flags = one(pick, 0, atSymlinkFollow)
	case "symlink":
		o.name = one(pick, "l", "m", "n", "a", "d/a", "d/", "a/")
		o.to = one(pick, "a", "d", "d/", "l", "m", "..", "n", "d/a", "./d/d", "d/../l", ".")
	case "setxattr", "getxattr", "listxattr", "removexattr":
		o.name, o.slot = one(pick, "a", "d", "l", "m", "b", "d/a"), pick(6)
		o.to = one(pick, "user.a", "user.a", "user.b", "trusted.a", "security.x", "user.", "user", "", "other.a", "user."+strings.Repeat("x", 251))
		o.flags = one(pick, 0, 0, 0, 1, 2, 4)
	case "mknod":
		o.mode |= one[uint32](pick, syscall.S_IFIFO, syscall.S_IFREG, syscall.S_IFSOCK, 0, syscall.S_IFDIR, 0x3000)
	case "setfl":
		o.flags = one(pick, 0, syscall.O_APPEND) | syscall.O_NONBLOCK
	case "flock":
		o.flags = one(pick, syscall.LOCK_SH, syscall.LOCK_EX, syscall.LOCK_UN)
	}
	return o
}

// world makes two empty directories.
func world(t testing.TB) (h, g *system) {
	Full()
	base := "/dev/shm" // tmpfs, the file system most like ours
	dir, err := os.MkdirTemp(base, "yolk")
	if err != nil {
		t.Skip("no tmpfs to compare with: ", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	syscall.Umask(0o022)
	// Several levels, since a ".." in a symbolic link leads out.
	const deep = "/1/2/3/4/5/6"
	inner := "/tmp/" + dir[len(base)+1:]
	if err := os.MkdirAll(dir+deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if e := Tree().MkdirAll(inner[1:] + deep); e != 0 {
		t.Fatal(e)
	}
	return host(dir + deep), guest(inner + deep)
}

func (s *system) end() {
	for _, fd := range append(s.fds, s.dir) {
		s.call(syscall.SYS_CLOSE, fd, 0, 0, 0, 0, nil, nil, nil, nil)
	}
}

func compare(t testing.TB, pick chooser, steps int) {
	h, g := world(t)
	defer h.end()
	defer g.end()
	var log []string
	for range steps {
		o := random1(pick)
		want, got := h.do(o), g.do(o)
		log = append(log, o.String()+" -> "+want[:min(len(want), 60)])
		if want != got {
			t.Fatalf("after\n%s\nlinux: %.200q\nyolk:  %.200q", strings.Join(log[max(0, len(log)-40):], "\n"), want, got)
		}
		if len(h.fds) > 8 {
			o := operation{kind: "close", slot: 0}
			if want, got := h.do(o), g.do(o); want != got {
				t.Fatal("close:", want, got)
			}
		}
	}
}

func TestConformsToLinux(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		t.Run(strconv.Itoa(int(seed)), func(t *testing.T) { compare(t, r.IntN, 200) })
	}
}

func FuzzConformsToLinux(f *testing.F) {
	f.Add([]byte("some operations"))
	f.Fuzz(func(t *testing.T, b []byte) {
		compare(t, func(n int) int {
			if len(b) == 0 {
				return 0
			}
			c := b[0]
			b = b[1:]
			return int(c) % n
		}, min(len(b)/8, 200))
	})
}
