package file

import (
	"sync"
	"sync/atomic"
	"syscall"
	_ "unsafe" // for go:linkname

	"yolk/kernel/bootinfo"
	"yolk/kernel/posix/ramfs"
)

// ArchiveError is what loading the archive answered, for the boot log, with
// the offset of the record. Valid after the tree's first use.
var ArchiveError struct {
	Errno  syscall.Errno
	Offset int
}

var (
	startOnce sync.Once

	treeOnce sync.Once
	made     *ramfs.FS // by Tree
	cwd      atomic.Pointer[ramfs.Inode]

	growers growing
)

// growing is what atFirstUse was given before the tree was there.
type growing struct {
	mu   sync.Mutex
	over bool
	todo []func(*ramfs.FS)
}

// Tree returns the file tree, made on first use: a program that opens no file
// does not wait for it.
func Tree() *ramfs.FS {
	treeOnce.Do(makeTree)
	return made
}

// atFirstUse has f add to the tree when that is made, after the image's files,
// or now when it has been. f must not call Tree.
func atFirstUse(f func(*ramfs.FS)) {
	growers.mu.Lock()
	defer growers.mu.Unlock()
	if growers.over {
		f(made)
		return
	}
	growers.todo = append(growers.todo, f)
}

func makeTree() {
	fs := ramfs.New()
	plant(fs)
	ArchiveError.Offset, ArchiveError.Errno = fs.LoadArchive(memory(bootinfo.Archive))
	limit(fs)
	mountVolumes(fs, string(memory(bootinfo.Mounts)))
	cwd.Store(firstFolder(fs, string(memory(bootinfo.Folder))))
	growers.mu.Lock()
	defer growers.mu.Unlock()
	for _, f := range growers.todo {
		f(fs)
	}
	growers.over, growers.todo, made = true, nil, fs
}

// Volumes mounts what the command line names in the tree, by the option mount; nil in an
// image that has no file system for it. The linker writes it: a program's package may open
// a file before any initialiser of ours has run.
//
//go:linkname Volumes
var Volumes func(fs *ramfs.FS, mounts string)

func mountVolumes(fs *ramfs.FS, mounts string) {
	switch {
	case mounts == "":
	case Volumes == nil:
		print("yolk: mount=", mounts, ": this image was built without host folders; build it with: yolk build -volumes\n")
	default:
		Volumes(fs, mounts)
	}
}

// limit is tmpfs's rule: half of RAM, and a name for each page of that. What came
// with the image is there besides.
func limit(fs *ramfs.FS) {
	const page = 4096
	if n := bootinfo.FileLimit; n != 0 {
		fs.Limit, fs.MaxNames = fs.Used()+n, fs.Names()+n/page
	}
}

// folder returns the working directory.
func folder() *ramfs.Inode {
	Tree()
	return cwd.Load()
}

// WriteFile makes a file of the tree hold content, as os.WriteFile does with
// mode 0644, but waits for the tree's first use. Where it cannot, because a
// folder has the name or memory is used up, the tree stays as it was.
func WriteFile(name string, content []byte) {
	atFirstUse(func(fs *ramfs.FS) {
		if i, _, e := fs.Open(fs.Root(), name, syscall.O_CREAT, 0o644); e == 0 {
			i.Truncate(0)
			i.WriteAt(content, 0)
			i.Close()
		}
	})
}

// Generate makes a file whose content is what text returns when it is opened,
// in place of one that is there. Like WriteFile it waits for the first use.
func Generate(name string, text func() []byte) {
	atFirstUse(func(fs *ramfs.FS) { regenerate(fs, name, text) })
}

func regenerate(fs *ramfs.FS, name string, text func() []byte) {
	i, e := fs.Mknod(fs.Root(), name, syscall.S_IFREG|0o444, 0)
	if e == syscall.EEXIST {
		i, e = fs.Lookup(fs.Root(), name, true)
	}
	if e == 0 {
		i.Generate = text
	}
}

// awaited are the files and folders whose opening waits.
var awaited atomic.Pointer[awaiting]

type awaiting struct {
	inode *ramfs.Inode
	wait  func()
	next  *awaiting
}

// Await has every opening of a file or folder of the tree wait first: what it holds comes
// from elsewhere.
func Await(name string, wait func()) {
	atFirstUse(func(fs *ramfs.FS) {
		if i, e := fs.Lookup(fs.Root(), name, true); e == 0 {
			awaited.Store(&awaiting{i, wait, awaited.Load()}) // one at a time: growers is locked
		}
	})
}

// await waits for what is in i.
func await(i *ramfs.Inode) {
	for w := awaited.Load(); w != nil; w = w.next {
		if w.inode == i {
			w.wait()
		}
	}
}

// start makes descriptors 0, 1 and 2 before the first call.
func start() { startOnce.Do(startNow) }

func startNow() {
	// The first chunk appears with the standard descriptors in it: get takes
	// its presence as a sign that start is over.
	first := new([chunkLen]slot)
	tableMu.Lock()
	for fd := range uintptr(3) {
		fill(&first[fd], fd, newDescription(&console, syscall.O_RDWR), false)
	}
	described.take(3, 0)
	lowest = 3
	table[0].Store(first)
	tableMu.Unlock()
}

// umask returns the mask of new files' modes.
func umask() uint32 { return atomic.LoadUint32(&bootinfo.Umask) }

// firstFolder returns the folder called path, or the root.
func firstFolder(fs *ramfs.FS, path string) *ramfs.Inode {
	if path != "" {
		if i, e := fs.Lookup(fs.Top(), path, true); e == 0 && i.IsDir() {
			return i
		}
	}
	return fs.Top()
}

// Device numbers, as Linux's devices.txt has them (major<<8 | minor).
const (
	devNull    = 1<<8 | 3
	devZero    = 1<<8 | 5
	devFull    = 1<<8 | 7
	devRandom  = 1<<8 | 8
	devUrandom = 1<<8 | 9
	devKmsg    = 1<<8 | 11
	devTTY     = 5 << 8
	devConsole = 5<<8 | 1
)

// plant makes the standard tree. An archive's files replace what is here.
func plant(fs *ramfs.FS) {
	for _, d := range [...]string{"tmp", "etc", "dev/shm", "proc/sys/net/core",
		"proc/sys/kernel/random", "proc/sys/fs", "proc/net", "sys", "home", "root", "run", "var/tmp", "var/log", "usr/bin"} {
		fs.MkdirAll(d)
	}
	root := fs.Root()
	for _, d := range [...]string{"tmp", "var/tmp", "dev/shm"} {
		if i, e := fs.Lookup(root, d, false); e == 0 {
			i.Chmod(0o1777)
		}
	}
	for _, n := range [...]struct {
		name string
		rdev uint64
	}{{"null", devNull}, {"zero", devZero}, {"full", devFull}, {"random", devRandom},
		{"urandom", devUrandom}, {"tty", devTTY}, {"console", devConsole}} {
		fs.Mknod(root, "dev/"+n.name, syscall.S_IFCHR|0o666, n.rdev)
	}
	for _, l := range [...][2]string{{"dev/fd", "/proc/self/fd"}, {"dev/stdin", "/proc/self/fd/0"},
		{"dev/stdout", "/proc/self/fd/1"}, {"dev/stderr", "/proc/self/fd/2"}, {"etc/mtab", "/proc/mounts"}} {
		fs.Symlink(l[1], root, l[0])
	}
	ownName.Lock()
	text := hosts()
	ownName.Unlock()
	for _, f := range [...][2]string{
		{"etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"},
		{"etc/group", "root:x:0:\nnogroup:x:65534:\n"},
		{"etc/hosts", text},
		{"etc/os-release", "NAME=Yolk\nID=yolk\nPRETTY_NAME=Yolk\n"},
		{"etc/nsswitch.conf", "hosts: files dns\n"},
		{"etc/resolv.conf", ""},
	} {
		if i, _, e := fs.Open(root, f[0], syscall.O_CREAT, 0o644); e == 0 {
			i.WriteAt([]byte(f[1]), 0)
			i.Close()
		}
	}
	plantProc(fs)
}
