package file

import "syscall"

// The calls that move data between descriptors. Package internal/poll tries
// them first and falls back to read and write on EINVAL.

// copyStep is the most that moves at a time.
const copyStep = 64 << 10

// sysCopyFileRange copies between regular files.
func sysCopyFileRange(in uintptr, inOff *int64, out uintptr, outOff *int64, n uintptr, flags int) (int, syscall.Errno) {
	from, to := get(in), get(out)
	defer putBoth(from, to)
	switch {
	case from == nil || to == nil:
		return 0, syscall.EBADF
	case !from.readable() || !to.writable() || to.flags.Load()&syscall.O_APPEND != 0:
		return 0, syscall.EBADF
	case flags != 0:
		return 0, syscall.EINVAL
	}
	src, ok1 := from.file.(*regular)
	dst, ok2 := to.file.(*regular)
	if !ok1 || !ok2 {
		return 0, syscall.EINVAL
	}
	if src.inode.Generate != nil { // a size of 0 is not its length: let it be read
		return 0, syscall.EINVAL
	}
	if src.inode == dst.inode {
		a, b := src.at(inOff), dst.at(outOff)
		n = uintptr(min(int64(n&(1<<63-1)), max(src.inode.Size()-a, 0)))
		if a < b+int64(n) && b < a+int64(n) {
			return 0, syscall.EINVAL // the parts overlap
		}
	}
	return move(n, reader(src, inOff), writer(dst, outOff))
}

// at is the offset a copy starts from.
func (f *regular) at(off *int64) int64 {
	if off != nil {
		return *off
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.off
}

func putBoth(a, b *description) {
	if a != nil {
		a.put()
	}
	if b != nil {
		b.put()
	}
}

// reader and writer are f at the offset *off, which they advance, or at f's
// own position.
func reader(f *regular, off *int64) func([]byte) (int, syscall.Errno) {
	if off == nil {
		return f.Read
	}
	return func(p []byte) (int, syscall.Errno) {
		n, e := f.Pread(p, *off)
		*off += int64(n)
		return n, e
	}
}

func writer(f *regular, off *int64) func([]byte) (int, syscall.Errno) {
	if off == nil {
		return f.Write
	}
	return func(p []byte) (int, syscall.Errno) {
		n, e := f.Pwrite(p, *off)
		*off += int64(n)
		return n, e
	}
}

// move copies up to n bytes, until the end of what is read.
func move(n uintptr, read, write func([]byte) (int, syscall.Errno)) (int, syscall.Errno) {
	done := 0
	buf := make([]byte, min(n, copyStep))
	for n > uintptr(done) && done < maxIO {
		got, e := read(buf[:min(n-uintptr(done), uintptr(len(buf)))])
		if e == 0 && got > 0 {
			got, e = write(buf[:got])
		}
		done += got
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || got == 0 {
			break
		}
	}
	return done, 0
}

// sysMemfd makes a regular file without a name.
func sysMemfd(name pointer, flags int) (uintptr, syscall.Errno) {
	const cloexec, sealing, noExec, exec = 1, 2, 8, 16
	if flags&^(cloexec|sealing|noExec|exec) != 0 {
		return 0, syscall.EINVAL
	}
	if _, e := text(name, 250); e != 0 {
		if e == syscall.ENAMETOOLONG {
			e = syscall.EINVAL
		}
		return 0, e
	}
	i := Tree().NewInode(syscall.S_IFREG|0o777, 0)
	i.Open()
	mode := uint32(syscall.O_RDWR)
	if flags&cloexec != 0 {
		mode |= syscall.O_CLOEXEC
	}
	f := newRegular(i)
	fd, e := Install(f, mode)
	if e != 0 {
		f.Close()
	}
	return fd, e
}

// sysGetrandom never blocks: the generator is seeded before the program runs.
func sysGetrandom(p pointer, n uintptr, flags int) (int, syscall.Errno) {
	if flags&^7 != 0 {
		return 0, syscall.EINVAL
	}
	b, e := view(p, n)
	if e != 0 {
		return 0, e
	}
	return random(b)
}
