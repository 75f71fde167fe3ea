package hostfs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"yolk/kernel/posix/hostfs"
	"yolk/kernel/posix/ninep/ninetest"
	"yolk/kernel/posix/ramfs"
)

// A bench is a tree where folders of this computer are mounted.
type bench struct {
	*testing.T
	fs *ramfs.FS
}

// mount serves a folder with some files at a place of the tree.
func (b *bench) mount(place string, readOnly bool) (*ninetest.Server, *ninetest.Channel) {
	s := &ninetest.Server{Root: b.TempDir()}
	ch := &ninetest.Channel{Serve: s.Serve}
	m, e := hostfs.New(b.fs, place, ch, 64<<10, readOnly)
	if e != 0 {
		b.Fatal(e)
	}
	path := ""
	if place != "" {
		path = place[1:]
	}
	if e := b.fs.Mount(path, func() (*ramfs.Inode, syscall.Errno) { return m.Root(), 0 }); e != 0 {
		b.Fatal(e)
	}
	return s, ch
}

func newBench(t *testing.T) *bench {
	fs := ramfs.New()
	for _, d := range []string{"dev", "proc", "tmp", "etc"} {
		fs.MkdirAll(d)
	}
	return &bench{t, fs}
}

func (b *bench) ok(what string, e syscall.Errno) {
	b.Helper()
	if e != 0 {
		b.Fatalf("%s: %v", what, e)
	}
}

// write makes a file as os.WriteFile does.
func (b *bench) write(path, content string) syscall.Errno {
	i, made, e := b.fs.Open(b.fs.Root(), path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, 0o644)
	if e != 0 {
		return e
	}
	defer i.Close()
	if !made {
		if e := i.Truncate(0); e != 0 {
			return e
		}
	}
	_, e = i.WriteAt([]byte(content), 0)
	return e
}

func (b *bench) read(path string) (string, syscall.Errno) {
	i, _, e := b.fs.Open(b.fs.Root(), path, syscall.O_RDONLY, 0)
	if e != 0 {
		return "", e
	}
	defer i.Close()
	p := make([]byte, 1<<20)
	n, e := i.ReadAt(p, 0)
	return string(p[:n]), e
}

// names lists a folder.
func (b *bench) names(path string, size int) (names []string) {
	b.Helper()
	i, _, e := b.fs.Open(b.fs.Root(), path, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	b.ok("open "+path, e)
	defer i.Close()
	p := make([]byte, size)
	for pos := int64(0); ; {
		n, next, e := i.Getdents(p, pos)
		b.ok("getdents", e)
		if n == 0 {
			return names
		}
		for r := p[:n]; len(r) > 0; r = r[int(r[16])|int(r[17])<<8:] {
			name := string(bytes.TrimRight(r[19:int(r[16])|int(r[17])<<8], "\x00"))
			if name != "." && name != ".." {
				names = append(names, name)
			}
		}
		pos = next
	}
}

// TestFiles makes, reads, renames, links and removes files of a mount, as the host sees it.
func TestFiles(t *testing.T) {
	b := newBench(t)
	s, _ := b.mount("/data", false)
	root, host := b.fs.Root(), func(name string) string { return filepath.Join(s.Root, name) }
	b.ok("mkdir", b.fs.Mkdir(root, "/data/d", 0o755))
	b.ok("write", b.write("/data/d/f", "content"))
	if got, _ := os.ReadFile(host("d/f")); string(got) != "content" {
		t.Errorf("the host has %q", got)
	}
	os.WriteFile(host("d/f"), []byte("changed by the host"), 0o644)
	if got, e := b.read("/data/d/f"); got != "changed by the host" || e != 0 {
		t.Error(got, e)
	}
	b.ok("overwrite", b.write("/data/d/f", "short"))
	if got, _ := os.ReadFile(host("d/f")); string(got) != "short" {
		t.Errorf("the host has %q", got)
	}
	b.ok("rename", b.fs.Rename(root, "/data/d/f", root, "/data/g", 0))
	b.ok("symlink", b.fs.Symlink("../g", root, "/data/d/soft"))
	i, e := b.fs.Lookup(root, "/data/g", true)
	b.ok("lookup", e)
	b.ok("link", b.fs.Link(i, root, "/data/hard"))
	var st syscall.Stat_t
	if e := i.Stat(&st); e != 0 || st.Size != 5 || st.Dev == 1 {
		t.Error(st, e)
	}
	if e := i.Stat(&st); e != 0 || st.Nlink != 2 {
		t.Error(st.Nlink, e)
	}
	i.Release()
	for _, path := range []string{"/data/hard", "/data/d/soft", "/data/d/../g", "/data/./d//soft", "/tmp/../data/g"} {
		if got, e := b.read(path); got != "short" || e != 0 {
			t.Errorf("%s: %q, %v", path, got, e)
		}
	}
	if e := b.fs.Rmdir(root, "/data/d"); e != syscall.ENOTEMPTY {
		t.Error(e)
	}
	b.ok("unlink", b.fs.Unlink(root, "/data/d/soft"))
	b.ok("rmdir", b.fs.Rmdir(root, "/data/d"))
	if n := s.Fids(); n != 1 {
		t.Errorf("%d fids are left", n)
	}
}

// TestPaths: links that lead out of a mount and into it, and the wrong ones.
func TestPaths(t *testing.T) {
	b := newBench(t)
	s, _ := b.mount("/mnt/data", false)
	root := b.fs.Root()
	b.ok("write", b.write("/mnt/data/f", "here"))
	b.ok("write", b.write("/tmp/f", "there"))
	os.MkdirAll(filepath.Join(s.Root, "a/b/c"), 0o755)
	for name, to := range map[string]string{"out": "/tmp", "up": "../../tmp/f", "in": "a/b", "loop": "loop", "self": "/mnt/data", "gone": "nowhere"} {
		b.ok("symlink", b.fs.Symlink(to, root, "/mnt/data/"+name))
	}
	b.ok("symlink", b.fs.Symlink("/mnt/data/in/../../f", root, "/tmp/back"))
	for path, want := range map[string]string{
		"/mnt/data/out/f": "there", "/mnt/data/up": "there", "/tmp/back": "here", "/mnt/data/in/c/../../../f": "here",
		"/mnt/data/self/self/f": "here", "/mnt/data/a/b/c/../../../../data/f": "here", "/mnt/data/out/../mnt/data/f": "here",
	} {
		if got, e := b.read(path); got != want || e != 0 {
			t.Errorf("%s: %q, %v", path, got, e)
		}
	}
	for path, want := range map[string]syscall.Errno{
		"/mnt/data/loop": syscall.ELOOP, "/mnt/data/gone": syscall.ENOENT, "/mnt/data/x/y": syscall.ENOENT, "/mnt/data/a/x/y": syscall.ENOENT,
		"/mnt/data/f/": syscall.ENOTDIR, "/mnt/data/f/x": syscall.ENOTDIR, "/mnt/data/a/f": syscall.ENOENT,
	} {
		if _, e := b.read(path); e != want {
			t.Errorf("%s: %v, want %v", path, e, want)
		}
	}
	for _, c := range []struct {
		what string
		e    syscall.Errno
		want syscall.Errno
	}{
		{"mkdir of what is there", b.fs.Mkdir(root, "/mnt/data/a", 0o755), syscall.EEXIST},
		{"mkdir of the mount", b.fs.Mkdir(root, "/mnt/data", 0o755), syscall.EEXIST},
		{"rmdir of the mount", b.fs.Rmdir(root, "/mnt/data"), syscall.EBUSY},
		{"rmdir of dot", b.fs.Rmdir(root, "/mnt/data/a/."), syscall.EINVAL},
		{"unlink of a folder", b.fs.Unlink(root, "/mnt/data/a"), syscall.EISDIR},
		{"rename out", b.fs.Rename(root, "/mnt/data/f", root, "/tmp/g", 0), syscall.EXDEV},
		{"rename in", b.fs.Rename(root, "/tmp/f", root, "/mnt/data/g", 0), syscall.EXDEV},
		{"rename with flags", b.fs.Rename(root, "/mnt/data/f", root, "/mnt/data/g", 1), syscall.EINVAL},
		{"rename of the mount", b.fs.Rename(root, "/mnt/data", root, "/mnt/other", 0), syscall.EBUSY},
		{"a folder's write", b.write("/mnt/data/a", ""), syscall.EISDIR},
		{"a loop's write", b.write("/mnt/data/loop", ""), syscall.ELOOP},
		{"write through a link", b.write("/mnt/data/up", "there now"), 0},
		{"write to a new file by a link", b.write("/mnt/data/gone", "new"), 0},
	} {
		if c.e != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.e, c.want)
		}
	}
	if got, e := b.read("/tmp/f"); got != "there now" || e != 0 {
		t.Error(got, e)
	}
	if got, e := b.read("/mnt/data/nowhere"); got != "new" || e != 0 {
		t.Error(got, e)
	}
	i, e := b.fs.Lookup(root, "/mnt/data/a/b", true)
	b.ok("lookup", e)
	if name, e := b.fs.Path(i); name != "/mnt/data/a/b" || e != 0 {
		t.Error(name, e)
	}
	// From a folder, as with a current one.
	up, e := b.fs.Lookup(i, "../../../..", true)
	b.ok("lookup upwards", e)
	if up != b.fs.Root() {
		t.Error("not the root")
	}
	i.Release()
	if n := s.Fids(); n != 1 {
		t.Errorf("%d fids are left", n)
	}
}

// TestRoot: the whole tree is the host's, but for what that has not.
func TestRoot(t *testing.T) {
	b := newBench(t)
	b.write("/etc/own", "ours")
	b.write("/tmp/own", "ours")
	s, _ := b.mount("", false)
	os.Mkdir(filepath.Join(s.Root, "etc"), 0o755)
	os.Mkdir(filepath.Join(s.Root, "proc"), 0o755)
	os.WriteFile(filepath.Join(s.Root, "grass"), []byte("green"), 0o644)
	top := b.fs.Top()
	lookup := func(path string) syscall.Errno {
		i, e := b.fs.Lookup(top, path, true)
		if e == 0 {
			i.Release()
		}
		return e
	}
	for path, want := range map[string]syscall.Errno{"/grass": 0, "grass": 0, "/etc": 0, "/etc/own": syscall.ENOENT, "/tmp/own": 0, "/dev": 0, "/": 0, "/../grass": 0, "/proc/x": syscall.ENOENT} {
		if e := lookup(path); e != want {
			t.Errorf("%s: %v, want %v", path, e, want)
		}
	}
	if got, e := b.read("etc/own"); got != "ours" || e != 0 {
		t.Errorf("what the kernel keeps for itself: %q, %v", got, e)
	}
	b.ok("mkdir", b.fs.Mkdir(top, "/new", 0o755))
	if st, err := os.Stat(filepath.Join(s.Root, "new")); err != nil || !st.IsDir() {
		t.Error(err)
	}
	below := b.fs.Below(top)
	if below == nil {
		t.Fatal("there is nothing below the root")
	}
	below.Release()
}

// TestReadOnly: what would change something is refused here, whatever the server says.
func TestReadOnly(t *testing.T) {
	b := newBench(t)
	s, _ := b.mount("/data", true)
	os.WriteFile(filepath.Join(s.Root, "f"), []byte("x"), 0o644)
	root := b.fs.Root()
	if got, e := b.read("/data/f"); got != "x" || e != 0 {
		t.Error(got, e)
	}
	i, _, e := b.fs.Open(root, "/data/f", syscall.O_RDONLY|syscall.O_CREAT, 0)
	b.ok("open with O_CREAT", e)
	if e := i.Chmod(0o600); e != syscall.EROFS {
		t.Errorf("chmod: %v", e)
	}
	i.Close()
	for what, e := range map[string]syscall.Errno{
		"write": b.write("/data/f", "y"), "create": b.write("/data/g", "y"), "mkdir": b.fs.Mkdir(root, "/data/d", 0o755),
		"unlink": b.fs.Unlink(root, "/data/f"), "rename": b.fs.Rename(root, "/data/f", root, "/data/g", 0), "symlink": b.fs.Symlink("f", root, "/data/l"),
	} {
		if e != syscall.EROFS {
			t.Errorf("%s: %v", what, e)
		}
	}
}

// TestShared: descriptions of one file have one inode, and append where it ends.
func TestShared(t *testing.T) {
	b := newBench(t)
	s, _ := b.mount("/data", false)
	root := b.fs.Root()
	b.ok("write", b.write("/data/f", "start "))
	reader, _, e := b.fs.Open(root, "/data/f", syscall.O_RDONLY, 0)
	b.ok("open", e)
	appender, _, e := b.fs.Open(root, "/data/f", syscall.O_WRONLY|syscall.O_APPEND, 0)
	b.ok("open", e)
	writer, _, e := b.fs.Open(root, "/data/f", syscall.O_RDWR|syscall.O_CREAT, 0)
	b.ok("open", e)
	if reader != appender || reader != writer {
		t.Error("three inodes of one file")
	}
	f, _ := os.OpenFile(filepath.Join(s.Root, "f"), os.O_WRONLY|os.O_APPEND, 0)
	f.WriteString("host ")
	f.Close()
	if n, _, e := appender.Append([]byte("guest")); n != 5 || e != 0 {
		t.Error(n, e)
	}
	if n, e := writer.WriteAt([]byte("S"), 0); n != 1 || e != 0 {
		t.Error(n, e)
	}
	if got, _ := b.read("/data/f"); got != "Start host guest" {
		t.Errorf("%q", got)
	}
	b.ok("sync", writer.Sync(false))
	b.ok("lock", writer.Node().Lock(syscall.F_WRLCK, 0, 0))
	s.Locked = true
	if e := writer.Node().Lock(syscall.F_WRLCK, 0, 0); e != syscall.EAGAIN {
		t.Errorf("what another client has locked: %v", e)
	}
	b.ok("unlink", b.fs.Unlink(root, "/data/f"))
	var st syscall.Stat_t
	b.ok("stat without a name", reader.Stat(&st))
	for _, i := range []*ramfs.Inode{reader, appender, writer} {
		i.Close()
	}
	if n := s.Fids(); n != 1 {
		t.Errorf("%d fids are left", n)
	}
}

// TestList reads folders with buffers of several sizes.
func TestList(t *testing.T) {
	b := newBench(t)
	s, _ := b.mount("/data", false)
	const many = 3000
	for i := range many {
		os.WriteFile(filepath.Join(s.Root, fmt.Sprintf("a-file-with-number-%d", i)), nil, 0o644)
	}
	for _, size := range []int{64, 1000, 100000} {
		seen := map[string]bool{}
		for _, name := range b.names("/data", size) {
			if seen[name] {
				t.Fatalf("%s twice", name)
			}
			seen[name] = true
		}
		if len(seen) != many {
			t.Errorf("%d of %d, by %d bytes", len(seen), many, size)
		}
	}
}

// TestGone: a server that is no more is EIO, everywhere, and none waits.
func TestGone(t *testing.T) {
	b := newBench(t)
	_, ch := b.mount("/data", false)
	b.ok("write", b.write("/data/f", "x"))
	root := b.fs.Root()
	i, _, e := b.fs.Open(root, "/data/f", syscall.O_RDWR, 0)
	b.ok("open", e)
	ch.Broken.Store(true)
	_, readError := i.ReadAt(make([]byte, 1), 0)
	_, writeError := i.WriteAt(make([]byte, 1), 0)
	_, lookupError := b.fs.Lookup(root, "/data/f", true)
	var st syscall.Stat_t
	for what, e := range map[string]syscall.Errno{
		"read": readError, "write": writeError, "look-up": lookupError, "sync": i.Sync(true), "stat": i.Stat(&st), "truncate": i.Truncate(1),
		"create": b.write("/data/g", ""), "mkdir": b.fs.Mkdir(root, "/data/d", 0o755), "unlink": b.fs.Unlink(root, "/data/f"),
	} {
		if e != syscall.EIO {
			t.Errorf("%s: %v", what, e)
		}
	}
	i.Close()
}

func waitInterval() { time.Sleep(1100 * time.Millisecond) }
