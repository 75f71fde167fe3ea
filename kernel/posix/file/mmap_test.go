package file

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/posix/ramfs"
)

// hostFrames is content in a file of the host's, whose mappings are the host's. What it
// does not show is how the kernel maps (kernel/mem/object_amd64_test.go does).
type hostFrames struct {
	fd     int
	window []byte
}

const windowSize = 64 << 20

func newHostFrames(t testing.TB) func(base []byte, track bool) ramfs.Frames {
	return func([]byte, bool) ramfs.Frames {
		name := []byte("frames\x00")
		fd, _, e := syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(&name[0])), 0, 0)
		if e != 0 {
			t.Fatal(e)
		}
		b, err := syscall.Mmap(int(fd), 0, windowSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err != nil {
			t.Fatal(err)
		}
		return &hostFrames{int(fd), b}
	}
}

func (f *hostFrames) Page(i int64) []byte {
	if at, err := syscall.Seek(f.fd, i<<12, seekData); err != nil || at != i<<12 {
		return nil
	}
	return f.window[i<<12 : (i+1)<<12]
}

func (f *hostFrames) Fill(i, n int64) int64 {
	if syscall.Fallocate(f.fd, fallocKeepSize, i<<12, n<<12) != nil {
		return 0
	}
	return n
}

func (f *hostFrames) Resize(size int64) bool                              { return syscall.Ftruncate(f.fd, size) == nil }
func (f *hostFrames) Clean(int64, int64) (first, count int64, shown bool) { return 0, 0, true }

func (f *hostFrames) Drop(i, n int64) {
	syscall.Fallocate(f.fd, fallocKeepSize|fallocPunchHole, i<<12, n<<12)
}

func (f *hostFrames) Count() int64 {
	var st syscall.Stat_t
	syscall.Fstat(f.fd, &st)
	return st.Blocks / 8
}

func (f *hostFrames) Free() {
	syscall.Close(f.fd)
	syscall.Munmap(f.window)
}

// useHost has files be mapped by the host.
func useHost(t testing.TB) {
	newFrames = newHostFrames(t)
	sharedBytes = func(int64) int64 { return 0 }
	mapFrames = func(addr, n uintptr, prot, flags int, frames ramfs.Frames, page int64) (uintptr, syscall.Errno) {
		fd := ^uintptr(0)
		if f, ok := frames.(*hostFrames); ok {
			fd = uintptr(f.fd)
		}
		va, _, e := syscall.Syscall6(syscall.SYS_MMAP, addr, n, uintptr(prot), uintptr(flags&0xffffffff), fd, uintptr(page<<12))
		return va, e
	}
	t.Cleanup(func() { newFrames, mapFrames, sharedBytes = newObject, mapObject, objectBytes })
}

// mapping is one of a system's.
type mapping struct {
	at, n  uintptr
	off    int64 // in the file
	writes bool
}

// load reads a byte of a mapping, or says how that failed.
func (m mapping) load(off uintptr) (text string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			text = "fault"
		}
	}()
	return strconv.Itoa(int(*(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&[]uintptr{m.at + off%m.n}[0])))))
}

func (m mapping) store(off uintptr, v byte) (text string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			text = "fault"
		}
	}()
	*(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&[]uintptr{m.at + off%m.n}[0]))) = v
	return "stored"
}

// A mapStep is one step on a file and its mappings, on either system.
type mapStep struct {
	kind        string
	slot        int
	off, n      int64
	prot, flags int
	data        byte
}

func (s *system) step(fd uintptr, maps *[]mapping, o mapStep) string {
	buf := make([]byte, 20000)
	switch o.kind {
	case "map":
		at, e := s.call6(syscall.SYS_MMAP, 0, uintptr(o.n), uintptr(o.prot), uintptr(o.flags), fd, uintptr(o.off&^4095))
		if e == 0 {
			*maps = append(*maps, mapping{at, uintptr(o.n+4095) &^ 4095, o.off &^ 4095, o.prot&2 != 0})
		}
		return e.Error()
	case "unmap", "load", "store":
		if o.slot >= len(*maps) {
			return ""
		}
		m := (*maps)[o.slot]
		switch {
		case o.kind == "load":
			return m.load(uintptr(o.off))
		case o.kind == "store" && m.writes && !s.behind(fd, m.off+o.off%int64(m.n)):
			return m.store(uintptr(o.off), o.data)
		case o.kind == "store":
			return ""
		}
		*maps = append((*maps)[:o.slot], (*maps)[o.slot+1:]...)
		_, _, e := syscall.Syscall(syscall.SYS_MUNMAP, m.at, m.n, 0)
		return e.Error()
	case "pwrite":
		for i := range buf {
			buf[i] = o.data
		}
		return s.plain(syscall.SYS_PWRITE64, fd, 0, uintptr(o.n%20000), uintptr(o.off), 0, nil, unsafe.Pointer(&buf[0]), nil, nil)
	case "pread":
		r := s.plain(syscall.SYS_PREAD64, fd, 0, uintptr(o.n%20000), uintptr(o.off), 0, nil, unsafe.Pointer(&buf[0]), nil, nil)
		return r + string(buf)
	case "truncate":
		return s.plain(syscall.SYS_FTRUNCATE, fd, uintptr(o.off), 0, 0, 0, nil, nil, nil, nil)
	case "punch":
		return s.plain(syscall.SYS_FALLOCATE, fd, fallocKeepSize|fallocPunchHole, uintptr(o.off), uintptr(o.n), 0, nil, nil, nil, nil)
	case "seek":
		return s.plain(syscall.SYS_LSEEK, fd, uintptr(o.off), uintptr(o.flags), 0, 0, nil, nil, nil, nil)
	case "stat":
		var st syscall.Stat_t
		s.call(syscall.SYS_FSTAT, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil)
		return fmt.Sprint(st.Size, st.Blocks)
	}
	panic(o.kind)
}

// behind reports whether off is in the file's last page, behind its end. What is
// stored there is gone when the file grows (POSIX, mmap), but for Linux's tmpfs.
func (s *system) behind(fd uintptr, off int64) bool {
	var st syscall.Stat_t
	s.call(syscall.SYS_FSTAT, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&st), nil, nil)
	return off >= st.Size && off < (st.Size+4095)&^4095
}

// call6 is a call with six arguments, none of which is a pointer.
func (s *system) call6(nr uintptr, a ...uintptr) (uintptr, syscall.Errno) {
	if s.name == "linux" {
		r, _, e := syscall.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
		return r, e
	}
	r, _, e := Handle(nr, a[0], a[1], a[2], a[3], a[4], a[5], nil, nil, nil, nil, nil, nil)
	return r, e
}

// TestMapsLikeLinux does the same to a file and its mappings here and on Linux: what is
// in it, where its holes are, and what is beyond its end.
func TestMapsLikeLinux(t *testing.T) {
	useHost(t)
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 8))
		h, g := world(t)
		name := cstr("a")
		open := func(s *system) uintptr {
			fd, _ := s.call(syscall.SYS_OPENAT, s.dir, 0, syscall.O_RDWR|syscall.O_CREAT, 0o600, 0, nil, name, nil, nil)
			return fd
		}
		hfd, gfd := open(h), open(g)
		var hmaps, gmaps []mapping
		var log []string
		for i := range 120 {
			kinds := []string{"pwrite", "pwrite", "pread", "truncate", "punch", "seek", "stat", "map", "load", "load", "store", "store", "unmap"}
			if i < 30 && seed%2 == 0 {
				kinds = kinds[:7] // before it is mapped
			}
			o := mapStep{
				kind: one(r.IntN, kinds...), slot: r.IntN(4), data: byte(r.IntN(256)),
				off: one[int64](r.IntN, 0, 1, 100, 4095, 4096, 5000, 8192, 60000, 65536, 70000, 131072), n: int64(1 + r.IntN(30000)),
				prot: 1 + 2*r.IntN(2), flags: one(r.IntN, syscall.MAP_SHARED, syscall.MAP_PRIVATE),
			}
			if o.kind == "seek" {
				o.flags = 3 + r.IntN(2)
			}
			want, got := h.step(hfd, &hmaps, o), g.step(gfd, &gmaps, o)
			log = append(log, fmt.Sprintf("%+v -> %.60q", o, want))
			if want != got {
				t.Fatalf("seed %d, after\n%s\nlinux: %.200q\nyolk:  %.200q", seed, strings.Join(log[max(0, len(log)-20):], "\n"), want, got)
			}
		}
		for _, m := range append(hmaps, gmaps...) {
			syscall.Syscall(syscall.SYS_MUNMAP, m.at, m.n, 0)
		}
		h.fds, g.fds = append(h.fds, hfd), append(g.fds, gfd)
		h.end()
		g.end()
	}
}

// TestMmapErrors: what cannot be mapped, here and on Linux.
func TestMmapErrors(t *testing.T) {
	useHost(t)
	h, g := world(t)
	defer h.end()
	defer g.end()
	const shared, private = syscall.MAP_SHARED, syscall.MAP_PRIVATE
	for _, c := range []struct {
		flags       int // of open; -1: no descriptor
		prot, share int
		off, n      uintptr
	}{
		{syscall.O_RDWR, 3, shared, 0, 100}, {syscall.O_RDWR, 3, 3, 0, 100}, {syscall.O_RDWR, 7, private, 4096, 100},
		{syscall.O_RDWR, 3, 0, 0, 100}, {syscall.O_RDWR, 3, shared, 1, 100}, {syscall.O_RDWR, 3, shared, 0, 0},
		{syscall.O_RDWR, 3, shared, 1<<63 - 4096, 8192}, {syscall.O_RDONLY, 1, shared, 0, 100}, {syscall.O_RDONLY, 3, shared, 0, 100},
		{syscall.O_RDONLY, 3, private, 0, 100}, {syscall.O_WRONLY, 2, shared, 0, 100}, {syscall.O_WRONLY, 1, private, 0, 100},
		{oPath, 1, shared, 0, 100}, {-1, 1, shared, 0, 100}, {syscall.O_DIRECTORY, 1, private, 0, 100},
	} {
		outcome := func(s *system) string {
			fd, name := ^uintptr(0), cstr("file")
			if c.flags == syscall.O_DIRECTORY {
				name = cstr(".")
			} else if c.flags >= 0 {
				made, _ := s.call(syscall.SYS_OPENAT, s.dir, 0, syscall.O_CREAT, 0o600, 0, nil, name, nil, nil)
				s.fds = append(s.fds, made)
			}
			if c.flags >= 0 {
				fd, _ = s.call(syscall.SYS_OPENAT, s.dir, 0, uintptr(c.flags), 0o600, 0, nil, name, nil, nil)
				s.fds = append(s.fds, fd)
			}
			va, e := s.call6(syscall.SYS_MMAP, 0, c.n, uintptr(c.prot), uintptr(c.share), fd, c.off)
			if e == 0 {
				syscall.Syscall(syscall.SYS_MUNMAP, va, c.n, 0)
			}
			return e.Error()
		}
		if want, got := outcome(h), outcome(g); want != got {
			t.Errorf("%+v: linux %s, yolk %s", c, want, got)
		}
	}
}
