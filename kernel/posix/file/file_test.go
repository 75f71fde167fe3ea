package file

import (
	"sync"
	"syscall"
	"testing"
)

func TestWriteThenRead(t *testing.T) {
	fd, e := open(t, "/tmp/x", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	if e != 0 || fd < 3 {
		t.Fatal(fd, e)
	}
	if n, e := write(fd, []byte("hello")); n != 5 || e != 0 {
		t.Fatal(n, e)
	}
	closeFD(fd)
	fd, _ = open(t, "/tmp/x", syscall.O_RDONLY, 0)
	b := make([]byte, 10)
	if n, e := read(fd, b); string(b[:n]) != "hello" || e != 0 {
		t.Fatal(n, e)
	}
	if n, e := read(fd, b); n != 0 || e != 0 {
		t.Fatal(n, e)
	}
	if _, e := write(fd, b); e != syscall.EBADF {
		t.Fatal(e)
	}
	if n := testing.AllocsPerRun(100, func() { read(fd, b); write(1, nil) }); n != 0 {
		t.Error("allocations:", n)
	}
	if e := closeFD(fd); e != 0 {
		t.Fatal(e)
	}
	if e := closeFD(fd); e != syscall.EBADF {
		t.Fatal(e)
	}
}

func TestConsole(t *testing.T) {
	var out []byte
	ConsoleWrite = func(p []byte) int { out = append(out, p[:1]...); return 1 }
	defer func() { ConsoleWrite = consoleTrap }()
	if n, e := write(1, []byte("hi\n")); n != 3 || e != 0 || string(out) != "hi\n" {
		t.Fatal(n, e, out)
	}
}

// TestFirstUse: what is given before and after the tree's first use is in it.
func TestFirstUse(t *testing.T) {
	treeOnce, growers = sync.Once{}, growing{}   // as at boot
	watching.inodes, watching.folders = nil, nil // of another tree
	text := func() []byte { return []byte("made") }
	WriteFile("/etc/early", []byte("a"))
	Generate("proc/early", text)
	Tree()
	WriteFile("/etc/early", []byte("longer"))
	WriteFile("/etc/early", []byte("new"))
	WriteFile("/etc/late", []byte("late"))
	WriteFile("/etc", []byte("a folder"))
	Await("/etc/awaited", t.FailNow) // there is none
	Await("/etc/early", func() { WriteFile("/etc/early", []byte("in time")) })
	Generate("/etc/late", text)
	for name, want := range map[string]string{"/etc/early": "in time", "/etc/late": "made", "/proc/early": "made"} {
		fd, e := open(t, name, syscall.O_RDONLY, 0)
		if e != 0 {
			t.Fatal(name, e)
		}
		b := make([]byte, 10)
		if n, e := read(fd, b); string(b[:n]) != want || e != 0 {
			t.Errorf("%s: %q, %v; want %q", name, b[:n], e, want)
		}
		closeFD(fd)
	}
}
