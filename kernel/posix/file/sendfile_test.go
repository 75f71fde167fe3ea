package file

import (
	"strings"
	"syscall"
	"testing"
)

// TestSendfile moves a file into a pipe that takes only part of it.
func TestSendfile(t *testing.T) {
	Full()
	in, e := open(t, "/tmp/sendfile", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	defer closeFD(in)
	text := strings.Repeat("0123456789", 20000)
	must(t, syscall.SYS_WRITE, in, text, len(text))
	r, w := pipes(t, syscall.O_NONBLOCK)

	off := int64(10)
	if n := must(t, syscall.SYS_SENDFILE, w, in, ptr(&off), 5); n != 5 || off != 15 {
		t.Errorf("%d bytes, offset %d", n, off)
	}
	must(t, syscall.SYS_LSEEK, in, 0, 0)
	n := must(t, syscall.SYS_SENDFILE, w, in, 0, len(text))
	if n == 0 || n >= len(text) {
		t.Fatalf("%d bytes into a pipe", n)
	}
	if at := must(t, syscall.SYS_LSEEK, in, 0, 1); at != n {
		t.Errorf("%d bytes moved the position to %d", n, at)
	}
	fails(t, syscall.EAGAIN, syscall.SYS_SENDFILE, w, in, 0, len(text))
	got := make([]byte, n+5)
	must(t, syscall.SYS_READ, r, got, len(got))
	if string(got) != "01234"+text[:n] {
		t.Error("other bytes arrived than were sent")
	}
	must(t, syscall.SYS_LSEEK, in, len(text)-3, 0)
	if n := must(t, syscall.SYS_SENDFILE, w, in, 0, 100); n != 3 {
		t.Errorf("%d bytes before the end of the file, want 3", n)
	}
	fails(t, syscall.EINVAL, syscall.SYS_SENDFILE, in, r, 0, 1)
	fails(t, syscall.EBADF, syscall.SYS_SENDFILE, r, in, 0, 1)
}
