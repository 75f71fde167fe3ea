package file

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestDevices(t *testing.T) {
	Random = func(p []byte, _ bool) int { return copy(p, bytes.Repeat([]byte{7}, len(p))) }
	defer func() { Random = randomTrap }()
	b := bytes.Repeat([]byte{1}, 1000)
	for _, c := range []struct {
		name  string
		n     int
		fill  byte
		write syscall.Errno
	}{
		{"/dev/null", 0, 1, 0},
		{"/dev/zero", 1000, 0, 0},
		{"/dev/full", 1000, 0, syscall.ENOSPC},
		{"/dev/urandom", 1000, 7, 0},
		{"/dev/random", 1000, 7, 0},
	} {
		fd, e := open(t, c.name, syscall.O_RDWR|syscall.O_TRUNC|syscall.O_CREAT, 0o666)
		if e != 0 {
			t.Fatal(c.name, e)
		}
		if n, e := read(fd, b); n != c.n || e != 0 || n > 0 && b[n-1] != c.fill {
			t.Error(c.name, n, e, b[0])
		}
		if _, e := write(fd, b); e != c.write {
			t.Error(c.name, e)
		}
		st, _ := fstat(fd)
		if st.Mode&syscall.S_IFMT != syscall.S_IFCHR {
			t.Errorf("%s: mode %o", c.name, st.Mode)
		}
		closeFD(fd)
	}
	must(t, sysGetrandomNr, b, 1000, 0)
	if b[999] != 7 {
		t.Error("getrandom")
	}
}

func TestNoEntropyIsAnError(t *testing.T) {
	Random = func([]byte, bool) int { return 0 }
	defer func() { Random = randomTrap }()
	fails(t, syscall.EIO, sysGetrandomNr, make([]byte, 9), 9, 0)
}

// TestSeedsFirst: when the generator asks for a seed it is asked again for what it has.
func TestSeedsFirst(t *testing.T) {
	var asked []bool
	Random = func(p []byte, tried bool) int {
		asked = append(asked, tried)
		if !tried {
			return 0
		}
		return len(p)
	}
	defer func() { Random = randomTrap }()
	must(t, sysGetrandomNr, make([]byte, 300), 300, 0)
	if !slices.Equal(asked, []bool{false, true, false, true}) {
		t.Error(asked)
	}
}

func TestConsoleInput(t *testing.T) {
	var pending []byte
	ended := 0
	ConsoleRead = func(p []byte) int {
		n := copy(p, pending)
		pending = pending[n:]
		if n == 0 {
			return ended
		}
		return n
	}
	defer func() { ConsoleRead, console.end = nil, false }()
	must(t, syscall.SYS_FCNTL, 0, syscall.F_SETFL, syscall.O_NONBLOCK|syscall.O_RDWR)
	defer must(t, syscall.SYS_FCNTL, 0, syscall.F_SETFL, syscall.O_RDWR)
	b := make([]byte, 3)
	fails(t, syscall.EAGAIN, syscall.SYS_READ, 0, b, 3)
	if readiness(0)&PollIn != 0 {
		t.Error("readable without input")
	}
	pending = []byte("line\n")
	if readiness(0)&PollIn == 0 {
		t.Error("not readable")
	}
	if n, _ := read(0, b); string(b[:n]) != "lin" {
		t.Error(string(b[:n]))
	}
	if n, _ := read(0, b); string(b[:n]) != "e\n" {
		t.Error(string(b[:n]))
	}
	ended = -1
	if n, e := read(0, b); n != 0 || e != 0 {
		t.Error(n, e)
	}
}

func TestProc(t *testing.T) {
	for name, want := range map[string]string{
		"/proc/sys/net/core/somaxconn": "4096\n",
		"/proc/sys/kernel/hostname":    hostname() + "\n",
		"/etc/nsswitch.conf":           "hosts: files dns\n",
		"/proc/self/cmdline":           Executable + "\x00",
		"/proc/self/../self/cmdline":   Executable + "\x00",
	} {
		if got := content(t, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	total := fmt.Sprintf("MemTotal:       %d kB\n", si.Totalram/1024)
	if got := content(t, "/proc/meminfo"); !strings.Contains(got, total) || strings.Contains(got, "MemFree:        0 kB") {
		t.Errorf("%s: want %s and some free memory", got, total)
	}
	pageSize := "\x06\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00" // AT_PAGESZ, 4096
	if got := content(t, "/proc/self/auxv"); !strings.Contains(got, pageSize) || !strings.HasSuffix(got, strings.Repeat("\x00", 16)) {
		t.Errorf("/proc/self/auxv: %q", got)
	}
	fails(t, syscall.ENOENT, syscall.SYS_OPENAT, here, "/etc/localtime", 0)
	b := make([]byte, 100)
	n := must(t, syscall.SYS_READLINKAT, here, "/proc/self/exe", b, 100)
	if string(b[:n]) != Executable {
		t.Error(string(b[:n]))
	}
	fails(t, syscall.EACCES, syscall.SYS_OPENAT, here, "/proc/meminfo", syscall.O_WRONLY)
}

// TestControl: what is written to a control file reaches its owner call by call,
// and reading it gives what its owner says.
func TestControl(t *testing.T) {
	state := "0\n"
	Tree().Control("tmp/led", func() []byte { return []byte(state) }, func(p []byte) syscall.Errno {
		if len(p) > 2 {
			return syscall.EINVAL
		}
		state = string(p)
		return 0
	})
	fd, e := open(t, "/tmp/led", syscall.O_WRONLY|syscall.O_TRUNC|syscall.O_CREAT, 0o666)
	if e != 0 {
		t.Fatal(e)
	}
	if n, e := write(fd, []byte("1\n")); n != 2 || e != 0 || state != "1\n" {
		t.Error(n, e, state)
	}
	if _, e := write(fd, []byte("long")); e != syscall.EINVAL || state != "1\n" {
		t.Error(e, state)
	}
	closeFD(fd)
	fd, _ = open(t, "/tmp/led", syscall.O_RDONLY, 0)
	b := make([]byte, 8)
	if n, _ := read(fd, b); string(b[:n]) != state {
		t.Errorf("%q", b[:n])
	}
	closeFD(fd)
	if _, e := open(t, "/proc/version", syscall.O_WRONLY, 0); e != syscall.EACCES {
		t.Error("a file that nobody takes: ", e)
	}
}

func TestProcSelfFD(t *testing.T) {
	fd, _ := open(t, "/tmp/named", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	defer closeFD(fd)
	write(fd, []byte("content"))
	link := "/proc/self/fd/" + strconv.Itoa(fd)
	b := make([]byte, 5000)
	if n := must(t, syscall.SYS_READLINKAT, here, link, b, 100); string(b[:n]) != "/tmp/named" {
		t.Error(string(b[:n]))
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/named", 0)
	if got := content(t, "/dev/fd/"+strconv.Itoa(fd)); got != "content" {
		t.Errorf("by the descriptor of a removed file: %q", got)
	}
	dir, _ := open(t, "/proc/self/fd", syscall.O_DIRECTORY, 0)
	n := must(t, syscall.SYS_GETDENTS64, dir, b, 5000)
	if all := names(b[:n]); !strings.Contains(all, " "+strconv.Itoa(fd)+":10 ") || !strings.HasPrefix(all, "..:4 .:4 0:10 1:10") {
		t.Error(all)
	}
	closeFD(dir)
	// A pipe opened again is another end of it.
	r, w := pipes(t, 0)
	again, e := open(t, "/proc/self/fd/"+strconv.Itoa(w), syscall.O_WRONLY, 0)
	if e != 0 {
		t.Fatal(e)
	}
	closeFD(w)
	write(again, []byte("x"))
	if n, _ := read(r, b); n != 1 {
		t.Error(n)
	}
	closeFD(again)
	if n, e := read(r, b); n != 0 || e != 0 {
		t.Error(n, e)
	}
	fails(t, syscall.ENOENT, syscall.SYS_OPENAT, here, "/proc/self/fd/54321", 0)
}

func TestTmpfileGetsName(t *testing.T) {
	fd, e := open(t, "/tmp", syscall.O_RDWR|oTmpfile|syscall.O_DIRECTORY, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	write(fd, []byte("late"))
	must(t, syscall.SYS_LINKAT, here, "/proc/self/fd/"+strconv.Itoa(fd), here, "/tmp/linked", atSymlinkFollow)
	closeFD(fd)
	if got := content(t, "/tmp/linked"); got != "late" {
		t.Error(got)
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/linked", 0)
}

func TestMemoryIsFreed(t *testing.T) {
	Full()
	before := Tree().Used()
	fd, _ := open(t, "/tmp/big", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	write(fd, make([]byte, 1<<20))
	if got := Tree().Used() - before; got < 1<<20 {
		t.Fatal("used", got)
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/big", 0)
	if Tree().Used() == before {
		t.Error("freed while open")
	}
	closeFD(fd)
	memfd := must(t, sysMemfdCreate, "m", 0)
	write(memfd, make([]byte, 5000))
	closeFD(memfd)
	if got := Tree().Used(); got != before {
		t.Error("still used:", got-before)
	}
}

func TestNoSpace(t *testing.T) {
	fs := Tree()
	fs.Limit = fs.Used() + 100<<10
	defer func() { fs.Limit = 0 }()
	fd, _ := open(t, "/tmp/full", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	defer must(t, syscall.SYS_UNLINKAT, here, "/tmp/full", 0)
	defer closeFD(fd)
	n, e := write(fd, make([]byte, 1<<20))
	if n == 0 || n > 100<<10 || e != 0 {
		t.Fatal(n, e)
	}
	fails(t, syscall.ENOSPC, syscall.SYS_WRITE, fd, make([]byte, 1<<17), 1<<17)
}

func TestCwd(t *testing.T) {
	must(t, syscall.SYS_MKDIRAT, here, "/tmp/wd", 0o755)
	must(t, syscall.SYS_CHDIR, "/tmp/wd")
	defer must(t, syscall.SYS_CHDIR, "/")
	b := make([]byte, 100)
	if n := must(t, syscall.SYS_GETCWD, b, 100); string(b[:n]) != "/tmp/wd\x00" {
		t.Error(string(b[:n]))
	}
	fails(t, syscall.ERANGE, syscall.SYS_GETCWD, b, 7)
	must(t, syscall.SYS_UNLINKAT, here, "../wd", atRemovedir)
	fails(t, syscall.ENOENT, syscall.SYS_GETCWD, b, 100)
	fails(t, syscall.ENOENT, syscall.SYS_MKDIRAT, here, "x", 0o755)
}

func TestStatx(t *testing.T) {
	var x statx
	must(t, sysStatxNr, here, "/dev/null", 0, statxBasic, ptr(&x))
	if x.RdevMajor != 1 || x.RdevMinor != 3 || x.Mode != syscall.S_IFCHR|0o666 || x.Mask&statxBtime == 0 {
		t.Errorf("%+v", x)
	}
	var st syscall.Statfs_t
	must(t, syscall.SYS_STATFS, "/", ptr(&st))
	if st.Namelen != 255 {
		t.Error(st)
	}
}

func TestFallbacks(t *testing.T) {
	fails(t, syscall.EINVAL, syscall.SYS_SPLICE, 1, 0, 0, 10)
	fails(t, syscall.ENOTTY, syscall.SYS_IOCTL, 1, 0x5401)
	var bits int32
	fd := must(t, syscall.SYS_OPENAT, here, "/dev/random", syscall.O_RDONLY)
	must(t, syscall.SYS_IOCTL, fd, 0x80045200, ptr(&bits))
	if bits != 256 {
		t.Errorf("%d bits of entropy", bits)
	}
	fails(t, syscall.ENOTTY, syscall.SYS_IOCTL, fd, 0x5401, ptr(&bits))
	must(t, syscall.SYS_CLOSE, fd)
	fails(t, syscall.ENOSYS, 9999)
	fails(t, syscall.EOPNOTSUPP, syscall.SYS_GETXATTR, "/", "system.x")
	fails(t, syscall.EFAULT, syscall.SYS_OPENAT, here, 0, 0)
}

func TestSendfileAndCopy(t *testing.T) {
	Full()
	data := make([]byte, 300000)
	for k := range data {
		data[k] = byte(k >> 7)
	}
	clear(data[70000:140000])
	in, _ := open(t, "/tmp/in", syscall.O_CREAT|syscall.O_RDWR|syscall.O_TRUNC, 0o644)
	defer closeFD(in)
	write(in, data[:70000])
	must(t, syscall.SYS_PWRITE64, in, data[140000:], 160000, 140000) // a hole between
	must(t, syscall.SYS_LSEEK, in, 5, 0)
	a, b := unixPair(t, stream)
	got := make(chan []byte)
	go func() {
		var all []byte
		p := make([]byte, 9999)
		for {
			n, e := read(b, p)
			if n == 0 || e != 0 {
				break
			}
			all = append(all, p[:n]...)
		}
		got <- all
	}()
	for {
		if n := must(t, syscall.SYS_SENDFILE, a, in, 0, 1<<20); n == 0 {
			break
		}
	}
	closeFD(a)
	if all := <-got; !bytes.Equal(all, data[5:]) {
		t.Error("sendfile to a socket:", len(all))
	}
	out, _ := open(t, "/tmp/out", syscall.O_CREAT|syscall.O_RDWR|syscall.O_TRUNC, 0o644)
	defer closeFD(out)
	off := int64(1)
	must(t, syscall.SYS_SENDFILE, out, in, ptr(&off), 100)
	must(t, sysCopyFileRangeNr, in, ptr(&off), out, 0, 1<<20, 0)
	back := make([]byte, len(data))
	n := must(t, syscall.SYS_PREAD64, out, back, len(back), 0)
	if !bytes.Equal(back[:n], data[1:]) || off != int64(len(data)) {
		t.Error("copies of a file:", n, off)
	}
	fails(t, syscall.EINVAL, syscall.SYS_SENDFILE, out, b, 0, 10)
	fails(t, syscall.EBADF, syscall.SYS_SENDFILE, in, 59999, 0, 10)
}
