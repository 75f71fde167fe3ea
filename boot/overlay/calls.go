package overlay

import "fmt"

// A Call is one Linux system call that package syscall hands to
// yolk/kernel/posix/file.Handle as an ordinary function call instead of trapping.
type Call struct {
	Name string // as in the Linux man-pages, section 2
	Ptrs uint8  // bit i set: argument i (0..5) points to memory of the caller
}

// TableSize is the length of the generated table; every call number of the
// supported architectures that takes a descriptor or a path is below it.
const TableSize = 512

// Handled is the bit of a table entry that says "do not trap".
const Handled = 1 << 7

// Bits of a pointer mask, by argument.
const (
	p0 = 1 << iota
	p1
	p2
	p3
	p4
	p5
)

// table renders Calls as the bytes of syscall.yolkTable for an architecture:
// bit 7 handled, bits 0..5 the pointer mask. Calls that the architecture does
// not have are left out.
func table(goarch string) (t [TableSize]uint8, err error) {
	numbers := Numbers[goarch]
	if numbers == nil {
		return t, fmt.Errorf("no call table for GOARCH %s", goarch)
	}
	for _, c := range Calls {
		if nr, ok := numbers[c.Name]; ok {
			t[nr] = Handled | c.Ptrs
		}
	}
	return t, nil
}

// Numbers are the call numbers of each architecture (GOARCH), by name.
var Numbers = map[string]map[string]int{
	"amd64": numbersX86,
	"arm64": numbersGeneric,
}

// Calls is the single source of what is served by function call: every call
// that takes a descriptor or a path, and msync. mmap is the program's: the
// runtime's own does not go through package syscall.
//
// ioctl and fcntl take either a number or an address as their third argument.
// The trampoline passes on only values of 4096 and above as pointers, the
// runtime's own rule for what may be an address.
//
// Source: the Linux man-pages.
var Calls = []Call{
	{"read", p1},
	{"write", p1},
	{"open", p0},
	{"close", 0},
	{"stat", p0 | p1},
	{"fstat", p1},
	{"lstat", p0 | p1},
	{"poll", p0},
	{"lseek", 0},
	{"mmap", 0},
	{"msync", 0},
	{"shmget", 0},
	{"shmat", 0},
	{"shmctl", p2},
	{"shmdt", 0},
	{"ioctl", p2},
	{"pread64", p1},
	{"pwrite64", p1},
	{"readv", p1},
	{"writev", p1},
	{"access", p0},
	{"pipe", p0},
	{"select", p1 | p2 | p3 | p4},
	{"dup", 0},
	{"dup2", 0},
	{"sendfile", p2},
	{"socket", 0},
	{"connect", p1},
	{"accept", p1 | p2},
	{"sendto", p1 | p4},
	{"recvfrom", p1 | p4 | p5},
	{"sendmsg", p1},
	{"recvmsg", p1},
	{"shutdown", 0},
	{"bind", p1},
	{"listen", 0},
	{"getsockname", p1 | p2},
	{"getpeername", p1 | p2},
	{"socketpair", p3},
	{"setsockopt", p3},
	{"getsockopt", p3 | p4},
	{"fcntl", p2},
	{"flock", 0},
	{"fsync", 0},
	{"fdatasync", 0},
	{"truncate", p0},
	{"ftruncate", 0},
	{"getdents", p1},
	{"getcwd", p0},
	{"chdir", p0},
	{"fchdir", 0},
	{"rename", p0 | p1},
	{"mkdir", p0},
	{"rmdir", p0},
	{"creat", p0},
	{"link", p0 | p1},
	{"unlink", p0},
	{"symlink", p0 | p1},
	{"readlink", p0 | p1},
	{"chmod", p0},
	{"fchmod", 0},
	{"chown", p0},
	{"fchown", 0},
	{"lchown", p0},
	{"utime", p0 | p1},
	{"mknod", p0},
	{"statfs", p0 | p1},
	{"fstatfs", p1},
	{"sync", 0},
	{"readahead", 0},
	{"setxattr", p0 | p1 | p2},
	{"lsetxattr", p0 | p1 | p2},
	{"fsetxattr", p1 | p2},
	{"getxattr", p0 | p1 | p2},
	{"lgetxattr", p0 | p1 | p2},
	{"fgetxattr", p1 | p2},
	{"listxattr", p0 | p1},
	{"llistxattr", p0 | p1},
	{"flistxattr", p1},
	{"removexattr", p0 | p1},
	{"lremovexattr", p0 | p1},
	{"fremovexattr", p1},
	{"epoll_create", 0},
	{"getdents64", p1},
	{"fadvise64", 0},
	{"epoll_wait", p1},
	{"epoll_ctl", p3},
	{"utimes", p0 | p1},
	{"inotify_init", 0},
	{"inotify_add_watch", p1},
	{"inotify_rm_watch", 0},
	{"openat", p1},
	{"mkdirat", p1},
	{"mknodat", p1},
	{"fchownat", p1},
	{"futimesat", p1 | p2},
	{"newfstatat", p1 | p2},
	{"unlinkat", p1},
	{"renameat", p1 | p3},
	{"linkat", p1 | p3},
	{"symlinkat", p0 | p2},
	{"readlinkat", p1 | p2},
	{"fchmodat", p1},
	{"faccessat", p1},
	{"pselect6", p1 | p2 | p3 | p4 | p5},
	{"ppoll", p0 | p2 | p3},
	{"splice", p1 | p3},
	{"tee", 0},
	{"sync_file_range", 0},
	{"vmsplice", p1},
	{"utimensat", p1 | p2},
	{"epoll_pwait", p1 | p4},
	{"signalfd", p1},
	{"timerfd_create", 0},
	{"eventfd", 0},
	{"fallocate", 0},
	{"timerfd_settime", p2 | p3},
	{"timerfd_gettime", p1},
	{"accept4", p1 | p2},
	{"signalfd4", p1},
	{"eventfd2", 0},
	{"epoll_create1", 0},
	{"dup3", 0},
	{"pipe2", p0},
	{"inotify_init1", 0},
	{"preadv", p1},
	{"pwritev", p1},
	{"recvmmsg", p1 | p4},
	{"syncfs", 0},
	{"name_to_handle_at", p1 | p2 | p3},
	{"open_by_handle_at", p1},
	{"sendmmsg", p1},
	{"renameat2", p1 | p3},
	{"getrandom", p0},
	{"memfd_create", p0},
	{"copy_file_range", p1 | p3},
	{"preadv2", p1},
	{"pwritev2", p1},
	{"statx", p1 | p4},
	{"close_range", 0},
	{"openat2", p1 | p2},
	{"pidfd_send_signal", p2},
	{"pidfd_open", 0},
	{"pidfd_getfd", 0},
	{"faccessat2", p1},
	{"epoll_pwait2", p1 | p3 | p4},
	{"fchmodat2", p1},
}
