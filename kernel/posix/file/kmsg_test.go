package file

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestLog writes records and reads them, each reader from where it is.
func TestLog(t *testing.T) {
	Full()
	var said []byte
	defer func(old func([]byte) int) { ConsoleWrite = old }(ConsoleWrite)
	ConsoleWrite = func(p []byte) int { said = append(said, p...); return len(p) }
	opened := func(flags int) int {
		fd, e := open(t, "/dev/kmsg", flags|syscall.O_NONBLOCK, 0)
		if e != 0 {
			t.Fatal(e)
		}
		return fd
	}
	next := func(fd int) string {
		b := make([]byte, 2000)
		n, e := read(fd, b)
		if e != 0 {
			return e.Error()
		}
		line := string(b[:n])
		number, _, _ := strings.Cut(line, ";")
		var priority, sequence, us int
		if k, err := fmt.Sscanf(number, "%d,%d,%d,-", &priority, &sequence, &us); k != 3 || us < 0 {
			t.Errorf("%q: %v", line, err)
		}
		return strings.Replace(line, fmt.Sprintf(",%d,%d,-", sequence, us), "", 1)
	}
	fd := opened(syscall.O_RDWR)
	defer closeFD(fd)
	invoke(syscall.SYS_LSEEK, fd, 0, 2)
	for _, c := range []struct{ write, want, console string }{
		{"plain\n", "12;plain\n", "plain\n"},
		{"<3>wrong", "11;wrong\n", "wrong\n"},
		{"<31>not on the console", "31;not on the console\n", ""},
		{"<30>of a daemon\n", "30;of a daemon\n", "of a daemon\n"},
		{"<x>text", "12;<x>text\n", "<x>text\n"},
		{"<3", "12;<3\n", "<3\n"},
		{"", "12;\n", "\n"},
		{"a\\b\tc\xff\nd", "12;a\\x5cb\\x09c\\xff\\x0ad\n", "a\\b\tc\xff\nd\n"},
	} {
		said = nil
		if n, e := write(fd, []byte(c.write)); n != len(c.write) || e != 0 {
			t.Errorf("%q: %d, %v", c.write, n, e)
		}
		if got := next(fd); got != c.want || string(said) != c.console {
			t.Errorf("%q: %q, on the console %q", c.write, got, said)
		}
	}
	if got := next(fd); got != syscall.EAGAIN.Error() {
		t.Errorf("at the end: %q", got)
	}
	if _, e := write(fd, make([]byte, longestLogged+1)); e != syscall.EINVAL {
		t.Errorf("too long: %v", e)
	}
	LogLine(levelWarning, "the kernel")
	if n, e := read(fd, make([]byte, 10)); e != syscall.EINVAL {
		t.Errorf("too little room: %d, %v", n, e)
	}
	if got := next(fd); got != "4;the kernel\n" {
		t.Errorf("%q", got)
	}
	late := opened(syscall.O_RDONLY)
	defer closeFD(late)
	for range mostLogged/longestLogged + 1 {
		write(fd, append([]byte("<31>"), make([]byte, longestLogged-4)...))
	}
	if got := next(late); got != syscall.EPIPE.Error() {
		t.Errorf("what has gone: %q", got)
	}
	if machineLog.bytes > mostLogged {
		t.Errorf("%d bytes are kept", machineLog.bytes)
	}
	invoke(syscall.SYS_LSEEK, late, 0, 2)
	for _, c := range []struct {
		offset, whence int
		want           syscall.Errno
	}{{1, 0, syscall.ESPIPE}, {0, 1, syscall.EINVAL}, {0, seekHole, syscall.EINVAL}, {0, seekData, 0}, {0, 0, 0}} {
		if _, e := invoke(syscall.SYS_LSEEK, late, c.offset, c.whence); e != c.want {
			t.Errorf("seek %d, %d: %v", c.offset, c.whence, e)
		}
	}
	if n, e := read(late, make([]byte, 5000)); n == 0 || e != 0 {
		t.Errorf("from the first that is left: %d, %v", n, e)
	}
}
