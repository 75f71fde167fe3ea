package file

import (
	"sync"
	"syscall"
)

// An eventFile is an eventfd(2) counter. Its 8-byte values are host-endian:
// little on all machines Yolk has.
type eventFile struct {
	anonymous
	mu        sync.Mutex
	count     uint64
	semaphore bool
}

const eventMax = ^uint64(0) - 1

func sysEventfd(initial uint32, flags int) (uintptr, syscall.Errno) {
	const semaphore = 1
	if flags&^(syscall.O_CLOEXEC|syscall.O_NONBLOCK|semaphore) != 0 {
		return 0, syscall.EINVAL
	}
	f := &eventFile{count: uint64(initial), semaphore: flags&semaphore != 0}
	return Install(f, syscall.O_RDWR|uint32(flags)&^semaphore)
}

func (f *eventFile) Read(p []byte) (int, syscall.Errno) {
	if len(p) < 8 {
		return 0, syscall.EINVAL
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return 0, syscall.EAGAIN
	}
	n := f.count
	if f.semaphore {
		n = 1
	}
	f.count -= n
	put64(p, n)
	f.Post(ModeWrite)
	return 8, 0
}

func (f *eventFile) Write(p []byte) (int, syscall.Errno) {
	if len(p) < 8 {
		return 0, syscall.EINVAL
	}
	n := get64(p)
	if n > eventMax {
		return 0, syscall.EINVAL
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if eventMax-f.count < n {
		return 0, syscall.EAGAIN
	}
	f.count += n
	f.Post(ModeRead)
	return 8, 0
}

func (f *eventFile) Poll() (r uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		r |= PollIn
	}
	if f.count < eventMax {
		r |= PollOut
	}
	return r
}

// anonymous is what Files without a place in the tree share.
type anonymous struct{ Pollable }

func (*anonymous) Stat(st *syscall.Stat_t) syscall.Errno {
	*st = syscall.Stat_t{Dev: 2, Ino: 1, Mode: 0o600, Nlink: 1, Blksize: 4096}
	return 0
}

func (*anonymous) Close() syscall.Errno { return 0 }
