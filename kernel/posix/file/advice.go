package file

import "syscall"

// Calls that say how a file will be used, or when it shall be on a disk: it is in memory.

// sysFadvise serves fadvise64.
func sysFadvise(fd uintptr, n int64, advice int) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if _, fifo := d.file.(*pipeEnd); fifo {
		return syscall.ESPIPE
	}
	if n < 0 || advice < 0 || advice > 5 {
		return syscall.EINVAL
	}
	return 0
}

// sysSyncFileRange serves sync_file_range.
func sysSyncFileRange(fd uintptr, off, n int64, flags int) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if flags&^7 != 0 || off < 0 || off+n < off {
		return syscall.EINVAL
	}
	switch d.file.(type) {
	case *regular, *control, *directory:
		return 0
	}
	return syscall.ESPIPE
}

// sysReadahead serves readahead.
func sysReadahead(fd uintptr) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	if !d.readable() {
		return syscall.EBADF
	}
	if _, ok := d.file.(*regular); !ok {
		return syscall.EINVAL
	}
	return 0
}
