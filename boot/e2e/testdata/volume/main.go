// Volume uses a folder of the host, in the way that its first argument says. What is not
// as it should be it prints, and ends with 1.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"yolk/boot/e2e/testdata/volume/early"
)

const folder = "/data"

func main() {
	must("opening before main", early.Err)
	early.Folder.Close()
	ways := map[string]func(args []string){"files": files, "readonly": readOnly, "list": list, "log": appendLog, "maps": maps, "wait": wait, "hands": hands}
	ways[os.Args[1]](os.Args[2:])
	fmt.Println("done")
}

// must ends the program with what is wrong.
func must(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

// want compares.
func want[T comparable](what string, got, want T) {
	if got != want {
		must(what, fmt.Errorf("%v, want %v", got, want))
	}
}

func in(names ...string) string { return filepath.Join(append([]string{folder}, names...)...) }

// files does what a program does with files. Their last state is for the host to look at.
func files([]string) {
	b, err := os.ReadFile(in("from-host"))
	must("read", err)
	want("what the host wrote", string(b), "written by the host")
	must("mkdir", os.MkdirAll(in("a/b"), 0o755))
	big := bytes.Repeat([]byte("0123456789abcdef"), 100_000) // several messages
	must("write", os.WriteFile(in("a/b/big"), big, 0o640))
	b, err = os.ReadFile(in("a/b/big"))
	must("read", err)
	want("what was written", bytes.Equal(b, big), true)
	must("rename", os.Rename(in("a/b/big"), in("big")))
	must("link", os.Link(in("big"), in("hard")))
	must("symlink", os.Symlink("../big", in("a/soft")))
	st, err := os.Stat(in("a/soft"))
	must("stat", err)
	want("size", st.Size(), int64(len(big)))
	want("links", st.Sys().(*syscall.Stat_t).Nlink, 2)
	must("truncate", os.Truncate(in("hard"), 1000))
	must("remove", os.Remove(in("hard")))
	must("chmod", os.Chmod(in("big"), 0o600))
	_, err = os.Stat(in("hard"))
	want("a removed name", errors.Is(err, fs.ErrNotExist), true)
	_, err = os.ReadFile(in("big/x"))
	want("a file as a folder", errors.Is(err, syscall.ENOTDIR), true)
	want("rename out", errors.Is(os.Rename(in("big"), "/tmp/big"), syscall.EXDEV), true)
	must("chdir", os.Chdir(in("a")))
	wd, err := syscall.Getwd()
	must("getwd", err)
	want("folder", wd, in("a"))
	must("write by the current folder", os.WriteFile("here", []byte("here"), 0o644))
	var space syscall.Statfs_t
	must("statfs", syscall.Statfs(".", &space))
	want("room", space.Bavail > 0, true)
	atOffsets()
	locks()
}

// atOffsets writes here and there, and behind the end.
func atOffsets() {
	f, err := os.OpenFile(in("log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	must("open", err)
	for i := range 10 {
		_, err = fmt.Fprintf(f, "line %d\n", i)
		must("append", err)
	}
	at, err := f.Seek(0, 1)
	must("seek", err)
	want("position", at, 70)
	must("fsync", f.Sync())
	must("fdatasync", syscall.Fdatasync(int(f.Fd())))
	f.Close()
	g, err := os.OpenFile(in("sparse"), os.O_RDWR|os.O_CREATE, 0o644)
	must("open", err)
	_, err = g.WriteAt([]byte("end"), 1<<20)
	must("write at an offset", err)
	must("set the size", g.Truncate(1<<20+1))
	d, err := os.Open(folder)
	must("open", err)
	must("fsync of a folder", d.Sync())
	d.Close()
	g.Close()
}

// locks are taken, and refused to another description.
func locks() {
	a, err := os.OpenFile(in("lock"), os.O_RDWR|os.O_CREATE, 0o644)
	must("open", err)
	b, err := os.OpenFile(in("lock"), os.O_RDWR, 0)
	must("open", err)
	must("flock", syscall.Flock(int(a.Fd()), syscall.LOCK_EX))
	want("a second lock", syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == syscall.EAGAIN, true)
	must("unlock", syscall.Flock(int(a.Fd()), syscall.LOCK_UN))
	must("flock", syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	whole := syscall.Flock_t{Type: syscall.F_WRLCK}
	const ofdSetLock = 37
	must("lock of a description", syscall.FcntlFlock(a.Fd(), ofdSetLock, &whole))
	want("a second one", syscall.FcntlFlock(b.Fd(), ofdSetLock, &whole) == syscall.EAGAIN, true)
	must("record lock", syscall.FcntlFlock(a.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Len: 10}))
	a.Close()
	b.Close()
}

// maps has a file in memory, and ends without a word to anybody about it.
func maps([]string) {
	must("write", os.WriteFile(in("mapped"), bytes.Repeat([]byte("0123456789abcdef"), 1000), 0o644))
	f, err := os.OpenFile(in("mapped"), os.O_RDWR, 0)
	must("open", err)
	b, err := syscall.Mmap(int(f.Fd()), 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must("mmap", err)
	want("what was written", string(b[15984:16000]), "0123456789abcdef")
	copy(b[5000:], "by the mapping")
	p := make([]byte, 14)
	_, err = f.ReadAt(p, 5000)
	must("read", err)
	want("read", string(p), "by the mapping")
	_, err = f.WriteAt([]byte("by a call"), 9000)
	must("write", err)
	want("seen", string(b[9000:9009]), "by a call")
	must("msync", msync(b))
	must("grow", f.Truncate(40000))
	copy(b[39000:], "where nothing was")
	f.Close() // the mapping stays
	private, err := os.Open(in("mapped"))
	must("open", err)
	c, err := syscall.Mmap(int(private.Fd()), 4096, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	must("mmap", err)
	want("the same", string(c[5000-4096:][:14]), "by the mapping")
	copy(c, "for nobody else")
	copy(b[100:], "the last word")
}

// readOnly can read and change nothing.
func readOnly([]string) {
	b, err := os.ReadFile(in("from-host"))
	must("read", err)
	want("content", string(b), "written by the host")
	for what, err := range map[string]error{
		"write": os.WriteFile(in("from-host"), nil, 0o644), "create": os.WriteFile(in("new"), nil, 0o644), "mkdir": os.Mkdir(in("d"), 0o755),
		"remove": os.Remove(in("from-host")), "chmod": os.Chmod(in("from-host"), 0o600), "rename": os.Rename(in("from-host"), in("x")),
	} {
		want(what, errors.Is(err, syscall.EROFS), true)
	}
}

// list counts the folder's entries.
func list([]string) {
	entries, err := os.ReadDir(folder)
	must("read", err)
	seen := map[string]bool{}
	for _, e := range entries {
		seen[e.Name()] = true
	}
	fmt.Println("entries", len(entries), len(seen))
}

// appendLog appends numbered records and says which are durable, until it is ended.
func appendLog([]string) {
	f, err := os.OpenFile(in("log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	must("open", err)
	record := bytes.Repeat([]byte("x"), 300)
	for i := 0; ; i++ {
		n := copy(record, strconv.Itoa(i)+" ")
		record[len(record)-1] = '\n'
		_, err := f.Write(record)
		must("append", err)
		must("fsync", f.Sync())
		os.Stdout.WriteString("durable " + strconv.Itoa(i) + "\n")
		copy(record, "xxxxxxxxxxxx"[:n])
	}
}

// wait reads a byte of input, and says what becomes of the folder after that.
func wait([]string) {
	f, err := os.OpenFile(in("open"), os.O_RDWR|os.O_CREATE, 0o644)
	must("open", err)
	_, err = f.WriteString("before")
	must("write", err)
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
	_, writeError := f.WriteString("after")
	_, openError := os.Open(in("open"))
	for what, err := range map[string]error{"write": writeError, "open": openError, "sync": f.Sync()} {
		want(what, errors.Is(err, syscall.EIO), true)
	}
}

// hands reads, hands another goroutine something, and is busy until that has taken it up,
// again and again. It prints how often that came to pass before the time slice was over: on
// another processor.
func hands([]string) {
	f, err := os.Open(in("f"))
	must("open", err)
	work := make(chan bool)
	var taken atomic.Int32
	go func() {
		for range work {
			taken.Add(1)
		}
	}()
	prompt := 0
	for range 50 {
		_, err := f.ReadAt(make([]byte, 1), 0)
		must("read", err)
		before := taken.Load()
		work <- true
		for begun := time.Now(); taken.Load() == before && time.Since(begun) < 5*time.Millisecond; {
			pause(1)
		}
		if taken.Load() != before {
			prompt++
		}
	}
	fmt.Println("prompt:", prompt)
}
