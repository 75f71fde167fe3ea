package ramfs

import (
	"syscall"
	"testing"
)

// TestWalk resolves paths whose slashes are doubled, in the path itself and
// where a link's target meets the rest of it: only a first slash means the
// root.
func TestWalk(t *testing.T) {
	fs := New()
	if e := fs.MkdirAll("test/dir/test"); e != 0 {
		t.Fatal(e)
	}
	root := fs.Root()
	fs.Symlink("dir", root, "test/to")
	fs.Symlink("../../", root, "test/dir/up")
	fs.Symlink("/test/", root, "test/abs")
	want, _ := fs.Lookup(root, "test/dir/test", true)
	top, _ := fs.Lookup(root, "test", true)
	dir, _ := fs.Lookup(root, "test/dir", true)
	for _, c := range []struct {
		from *Inode
		path string
		want *Inode
		e    syscall.Errno
	}{
		{root, "test//dir///test", want, 0},
		{dir, "up//test", top, 0},
		{dir, "..//dir//test//", want, 0},
		{top, "to/up/test/to/test", want, 0},
		{top, "abs//to//test", want, 0},
		{top, "//test//dir", dir, 0},
		{top, "dir//missing", nil, syscall.ENOENT},
		{dir, "up//dir", nil, syscall.ENOENT},
	} {
		if i, e := fs.Lookup(c.from, c.path, true); i != c.want || e != c.e {
			t.Errorf("%s: %v, %v", c.path, i, e)
		}
	}
}

// TestPaths: an inode is found by its name, a folder also by its parents, and neither
// once it was removed.
func TestPaths(t *testing.T) {
	fs := New()
	if _, e := fs.LoadArchive([]byte(archive())); e != 0 {
		t.Fatal(e)
	}
	for _, want := range []string{"/", "/etc", "/etc/hosts", "/a/b"} {
		i, e := fs.Lookup(fs.Root(), want, true)
		if e != 0 {
			t.Fatal(want, e)
		}
		if got := fs.Name(i); got != want {
			t.Errorf("%s is called %s", want, got)
		}
		if !i.IsDir() {
			continue
		}
		if got, e := fs.Path(i); got != want || e != 0 {
			t.Errorf("%s has the path %s, %v", want, got, e)
		}
	}
	dir, _ := fs.Lookup(fs.Root(), "etc", true)
	if e := fs.Unlink(dir, "hosts"); e != 0 {
		t.Fatal(e)
	}
	if e := fs.Rmdir(fs.Root(), "etc"); e != 0 {
		t.Fatal(e)
	}
	if path, e := fs.Path(dir); e != syscall.ENOENT {
		t.Errorf("a removed folder has the path %s, %v", path, e)
	}
}
