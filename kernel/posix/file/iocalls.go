package file

import (
	"syscall"
)

func sysRead(fd uintptr, p pointer, n uintptr) (int, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	r, e := 0, syscall.EBADF
	if d.readable() {
		var b []byte
		if b, e = view(p, n); e == 0 {
			r, e = d.read(b)
		}
	}
	d.put()
	tally(r, false)
	return r, e
}

func sysWrite(fd uintptr, p pointer, n uintptr) (int, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	r, e := 0, syscall.EBADF
	if d.writable() {
		var b []byte
		if b, e = view(p, n); e == 0 {
			r, e = d.write(b)
		}
	}
	d.put()
	tally(r, true)
	return r, e
}

// tallied counts a call that read or wrote n bytes; nil before Full.
var tallied func(n int, write bool)

func tally(n int, write bool) {
	if tallied != nil {
		tallied(n, write)
	}
}

// sysPread and sysPwrite serve pread64 and pwrite64.
func sysPread(fd uintptr, p pointer, n uintptr, off int64) (int, syscall.Errno) {
	d, f, e := seekable(fd, off, (*description).readable)
	if d == nil {
		return 0, e
	}
	defer d.put()
	b, e := view(p, n)
	if e != 0 {
		return 0, e
	}
	r, e := f.Pread(b, off)
	tally(r, false)
	return r, e
}

func sysPwrite(fd uintptr, p pointer, n uintptr, off int64) (int, syscall.Errno) {
	d, f, e := seekable(fd, off, (*description).writable)
	if d == nil {
		return 0, e
	}
	defer d.put()
	b, e := view(p, n)
	if e != 0 {
		return 0, e
	}
	r, e := f.Pwrite(b, off)
	tally(r, true)
	return r, e
}

// seekable returns the description of fd, with a reference, when it takes an
// offset and has the access mode that may asks for.
func seekable(fd uintptr, off int64, may func(*description) bool) (*description, positioned, syscall.Errno) {
	if off < 0 {
		return nil, nil, syscall.EINVAL
	}
	d := get(fd)
	if d == nil {
		return nil, nil, syscall.EBADF
	}
	f, ok := d.file.(positioned)
	_, dir := d.file.(*directory)
	e := syscall.Errno(0)
	switch {
	case d.flags.Load()&oPath != 0:
		e = syscall.EBADF
	case !ok && !dir:
		e = syscall.ESPIPE
	case !may(d):
		e = syscall.EBADF
	case dir:
		e = syscall.EISDIR
	}
	if e != 0 {
		d.put()
		return nil, nil, e
	}
	return d, f, 0
}

// sysVector serves readv and writev, and with an offset their p and p2 forms.
// A socket gets it as one message, since a vector is one datagram. With an offset each
// piece is a call by itself: unlike on Linux another writer may come in between.
func sysVector(fd uintptr, p pointer, n uintptr, off int64, at, write bool) (int, syscall.Errno) {
	if n > MaxVector {
		return 0, syscall.EINVAL
	}
	iov := list[syscall.Iovec](p, n)
	if at {
		return eachIovec(iov, func(v *syscall.Iovec, done int) (int, syscall.Errno) {
			if write {
				return sysPwrite(fd, pointer(v.Base), uintptr(v.Len), off+int64(done))
			}
			return sysPread(fd, pointer(v.Base), uintptr(v.Len), off+int64(done))
		})
	}
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	if s, ok := d.file.(Socket); ok && vector != nil {
		return vector(d, s, iov, write)
	}
	if write && !d.writable() || !write && !d.readable() {
		return 0, syscall.EBADF
	}
	moved, e := eachIovec(iov, func(v *syscall.Iovec, done int) (int, syscall.Errno) {
		b, e := view(pointer(v.Base), uintptr(v.Len))
		switch {
		case e != 0:
			return 0, e
		case write:
			return d.write(b)
		case done > 0: // something was read: do not block for more
			return d.file.Read(b)
		}
		return d.read(b)
	})
	tally(moved, write)
	return moved, e
}

// vector is a vector on a socket; nil before Full.
var vector func(d *description, s Socket, iov []syscall.Iovec, write bool) (int, syscall.Errno)

// eachIovec runs move over the buffers until one comes up short. An error behind the
// first bytes is not lost: the next call meets it again.
func eachIovec(iov []syscall.Iovec, move func(v *syscall.Iovec, done int) (int, syscall.Errno)) (int, syscall.Errno) {
	done := 0
	for k := range iov {
		v := &iov[k]
		if v.Len == 0 {
			continue
		}
		n, e := move(v, done)
		done += n
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || n < int(v.Len) {
			break
		}
	}
	return done, 0
}

func sysSeek(fd uintptr, off int64, whence int) (uintptr, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return 0, syscall.EBADF
	}
	defer d.put()
	f, ok := d.file.(seeker)
	if !ok {
		if d.flags.Load()&oPath != 0 {
			return 0, syscall.EBADF
		}
		return 0, syscall.ESPIPE
	}
	if whence < 0 || whence > seekHole {
		return 0, syscall.EINVAL
	}
	n, e := f.seek(off, whence)
	return uintptr(n), e
}
