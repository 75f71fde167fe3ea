package file

import (
	"sync/atomic"
	"syscall"
)

// A description is an open file description: what dup'ed descriptors share.
// Its references are its descriptors, the calls in flight on it, and copies
// queued in a socket (SCM_RIGHTS).
type description struct {
	file  File
	poll  *Pollable     // nil when file is not a Poller
	flags atomic.Uint32 // access mode and status flags, O_CLOEXEC excluded
	refs  atomic.Int32
	fds   atomic.Int32 // descriptors
	sets  atomic.Int32 // epoll items that watch it

	unlock atomic.Pointer[func(*description)] // gives its flock up, nil while it never had one
	limits atomic.Pointer[limits]             // of a socket, nil while there are none
}

// unwatch ends the watches of epoll sets on a description that has lost its
// last descriptor; nil before Full.
var unwatch func(*description)

// statusFlags are the flags F_SETFL changes.
const statusFlags = syscall.O_APPEND | syscall.O_NONBLOCK | syscall.O_ASYNC | oDirect | syscall.O_NOATIME

// A flagged File wants to know its status flags; called before first use and
// by F_SETFL.
type flagged interface{ setFlags(flags uint32) }

func newDescription(f File, flags uint32) *description {
	d := &description{file: f}
	d.flags.Store(flags &^ syscall.O_CLOEXEC)
	d.refs.Store(1)
	if p, ok := f.(Poller); ok {
		d.poll = p.pollable()
	}
	if w, ok := f.(flagged); ok {
		w.setFlags(flags)
	}
	return d
}

// tryRef takes a reference unless the last one is gone.
func (d *description) tryRef() bool {
	for {
		n := d.refs.Load()
		if n == 0 {
			return false
		}
		if d.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// put gives a reference back and closes the file with the last one.
func (d *description) put() syscall.Errno {
	if d.refs.Add(-1) != 0 {
		return 0
	}
	if unlock := d.unlock.Load(); unlock != nil { // first: it finds the lock by the file's inode
		(*unlock)(d)
	}
	described.give(1)
	return d.file.Close()
}

// closed settles what goes when a descriptor does, before its reference.
func (d *description) closed() {
	if d.fds.Add(-1) == 0 && d.sets.Load() != 0 && unwatch != nil {
		unwatch(d)
	}
}

func (d *description) readable() bool {
	f := d.flags.Load()
	return f&syscall.O_ACCMODE != syscall.O_WRONLY && f&oPath == 0
}

func (d *description) writable() bool {
	f := d.flags.Load()
	return f&syscall.O_ACCMODE != syscall.O_RDONLY && f&oPath == 0
}

func (d *description) nonblocking() bool {
	return d.flags.Load()&syscall.O_NONBLOCK != 0
}
