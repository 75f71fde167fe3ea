package ours

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestMapsOfSelf: a mapped file, the program's text and a local variable are in
// /proc/self/maps.
func TestMapsOfSelf(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, 3*4096), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := syscall.Mmap(int(f.Fd()), 4096, 8192, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(m)
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	variable := new([1 << 16]byte)
	for _, c := range []struct {
		what string
		at   uintptr
		want string
	}{
		{"the file", uintptr(unsafe.Pointer(&m[4096])), "r--s 00001000 .* " + name},
		{"the text", funcAddr(), "r-xp .* /"},
		{"a variable", uintptr(unsafe.Pointer(variable)), "rw-p 00000000 00:00 0"},
	} {
		if line := lineOf(string(maps), c.at); !fits(line, c.want) {
			t.Errorf("%s at %#x: %q, want %q\n%s", c.what, c.at, line, c.want, maps)
		}
	}
}

func funcAddr() uintptr {
	pc, _, _, _ := runtime.Caller(0)
	return pc
}

// lineOf is the line of the mapping that has an address.
func lineOf(maps string, at uintptr) string {
	for line := range strings.Lines(maps) {
		var from, to uintptr
		if n, _ := sscanHex(line, &from, &to); n == 2 && from <= at && at < to {
			return strings.TrimSuffix(line, "\n")
		}
	}
	return ""
}

func sscanHex(line string, numbers ...*uintptr) (n int, rest string) {
	for _, p := range numbers {
		i := 0
		for ; i < len(line) && strings.IndexByte("0123456789abcdef", line[i]) >= 0; i++ {
			*p = *p<<4 | uintptr(strings.IndexByte("0123456789abcdef", line[i]))
		}
		if i == 0 || i == len(line) {
			return n, line
		}
		line, n = line[i+1:], n+1
	}
	return n, line
}

// fits looks for the pieces of want, between ".*", one behind the other.
func fits(line, want string) bool {
	for _, piece := range strings.Split(want, ".*") {
		_, rest, ok := strings.Cut(line, strings.TrimSpace(piece))
		if !ok {
			return false
		}
		line = rest
	}
	return true
}

// TestThreads: this thread has a folder with its name and its state.
func TestThreads(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	folder := "/proc/self/task/" + itoa(syscall.Gettid())
	stat, err := os.ReadFile(folder + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	if fields := strings.Fields(string(stat)); len(fields) != 52 || fields[0] != itoa(syscall.Gettid()) || fields[2] != "R" {
		t.Errorf("%q", stat)
	}
	all, err := os.ReadDir("/proc/self/task")
	if err != nil || len(all) == 0 {
		t.Errorf("%d threads, %v", len(all), err)
	}
	before := ioCounts(t)
	os.ReadFile("/proc/self/stat")
	if after := ioCounts(t); after["syscr"] <= before["syscr"] || after["rchar"] < before["rchar"]+100 {
		t.Errorf("%v, then %v", before, after)
	}
}

func ioCounts(t *testing.T) map[string]int {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for _, c := range []byte(value) {
			counts[key] = counts[key]*10 + int(c-'0')
		}
	}
	return counts
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// TestReadSignals: a signal that a thread keeps off is read from a signalfd, also by one
// that waits for it.
func TestReadSignals(t *testing.T) {
	runtime.LockOSThread() // for good: the thread ends with the test
	var set unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGUSR1 - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Signalfd(-1, &set, unix.SFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	pid, tid := unix.Getpid(), unix.Gettid()
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		send := func() {
			if err := unix.Tgkill(pid, tid, unix.SIGUSR1); err != nil {
				t.Error(err)
			}
		}
		if wait == 0 {
			send()
		} else {
			go func() { time.Sleep(wait); send() }()
		}
		info := make([]byte, 256)
		n, err := unix.Read(fd, info)
		if n != 128 || err != nil || binary.NativeEndian.Uint32(info) != uint32(unix.SIGUSR1) || binary.NativeEndian.Uint32(info[12:]) != uint32(pid) {
			t.Errorf("%d bytes, %v, %v", n, err, info[:16])
		}
	}
}

// TestOwnName: the machine's name has an address.
func TestOwnName(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if addrs, err := net.LookupHost(name); err != nil || len(addrs) == 0 {
		t.Errorf("%s: %v, %v", name, addrs, err)
	}
	b, err := os.ReadFile("/proc/sys/kernel/hostname")
	if err != nil || string(b) != name+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile("/proc/self/cmdline"); err != nil || string(b) != strings.Join(os.Args, "\x00")+"\x00" {
		t.Errorf("%q, %v", b, err)
	}
}
