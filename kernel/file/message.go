package file

import "syscall"

func (d *description) vectorMessage(s Socket, iov []syscall.Iovec, write bool) (int, syscall.Errno) {
	return 0, syscall.ENOSYS
}
