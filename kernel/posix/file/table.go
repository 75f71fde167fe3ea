package file

import (
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/bootinfo"
)

// The descriptor table is a two-level array so that lookups take no lock and
// an unused part costs nothing. Slots change only under tableMu.
const (
	chunkLen = 256
	maxFD    = bootinfo.HardFiles
)

// A slot holds a descriptor: its description, or nil, and the close-on-exec
// flag (kept for F_GETFD; nothing is ever executed).
type slot struct {
	d       atomic.Pointer[description]
	cloexec atomic.Bool
}

var (
	table [maxFD / chunkLen]atomic.Pointer[[chunkLen]slot]

	tableMu sync.Mutex
	lowest  uintptr // no free descriptor is below it
	highest uintptr // no descriptor in use is at or above it
)

// polled counts how often each descriptor became and ceased to be one whose
// description is a Poller: it is odd while it is. The runtime reads it with its
// locks held: no lock, no allocation, no stack growth.
var polled [maxFD]uint32

// pollable answers the runtime: may fd be waited for by its poller? Regular
// files and directories may not (EPERM), like on Linux; for them it is 0. For
// others it is a number that changes when the descriptor is closed.
//
//go:nosplit
func pollable(fd uintptr) uint32 {
	if fd < maxFD {
		if n := atomic.LoadUint32(&polled[fd]); n&1 != 0 {
			return n
		}
	}
	return 0
}

// at returns the slot of fd, or nil when its part of the table is unused.
func at(fd uintptr) *slot {
	if fd >= maxFD {
		return nil
	}
	c := table[fd/chunkLen].Load()
	if c == nil {
		return nil
	}
	return &c[fd%chunkLen]
}

// get returns the description of fd with a reference the caller must put.
func get(fd uintptr) *description {
	s := at(uintptr(int32(fd)))
	if s == nil {
		start()
		if s = at(uintptr(int32(fd))); s == nil {
			return nil
		}
	}
	for {
		d := s.d.Load()
		if d == nil {
			return nil
		}
		if d.tryRef() {
			return d
		}
		// The last reference went between the two loads: the slot was
		// emptied or refilled before that, so this ends.
	}
}

// getOpen is get for calls that O_PATH descriptors do not take part in.
func getOpen(fd uintptr) *description {
	d := get(fd)
	if d != nil && d.flags.Load()&oPath != 0 {
		d.put()
		return nil
	}
	return d
}

// Lookup returns the File behind fd, for siblings that take descriptors as
// arguments. It stays usable, but may be closed at any time.
func Lookup(fd uintptr) (File, bool) {
	d := get(fd)
	if d == nil {
		return nil, false
	}
	defer d.put()
	return d.file, true
}

// Install gives f the lowest free descriptor. flags are open(2) flags: access
// mode, status flags and O_CLOEXEC. On an error, EMFILE for descriptors and
// ENFILE for memory, the caller still owns f and closes it; otherwise the table
// closes it with the last descriptor.
func Install(f File, flags uint32) (fd uintptr, e syscall.Errno) {
	start()
	if !described.take(1, mostDescribed()) {
		return 0, syscall.ENFILE
	}
	d := newDescription(f, flags)
	if fd, e = place(d, 0, flags&syscall.O_CLOEXEC != 0); e != 0 {
		described.give(1)
	}
	return fd, e
}

// place puts d, with the reference its caller holds, into the lowest free
// slot at or above from.
func place(d *description, from uintptr, cloexec bool) (uintptr, syscall.Errno) {
	tableMu.Lock()
	defer tableMu.Unlock()
	most := uintptr(atomic.LoadUint32(&bootinfo.MaxFiles))
	for fd := max(from, lowest); fd < most; fd++ {
		s := grow(fd)
		if s.d.Load() != nil {
			continue
		}
		if from <= lowest {
			lowest = fd + 1
		}
		fill(s, fd, d, cloexec)
		return fd, 0
	}
	return 0, syscall.EMFILE
}

// grow returns the slot of fd, making its part of the table. Needs tableMu.
func grow(fd uintptr) *slot {
	c := &table[fd/chunkLen]
	if c.Load() == nil {
		c.Store(new([chunkLen]slot))
	}
	return &c.Load()[fd%chunkLen]
}

// fill makes an empty slot refer to d. Needs tableMu.
func fill(s *slot, fd uintptr, d *description, cloexec bool) {
	highest = max(highest, fd+1)
	d.fds.Add(1)
	s.cloexec.Store(cloexec)
	if d.poll != nil {
		atomic.AddUint32(&polled[fd], 1)
		d.poll.addFD(fd)
	}
	s.d.Store(d) // last: get takes no lock, and whoever finds d may post to it
}

// empty makes a slot free and returns what it held. Needs tableMu.
func empty(s *slot, fd uintptr) *description {
	d := s.d.Swap(nil)
	if d == nil {
		return nil
	}
	if d.poll != nil {
		atomic.AddUint32(&polled[fd], 1)
		d.poll.dropFD(fd)
	}
	lowest = min(lowest, fd)
	return d
}

// remove closes descriptor fd.
func remove(fd uintptr) syscall.Errno {
	start()
	fd = uintptr(int32(fd))
	s := at(fd)
	if s == nil {
		return syscall.EBADF
	}
	tableMu.Lock()
	d := empty(s, fd)
	tableMu.Unlock()
	if d == nil {
		return syscall.EBADF
	}
	// Without the lock, for which the calls of all descriptors wait: the last put
	// closes the file, which may have much to free and others to wake.
	d.closed()
	return d.put()
}

// replace makes fd refer to d (dup2), closing what it was, and takes over the
// caller's reference.
func replace(fd uintptr, d *description, cloexec bool) syscall.Errno {
	if fd >= maxFD {
		return syscall.EBADF
	}
	tableMu.Lock()
	s := grow(fd)
	old := empty(s, fd)
	if lowest == fd { // by empty, and it is taken again at once
		lowest++
	}
	fill(s, fd, d, cloexec)
	tableMu.Unlock()
	if old != nil {
		old.closed()
		old.put()
	}
	return 0
}

// Each calls see with what is behind each descriptor, for who lists them.
func Each(see func(File)) {
	for fd := range uintptr(maxFD) {
		if d := get(fd); d != nil {
			see(d.file)
			d.put()
		}
	}
}
