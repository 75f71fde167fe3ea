package file

import "syscall"

// sysSendfile sends from a regular file to anything: to sockets and pipes
// straight from the file's memory.
func sysSendfile(out, in uintptr, off *int64, n uintptr) (int, syscall.Errno) {
	from, to := get(in), get(out)
	defer putBoth(from, to)
	if from == nil || to == nil || !from.readable() || !to.writable() {
		return 0, syscall.EBADF
	}
	src, ok := from.file.(*regular)
	if !ok || src.inode.Generate != nil || to.flags.Load()&syscall.O_APPEND != 0 || off != nil && *off < 0 {
		return 0, syscall.EINVAL
	}
	n = min(n, maxIO)
	if _, ok := to.file.(*regular); ok {
		return move(n, reader(src, off), to.write)
	}
	done, e := src.sendTo(to, off, n)
	if done == 0 && to.mayBlock(e) {
		r, e := to.await(to.writeLimit(), func() (uintptr, syscall.Errno) {
			n, e := src.sendTo(to, off, n)
			return uintptr(n), e
		})
		return int(r), e
	}
	return done, e
}

// sendTo writes content at *off, or at f's position, to d without waiting, and
// advances what it started from.
func (f *regular) sendTo(d *description, off *int64, n uintptr) (int, syscall.Errno) {
	if off == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		off = &f.off
	}
	done, e := f.content.ReadTo(*off, int64(n), d.file.Write)
	*off += done
	return int(done), e
}
