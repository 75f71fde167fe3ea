package file

import (
	"strings"
	"syscall"
	"testing"
)

// TestXattrErrors: what is wrong with an attribute, and its memory, which is the tree's.
// TestConformsToLinux compares the rest.
func TestXattrErrors(t *testing.T) {
	Full()
	before := Tree().Used()
	fd := must(t, syscall.SYS_OPENAT, here, "/tmp/attributed", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	must(t, syscall.SYS_SYMLINKAT, "/tmp/attributed", here, "/tmp/attributed.link")
	value := make([]byte, 70000)
	for _, c := range []struct {
		name string
		size int
		want syscall.Errno
	}{
		{"", 1, syscall.ERANGE}, {strings.Repeat("x", 256), 1, syscall.ERANGE}, {"user", 1, syscall.EOPNOTSUPP},
		{"other.x", 1, syscall.EOPNOTSUPP}, {"user.", 1, syscall.EINVAL}, {"user.x", 65537, syscall.E2BIG},
	} {
		fails(t, c.want, syscall.SYS_FSETXATTR, fd, c.name, value, c.size, 0)
	}
	fails(t, syscall.EPERM, syscall.SYS_LSETXATTR, "/tmp/attributed.link", "user.x", value, 1, 0)
	fails(t, syscall.ENODATA, syscall.SYS_LGETXATTR, "/tmp/attributed.link", "user.x", value, 1)
	must(t, syscall.SYS_SETXATTR, "/tmp/attributed.link", "user.x", value, 65536, 0)
	if n := must(t, syscall.SYS_FGETXATTR, fd, "user.x", 0, 0); n != 65536 {
		t.Errorf("%d bytes", n)
	}
	fails(t, syscall.ERANGE, syscall.SYS_FGETXATTR, fd, "user.x", value, 65535)
	fails(t, syscall.EFAULT, syscall.SYS_FGETXATTR, fd, "user.x", 0, 70000)
	if n := Tree().Used() - before; n < 65536 {
		t.Errorf("an attribute of 64 KiB takes %d bytes", n)
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/attributed", 0)
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/attributed.link", 0)
	must(t, syscall.SYS_CLOSE, fd)
	if n := Tree().Used() - before; n != 0 {
		t.Errorf("%d bytes are left behind", n)
	}
}
