package ninep_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ninep/ninetest"
)

// start serves a new folder.
func start(t testing.TB) (c *ninep.Client, root uint32, s *ninetest.Server, ch *ninetest.Channel) {
	s = &ninetest.Server{Root: t.TempDir()}
	ch = &ninetest.Channel{Serve: s.Serve}
	c, root, e := ninep.Start(ch, 64<<10, "")
	if e != 0 {
		t.Fatal(e)
	}
	return c, root, s, ch
}

// TestFiles makes, writes, reads, renames, links and removes files.
func TestFiles(t *testing.T) {
	c, root, s, _ := start(t)
	ok := func(what string, e syscall.Errno) {
		t.Helper()
		if e != 0 {
			t.Fatalf("%s: %v", what, e)
		}
	}
	ok("mkdir", c.Mkdir(root, "d", 0o755))
	dir, q, n, e := c.Walk(root, []string{"d"})
	if e != 0 || n != 1 || !q.IsDir() {
		t.Fatal(q, n, e)
	}
	f, _, _, e := c.Walk(dir, nil)
	ok("copy of a fid", e)
	_, e = c.Create(f, "file", syscall.O_RDWR|syscall.O_EXCL, 0o640)
	ok("create", e)
	content := bytes.Repeat([]byte("0123456789abcdef"), 10000) // more than a message
	for done := 0; done < len(content); {
		n, e := c.Write(f, content[done:], int64(done))
		ok("write", e)
		done += n
	}
	ok("fsync", c.Fsync(f, true))
	if got, err := os.ReadFile(filepath.Join(s.Root, "d/file")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	got := make([]byte, len(content)+1)
	for done := 0; ; {
		n, e := c.Read(f, got[done:], int64(done))
		ok("read", e)
		if n == 0 {
			if !bytes.Equal(got[:done], content) {
				t.Error("other bytes are read than written")
			}
			break
		}
		done += n
	}
	a, e := c.Getattr(f)
	if e != 0 || a.Size != int64(len(content)) || a.Mode != syscall.S_IFREG|0o640 || a.Nlink != 1 || a.Mtime.Sec == 0 {
		t.Errorf("%+v, %v", a, e)
	}
	ok("setattr", c.Setattr(f, ninep.SetSize|ninep.SetMode, &ninep.Attr{Size: 3, Mode: 0o600}))
	if a, e = c.Getattr(f); e != 0 || a.Size != 3 || a.Mode&0o777 != 0o600 {
		t.Errorf("%+v, %v", a, e)
	}
	ok("lock", c.Lock(f, ninep.LockWrite, 0, 0, 1))
	ok("link", c.Link(root, f, "hard"))
	ok("rename", c.Rename(dir, "file", root, "moved"))
	ok("symlink", c.Symlink(root, "soft", "moved"))
	l, q, _, e := c.Walk(root, []string{"soft"})
	if e != 0 || !q.IsLink() {
		t.Error(q, e)
	}
	if to, e := c.Readlink(l); to != "moved" || e != 0 {
		t.Error(to, e)
	}
	ok("mknod", c.Mknod(root, "pipe", syscall.S_IFIFO|0o600, 0, 0))
	ok("rmdir", c.Remove(root, "d", 0x200))
	if e := c.Remove(root, "d", 0x200); e != syscall.ENOENT {
		t.Errorf("again: %v", e)
	}
	if st, e := c.Statfs(root); e != 0 || st.Blocks == 0 || st.NameLen == 0 {
		t.Errorf("%+v, %v", st, e)
	}
	for _, fid := range []uint32{dir, f, l} {
		c.Clunk(fid)
	}
	if n := s.Fids(); n != 1 {
		t.Errorf("%d fids are left", n)
	}
}

// TestWalk: what is not there, and what is in part.
func TestWalk(t *testing.T) {
	c, root, s, _ := start(t)
	os.MkdirAll(filepath.Join(s.Root, "a/b"), 0o755)
	if _, _, n, e := c.Walk(root, []string{"a", "b", "c"}); n != 2 || e != 0 {
		t.Error(n, e)
	}
	if _, _, _, e := c.Walk(root, []string{"x", "y"}); e != syscall.ENOENT {
		t.Error(e)
	}
	if _, _, _, e := c.Walk(root, []string{strings.Repeat("x", 9000)}); e != syscall.ENAMETOOLONG {
		t.Error(e)
	}
	if n := s.Fids(); n != 1 {
		t.Errorf("%d fids", n)
	}
}

// TestReaddir reads a folder in pieces.
func TestReaddir(t *testing.T) {
	c, root, s, _ := start(t)
	const many = 300
	for i := range many {
		os.WriteFile(filepath.Join(s.Root, fmt.Sprint("file", i)), nil, 0o644)
	}
	f, _, _, _ := c.Walk(root, nil)
	if e := c.Open(f, syscall.O_RDONLY|syscall.O_DIRECTORY); e != 0 {
		t.Fatal(e)
	}
	seen := map[string]bool{}
	for off, more := uint64(0), true; more; {
		more = false
		if e := c.Readdir(f, off, 1000, func(d *ninep.Dirent) bool {
			seen[string(d.Name)], off, more = true, d.Offset, true
			return len(seen)%7 != 0
		}); e != 0 {
			t.Fatal(e)
		}
	}
	if len(seen) != many {
		t.Errorf("%d of %d", len(seen), many)
	}
}

// TestRefused: servers that speak something else, or less than is needed.
func TestRefused(t *testing.T) {
	for what, want := range map[string]struct {
		answer string
		e      syscall.Errno
	}{
		"another version":   {"\x15\x00\x00\x00\x65\xff\xff\x00\x40\x00\x00\x08\x009P2000.u", syscall.EPROTONOSUPPORT},
		"tiny messages":     {"\x15\x00\x00\x00\x65\xff\xff\x00\x01\x00\x00\x08\x009P2000.L", syscall.EPROTONOSUPPORT},
		"larger than asked": {"\x15\x00\x00\x00\x65\xff\xff\x00\x00\x00\x01\x08\x009P2000.L", syscall.EPROTONOSUPPORT},
		"cut off":           {"\x10\x00\x00\x00\x65\xff\xff\x00\x40\x00\x00\x08\x009P", syscall.EIO},
		"another tag":       {"\x15\x00\x00\x00\x65\x01\x00\x00\x40\x00\x00\x08\x009P2000.L", syscall.EIO},
		"another type":      {"\x15\x00\x00\x00\x66\xff\xff\x00\x40\x00\x00\x08\x009P2000.L", syscall.EIO},
		"an error":          {"\x0b\x00\x00\x00\x07\xff\xff\x0d\x00\x00\x00", syscall.EACCES},
		"error number 0":    {"\x0b\x00\x00\x00\x07\xff\xff\x00\x00\x00\x00", syscall.EIO},
		"nothing":           {"", syscall.EIO},
	} {
		ch := &ninetest.Channel{Serve: func([]byte) []byte { return []byte(want.answer) }}
		if _, _, e := ninep.Start(ch, 64<<10, ""); e != want.e {
			t.Errorf("%s: %v, want %v", what, e, want.e)
		}
	}
	ch := new(ninetest.Channel)
	ch.Broken.Store(true)
	if _, _, e := ninep.Start(ch, 64<<10, ""); e != syscall.EIO {
		t.Errorf("broken: %v", e)
	}
}

// TestAllocations: what reads and writes take.
func TestAllocations(t *testing.T) {
	c, root, s, ch := start(t)
	os.WriteFile(filepath.Join(s.Root, "f"), make([]byte, 100), 0o644)
	f, _, _, _ := c.Walk(root, []string{"f"})
	if e := c.Open(f, syscall.O_RDWR); e != 0 {
		t.Fatal(e)
	}
	answer := append([]byte{HeadSize + 10, 0, 0, 0, 117, 0, 0, 10, 0, 0, 0}, make([]byte, 10)...)
	written := []byte{11, 0, 0, 0, 119, 0, 0, 10, 0, 0, 0}
	replay := &replayed{Channel: ch}
	c, _, e := ninep.Start(replay, 64<<10, "")
	if e != 0 {
		t.Fatal(e)
	}
	p := make([]byte, 10)
	replay.answer = answer
	if n := testing.AllocsPerRun(100, func() {
		if n, e := c.Read(f, p, 0); n != 10 || e != 0 {
			t.Fatal(n, e)
		}
	}); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
	replay.answer = written
	if n := testing.AllocsPerRun(100, func() {
		if n, e := c.Write(f, p, 0); n != 10 || e != 0 {
			t.Fatal(n, e)
		}
	}); n != 0 {
		t.Errorf("%v allocations a write", n)
	}
}

const HeadSize = ninep.HeadSize

// replayed answers each request with the same bytes, once it has some.
type replayed struct {
	*ninetest.Channel
	answer []byte
}

func (r *replayed) Exchange(s *ninep.Slot, n, w, room int) (int, error) {
	if r.answer == nil {
		return r.Channel.Exchange(s, n, w, room)
	}
	copied := copy(s.In[:HeadSize], r.answer)
	copy(s.In[5:7], s.Out[5:7])
	return copied + copy(s.Data[:room], r.answer[copied:]), nil
}

var errFuzz = errors.New("more than was asked for")

// FuzzAnswer has a client take any bytes for the answer to each of its requests: it
// reads nothing beyond them, and hands on no more than it asked for.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("\x15\x00\x00\x00\x65\x01\x00\x00\x40\x00\x00\x08\x009P2000.L"), uint16(30), uint8(0))
	f.Add([]byte("\x0b\x00\x00\x00\x07\x01\x00\x0d\x00\x00\x00"), uint16(11), uint8(1))
	f.Add([]byte("\x12\x00\x00\x00\x75\x01\x00\x07\x00\x00\x00abcdefg"), uint16(18), uint8(5))
	f.Add([]byte("\x2a\x00\x00\x00\x29\x01\x00\x1f\x00\x00\x00\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x04\x01\x00x"), uint16(42), uint8(7))
	f.Fuzz(func(t *testing.T, answer []byte, claim uint16, which uint8) {
		s := &ninetest.Server{Root: "/"}
		ch := &ninetest.Channel{Serve: s.Serve, Data: 4096}
		c, root, e := ninep.Start(ch, 16<<10, "")
		if e != 0 {
			t.Fatal(e)
		}
		ch.Serve = func(request []byte) []byte {
			if len(answer) >= 7 {
				copy(answer[5:7], request[5:7])
			}
			return answer
		}
		ch.Claim = func(int) int { return int(claim) }
		p := make([]byte, 1000)
		switch which % 9 {
		case 0:
			if _, _, n, e := c.Walk(root, []string{"a", "b"}); e == 0 && (n < 1 || n > 2) {
				t.Error(n)
			}
		case 1:
			c.Getattr(root)
		case 2:
			c.Readlink(root)
		case 3:
			c.Statfs(root)
		case 4:
			c.Create(root, "x", 0, 0)
		case 5:
			if n, _ := c.Read(root, p, 0); n > len(p) {
				t.Error(errFuzz)
			}
		case 6:
			if n, _ := c.Write(root, p, 0); n > len(p) {
				t.Error(errFuzz)
			}
		case 7:
			total := 0
			c.Readdir(root, 0, len(p), func(d *ninep.Dirent) bool { total += len(d.Name); return true })
			if total > len(p) {
				t.Error(errFuzz)
			}
		case 8:
			c.Lock(root, ninep.LockRead, 0, 1, 1)
		}
	})
}
