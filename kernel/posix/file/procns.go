package file

import (
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// A namespace is one of /proc/self/ns (namespaces(7)), opened: of each kind that there is
// on a machine with one program there is one, by the number that Linux's first has.
type namespace struct {
	name string
	kind uintptr // CLONE_NEW...
	ino  uint64
}

var namespaces = [...]namespace{
	{"mnt", syscall.CLONE_NEWNS, 4026531841},
	{"net", syscall.CLONE_NEWNET, 4026531840},
	{"pid", syscall.CLONE_NEWPID, 4026531836},
	{"user", syscall.CLONE_NEWUSER, 4026531837},
	{"uts", syscall.CLONE_NEWUTS, 4026531838},
}

// plantNamespaces makes /proc/self/ns. Full brings it in.
func plantNamespaces(fs *ramfs.FS) {
	fs.MkdirAll("proc/self/ns")
	for i := range namespaces {
		n := &namespaces[i]
		target := append(append([]byte(n.name+":["), decimal(int64(n.ino))...), ']')
		inode := fs.NewInode(syscall.S_IFSOCK|0o444, 0)           // as descriptors without an inode have
		inode.Attached.Store(newDescription(n, syscall.O_RDONLY)) // for good
		fs.Magic("proc/self/ns/"+n.name, func() []byte { return target }, func() *ramfs.Inode { return inode })
	}
}

func (n *namespace) Read([]byte) (int, syscall.Errno)  { return 0, syscall.EINVAL }
func (n *namespace) Write([]byte) (int, syscall.Errno) { return 0, syscall.EBADF }
func (n *namespace) Close() syscall.Errno              { return 0 }

func (n *namespace) Stat(st *syscall.Stat_t) syscall.Errno {
	*st = syscall.Stat_t{Ino: n.ino, Nlink: 1, Mode: syscall.S_IFREG | 0o444}
	return 0
}

// Ioctl answers of what kind it is (ioctl_ns(2)).
func (n *namespace) Ioctl(request uintptr, _ pointer) (uintptr, syscall.Errno) {
	const nsGetNSType = 0xb703
	if request != nsGetNSType {
		return 0, syscall.ENOTTY
	}
	return n.kind, 0
}
