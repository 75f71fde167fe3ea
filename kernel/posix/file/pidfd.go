package file

import "syscall"

// A pidfd is the one process, as pidfd_open(2) gives it: it is never ready, which it would
// be at its end.
type pidfd struct{ anonymous }

func (*pidfd) Read([]byte) (int, syscall.Errno)  { return 0, syscall.EINVAL }
func (*pidfd) Write([]byte) (int, syscall.Errno) { return 0, syscall.EINVAL }
func (*pidfd) Poll() uint32                      { return 0 }

func sysPidfdOpen(pid int32, flags int) (uintptr, syscall.Errno) {
	switch {
	case flags&^syscall.O_NONBLOCK != 0 || pid <= 0:
		return 0, syscall.EINVAL
	case int(pid) != syscall.Getpid():
		return 0, syscall.ESRCH
	}
	return Install(&pidfd{}, syscall.O_RDWR|syscall.O_CLOEXEC|uint32(flags))
}

// isPidfd reports EBADF for a descriptor that is none.
func isPidfd(fd uintptr) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if _, ok := d.file.(*pidfd); !ok {
		return syscall.EBADF
	}
	return 0
}

func sysPidfdSendSignal(fd uintptr, signal int, flags int) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL
	}
	if e := isPidfd(fd); e != 0 {
		return e
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.Signal(signal)); err != nil {
		return err.(syscall.Errno)
	}
	return 0
}

func sysPidfdGetfd(fd, target uintptr, flags int) (uintptr, syscall.Errno) {
	if flags != 0 {
		return 0, syscall.EINVAL
	}
	if e := isPidfd(fd); e != 0 {
		return 0, e
	}
	return dupFrom(target, 0, true)
}
