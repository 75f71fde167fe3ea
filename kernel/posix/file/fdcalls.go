package file

import "syscall"

func sysDup(fd uintptr) (uintptr, syscall.Errno) { return dupFrom(fd, 0, false) }

// dupFrom gives the description of fd another descriptor at or above from.
func dupFrom(fd, from uintptr, cloexec bool) (uintptr, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	if from >= maxFD {
		d.put()
		return 0, syscall.EINVAL
	}
	n, e := place(d, from, cloexec)
	if e != 0 {
		d.put()
	}
	return n, e
}

// sysDup3 serves dup2 and dup3; same says that equal numbers are no error.
func sysDup3(fd, to uintptr, flags int, same bool) (uintptr, syscall.Errno) {
	if flags&^syscall.O_CLOEXEC != 0 {
		return 0, syscall.EINVAL
	}
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	if fd == to {
		d.put()
		if same {
			return to, 0
		}
		return 0, syscall.EINVAL
	}
	e := replace(to, d, flags != 0)
	if e != 0 {
		d.put()
	}
	return to, e
}

// sysCloseRange serves close_range; bit 2 of flags only marks close-on-exec.
func sysCloseRange(first, last uintptr, flags int) syscall.Errno {
	if first > last || flags&^6 != 0 {
		return syscall.EINVAL
	}
	start()
	tableMu.Lock()
	last = min(last, highest) // callers who mean all the rest name the largest number there is
	tableMu.Unlock()
	for fd := first; fd <= last && fd < maxFD; fd++ {
		if flags&4 == 0 {
			remove(fd)
		} else if s := at(fd); s != nil {
			s.cloexec.Store(true)
		}
	}
	return 0
}

// sysFcntl serves fcntl. arg is the integer argument, p the same as a pointer.
func sysFcntl(fd uintptr, cmd int, arg uintptr, p pointer) (uintptr, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	switch cmd {
	case syscall.F_DUPFD:
		return dupFrom(fd, arg, false) // with a reference of its own
	case fDupfdCloexec:
		return dupFrom(fd, arg, true)
	case syscall.F_GETFD:
		if s := at(fd); s.cloexec.Load() { // not nil: a part of the table that was in use stays
			return syscall.FD_CLOEXEC, 0
		}
		return 0, 0
	case syscall.F_SETFD:
		at(fd).cloexec.Store(arg&syscall.FD_CLOEXEC != 0)
		return 0, 0
	case syscall.F_GETFL:
		return uintptr(d.flags.Load()), 0
	}
	if d.flags.Load()&oPath != 0 {
		return 0, syscall.EBADF
	}
	if cmd == syscall.F_SETFL {
		d.setStatus(uint32(arg), statusFlags)
		return 0, 0
	}
	return d.control(cmd, arg, p)
}

// setStatus sets the status flags in mask. Another goroutine may set others at the same
// time: neither may undo what the other did.
func (d *description) setStatus(flags, mask uint32) {
	for {
		old := d.flags.Load()
		if d.flags.CompareAndSwap(old, old&^mask|flags&mask) {
			break
		}
	}
	if w, ok := d.file.(flagged); ok {
		w.setFlags(d.flags.Load())
	}
}

// control does the fcntl commands that concern the file.
func (d *description) control(cmd int, arg uintptr, p pointer) (uintptr, syscall.Errno) {
	switch cmd {
	case syscall.F_GETLK, syscall.F_SETLK, syscall.F_SETLKW:
		return 0, d.recordLock(cmd, (*syscall.Flock_t)(p))
	case fOFDGetLock, fOFDSetLock, fOFDSetLockW:
		if lockRange != nil {
			return 0, lockRange(d, cmd, (*syscall.Flock_t)(p))
		}
	case fSetPipeSize, fGetPipeSize:
		f, ok := d.file.(*pipeEnd)
		if !ok {
			return 0, syscall.EBADF
		}
		if cmd == fSetPipeSize {
			return f.p.resize(arg)
		}
		f.p.mu.Lock()
		defer f.p.mu.Unlock()
		return uintptr(f.p.capacity), 0
	}
	return 0, syscall.EINVAL
}

// lockRange is (*description).rangeLock; nil before Full.
var lockRange func(d *description, cmd int, l *syscall.Flock_t) syscall.Errno

// Requests of ioctl that any descriptor knows.
const (
	fionread = 0x541b
	fionbio  = 0x5421
	fioclex  = 0x5451
	fionclex = 0x5450
)

// An ioctler answers requests of its own; ENOTTY for those it does not know.
type ioctler interface {
	Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno)
}

func sysIoctl(fd, request uintptr, arg pointer) (uintptr, syscall.Errno) {
	d := getOpen(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	switch request {
	case fioclex, fionclex:
		at(fd).cloexec.Store(request == fioclex)
		return 0, 0
	case fionbio:
		if arg == nil {
			return 0, syscall.EFAULT
		}
		on := uint32(0)
		if *(*int32)(arg) != 0 {
			on = syscall.O_NONBLOCK
		}
		d.setStatus(on, syscall.O_NONBLOCK)
		return 0, 0
	}
	if f, ok := d.file.(ioctler); ok {
		return f.Ioctl(request, arg)
	}
	if f, ok := d.file.(*regular); ok && request == fionread && arg != nil {
		off, _ := f.seek(0, 1)
		*(*int32)(arg) = int32(f.content.Size() - off)
		return 0, 0
	}
	return 0, syscall.ENOTTY
}

func sysGetdents(fd uintptr, p pointer, n uintptr) (int, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	if d.flags.Load()&oPath != 0 {
		return 0, syscall.EBADF
	}
	b, e := view(p, n)
	if e != 0 {
		return 0, e
	}
	f, ok := d.file.(*directory)
	if !ok {
		return 0, syscall.ENOTDIR
	}
	return f.getdents(b)
}

// sysFsync serves fsync, and with dataOnly fdatasync. What is in memory is already as
// durable as that gets.
func sysFsync(fd uintptr, dataOnly bool) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	switch f := d.file.(type) {
	case *regular:
		return f.inode.Sync(dataOnly)
	case *directory:
		return f.inode.Sync(dataOnly)
	case *control:
		return 0
	case *pathOnly:
		return syscall.EBADF
	}
	return syscall.EINVAL
}
