package file

import (
	"syscall"
	"testing"
)

// TestOutput: what is written to a device arrives, whoever opened it; where there
// is none behind the name, and where mknod made the node, opening says so.
func TestOutput(t *testing.T) {
	var got string
	there := syscall.ENXIO
	Output("dev/testout", 229<<8|7, func() (Write, syscall.Errno) {
		return func(p []byte) (int, syscall.Errno) { got += string(p); return len(p), 0 }, there
	})
	if _, e := open(t, "/dev/testout", syscall.O_WRONLY, 0); e != syscall.ENXIO {
		t.Error(e)
	}
	there = 0
	for _, text := range []string{"one ", "two"} {
		fd, e := open(t, "/dev/testout", syscall.O_RDWR|syscall.O_CREAT|syscall.O_TRUNC, 0o666)
		if e != 0 {
			t.Fatal(e)
		}
		if n, e := write(fd, []byte(text)); n != len(text) || e != 0 {
			t.Error(n, e)
		}
		if n, e := read(fd, make([]byte, 10)); n != 0 || e != 0 {
			t.Error(n, e)
		}
		if st, e := fstat(fd); e != 0 || st.Mode != syscall.S_IFCHR|0o600 || st.Rdev != 229<<8|7 {
			t.Errorf("%#o, %#x, %v", st.Mode, st.Rdev, e)
		}
		closeFD(fd)
	}
	if got != "one two" {
		t.Errorf("%q", got)
	}
	must(t, syscall.SYS_MKNODAT, here, "/dev/other", syscall.S_IFCHR|0o600, 229<<8|9)
	if _, e := open(t, "/dev/other", syscall.O_WRONLY, 0); e != syscall.ENXIO {
		t.Error(e)
	}
}
