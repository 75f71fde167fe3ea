package file

import (
	"sync"
	"syscall"
)

// copies lends the memory that sendfile reads into.
var copies = sync.Pool{New: func() any { return new([copyStep]byte) }}

// sysSendfile writes from a regular file, at *off, which it advances, or at
// the file's own position. It returns what the receiver took: less than n at
// the end of the file and when a receiver that does not block is full.
func sysSendfile(out, in uintptr, off *int64, n uintptr) (int, syscall.Errno) {
	to, from := getOpen(out), getOpen(in)
	defer putBoth(to, from)
	if to == nil || from == nil || !to.writable() || !from.readable() {
		return 0, syscall.EBADF
	}
	src, ok := from.file.(*regular)
	if !ok || src.inode.Generate != nil || to.flags.Load()&syscall.O_APPEND != 0 {
		return 0, syscall.EINVAL
	}
	at := src.at(off)
	if at < 0 {
		return 0, syscall.EINVAL
	}
	buf := copies.Get().(*[copyStep]byte)
	defer copies.Put(buf)
	done := 0
	for n > uintptr(done) && done < maxIO {
		got, e := src.Pread(buf[:min(n-uintptr(done), copyStep)], at+int64(done))
		if e == 0 && got > 0 {
			got, e = to.write(buf[:got])
		}
		done += max(got, 0)
		if e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || got <= 0 {
			break
		}
	}
	src.advance(off, at+int64(done))
	return done, 0
}

// advance stores where a copy ended, as the counterpart of at.
func (f *regular) advance(off *int64, end int64) {
	if off != nil {
		*off = end
		return
	}
	f.mu.Lock()
	f.off = end
	f.mu.Unlock()
}
