package file

import (
	"syscall"

	"yolk/kernel/abi"
	"yolk/kernel/posix/ramfs"
)

// What /proc tells, settable by the platform before the first file call; nil
// or empty leaves a plain default. Boot code sets strings and functions before
// the Go runtime starts, or package initialisers do later: they are read when
// a file is opened.
var (
	Args      func() []string // /proc/self/cmdline
	OSRelease = "6.1.0"       // uname -r of the ABI that is served

	// Executable is the path that /proc/self/exe names, for os.Executable. The
	// file there is empty: the loader kept nothing of the program's own file.
	Executable = "/app"
)

// plantProc makes the part of /proc that Go programs and libraries read.
func plantProc(fs *ramfs.FS) {
	pid := string(decimal(int64(syscall.Getpid())))
	fs.MkdirAll("proc/" + pid)
	fs.Symlink(pid, fs.Root(), "proc/self")
	for _, g := range [...]struct {
		name     string
		generate func() []byte
	}{
		{"proc/self/cmdline", procCmdline},
		{"proc/self/auxv", procAuxv},
		{"proc/self/status", procStatus},
		{"proc/self/cgroup", constant("")}, // in none: there are no control groups
		{"proc/self/mountinfo", constant("1 0 0:1 / / rw - ramfs ramfs rw\n")},
		{"proc/self/mounts", constant("ramfs / ramfs rw 0 0\n")},
		{"proc/filesystems", constant("nodev\tramfs\n")},
		{"proc/self/maps", constant("")}, // Full has them
		{"proc/cpuinfo", constant("")},
		{"proc/meminfo", procMeminfo},
		{"proc/timer_list", procTimers},
		{"proc/mounts", constant("ramfs / ramfs rw 0 0\n")},
		{"proc/version", func() []byte { return []byte("Linux version " + OSRelease + " (yolk)\n") }},
		{"proc/sys/kernel/hostname", func() []byte { return []byte(hostname() + "\n") }},
		{"proc/sys/kernel/ostype", constant("Linux\n")},
		{"proc/sys/kernel/osrelease", func() []byte { return []byte(OSRelease + "\n") }},
		{"proc/sys/net/core/somaxconn", constant("4096\n")},
		{"proc/sys/fs/file-max", func() []byte { return append(decimal(mostDescribed()), '\n') }},
		{"proc/sys/fs/pipe-max-size", constant("1048576\n")},
		{"proc/sys/kernel/random/uuid", procUUID},
		{"etc/hostname", func() []byte { return []byte(hostname() + "\n") }},
	} {
		fs.Generated(g.name, g.generate)
	}
	own, _ := fs.Mknod(fs.Root(), Executable, syscall.S_IFREG|0o755, 0)
	fs.Magic("proc/self/exe", func() []byte { return []byte(Executable) }, func() *ramfs.Inode { return own })
	fs.MkdirDynamic("proc/self/fd", 0o500, procFD{})
}

// constant generates the same each time.
func constant(text string) func() []byte { return func() []byte { return []byte(text) } }

func procCmdline() (b []byte) {
	args := []string{Executable}
	if Args != nil {
		args = Args()
	}
	for _, a := range args {
		b = append(append(b, a...), 0)
	}
	return b
}

// procStatus: all the machine's memory in use counts as resident, the kernel's
// page tables included.
func procStatus() []byte {
	b := append([]byte("Name:\tapp\nState:\tR (running)\nTgid:\t"), decimal(int64(syscall.Getpid()))...)
	b = append(append(b, "\nPid:\t"...), decimal(int64(syscall.Getpid()))...)
	b = append(b, "\nPPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"...)
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	b = append(append(b, "VmRSS:\t"...), decimal((int64(si.Totalram)-int64(si.Freeram))/1024)...)
	b = append(append(b, " kB\nThreads:\t"...), decimal(int64(si.Procs))...)
	return append(b, '\n')
}

// procTimers has only the number of what Linux lists.
func procTimers() []byte {
	n, _, _ := syscall.RawSyscall(abi.SysTimers, 0, 0, 0)
	return append(append([]byte("active timers: "), decimal(int64(n))...), '\n')
}

func procMeminfo() (b []byte) {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si) // traps to the kernel
	total, free := int64(si.Totalram), int64(si.Freeram)
	for _, l := range [...]struct {
		name string
		n    int64
	}{{"MemTotal:       ", total}, {"MemFree:        ", free}, {"MemAvailable:   ", free},
		{"Buffers:        ", 0}, {"Cached:         ", 0}, {"SwapTotal:      ", 0}, {"SwapFree:       ", 0}} {
		b = append(append(b, l.name...), decimal(l.n/1024)...)
		b = append(b, " kB\n"...)
	}
	return b
}

// procUUID is a random version 4 UUID (RFC 9562, 5.4).
func procUUID() []byte {
	var raw [16]byte
	if _, e := random(raw[:]); e != 0 {
		return nil
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	b := make([]byte, 0, 37)
	for k, c := range raw {
		if k == 4 || k == 6 || k == 8 || k == 10 {
			b = append(b, '-')
		}
		b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return append(b, '\n')
}

// decimal is strconv.Itoa, which would bring in more than it does.
func decimal(n int64) []byte {
	var b [20]byte
	k := len(b)
	for u := uint64(max(n, 0)); ; u /= 10 {
		k--
		b[k] = byte('0' + u%10)
		if u < 10 {
			return append([]byte(nil), b[k:]...)
		}
	}
}

// procFD is /proc/self/fd: a magic link for each descriptor.
type procFD struct{}

func (procFD) Entry(k int) (string, int) {
	for fd := uintptr(k); fd < maxFD; fd++ {
		if s := at(fd); s == nil {
			fd |= chunkLen - 1
		} else if s.d.Load() != nil {
			return string(decimal(int64(fd))), int(fd)
		}
	}
	return "", 0
}

func (procFD) Find(name string) *ramfs.Inode {
	fd, ok := number(name)
	s := at(uintptr(fd))
	if !ok || s == nil || s.d.Load() == nil {
		return nil
	}
	i := Tree().NewInode(syscall.S_IFLNK|0o777, 0)
	d := s.d.Load()
	i.Follow = func() *ramfs.Inode { return standIn(d) }
	i.Generate = func() []byte { return descriptionName(d) }
	return i
}

// standIn is the inode behind d: its own, or one that leads back to d.
func standIn(d *description) *ramfs.Inode {
	if n, ok := d.file.(noded); ok {
		return n.node()
	}
	i := Tree().NewInode(syscall.S_IFSOCK|0o600, 0)
	i.Attached.Store(d)
	return i
}

// descriptionName is what readlink of /proc/self/fd/N answers.
func descriptionName(d *description) []byte {
	if n, ok := d.file.(noded); ok {
		if name := Tree().Name(n.node()); name != "" {
			return []byte(name)
		}
	}
	var st syscall.Stat_t
	kind := "anon_inode:["
	switch d.file.(type) {
	case *pipeEnd:
		kind = "pipe:["
	case *consoleFile:
		return []byte("/dev/console")
	case Socket:
		kind = "socket:["
	}
	d.file.Stat(&st)
	return append(append([]byte(kind), decimal(int64(st.Ino))...), ']')
}
