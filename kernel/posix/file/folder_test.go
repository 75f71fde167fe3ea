package file

import (
	"syscall"
	"testing"

	"yolk/kernel/posix/ramfs"
)

// TestFirstFolder: what cwd= may name, and that the rest leads to the root.
func TestFirstFolder(t *testing.T) {
	fs := Tree()
	tmp, _ := fs.Lookup(fs.Root(), "/tmp", true)
	for path, want := range map[string]*ramfs.Inode{"/tmp": tmp, "/tmp/": tmp, "": fs.Root(), "/": fs.Root(), "/etc/hosts": fs.Root(), "/none": fs.Root()} {
		if i := firstFolder(fs, path); i != want {
			t.Errorf("%q leads to inode %d", path, i.Ino())
		}
	}
}

// TestCopyRangeOntoItself: parts of one file that overlap are refused, others
// are copied.
func TestCopyRangeOntoItself(t *testing.T) {
	Full()
	fd, e := open(t, "/tmp/overlap", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	defer closeFD(fd)
	must(t, syscall.SYS_WRITE, fd, "0123456789", 10)
	from, to := int64(0), int64(5)
	fails(t, syscall.EINVAL, sysCopyFileRangeNr, fd, ptr(&from), fd, ptr(&to), 6, 0)
	if n := must(t, sysCopyFileRangeNr, fd, ptr(&from), fd, ptr(&to), 5, 0); n != 5 || from != 5 || to != 10 {
		t.Errorf("%d bytes, offsets %d and %d", n, from, to)
	}
	from, to = 8, 20 // to the end of the file, which is before to
	if n := must(t, sysCopyFileRangeNr, fd, ptr(&from), fd, ptr(&to), 100, 0); n != 2 {
		t.Errorf("%d bytes", n)
	}
	if s := content(t, "/tmp/overlap"); s[:10] != "0123401234" || len(s) != 22 || s[20:] != "34" {
		t.Errorf("%q", s)
	}
}
