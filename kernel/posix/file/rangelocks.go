package file

import (
	"cmp"
	"slices"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// Locks of parts of a file that belong to a description, F_OFD_SETLK of fcntl(2).

// Commands of fcntl (Linux include/uapi/asm-generic/fcntl.h).
const (
	fOFDGetLock  = 36
	fOFDSetLock  = 37
	fOFDSetLockW = 38
)

// A rangeLock is a lock of the bytes [from, to); to is lastByte for all that may come.
type rangeLock struct {
	owner    *description
	from, to int64
	write    bool
}

const lastByte = 1<<63 - 1

// rangeLocks are those of one inode, by their beginning.
type rangeLocks struct {
	held    []rangeLock
	waiting int // while there are any it stays, for them to hear of changed
	changed Pollable
}

var ranges map[*ramfs.Inode]*rangeLocks // guarded by locksMu

// conflict returns a lock of another owner that keeps want from being taken, or nil.
func (r *rangeLocks) conflict(want rangeLock) *rangeLock {
	for i := range r.held {
		l := &r.held[i]
		if l.owner != want.owner && l.from < want.to && want.from < l.to && (l.write || want.write) {
			return l
		}
	}
	return nil
}

// cut takes [from, to) out of what owner holds.
func (r *rangeLocks) cut(owner *description, from, to int64) {
	var rest []rangeLock
	for _, l := range r.held {
		if l.owner != owner || l.to <= from || to <= l.from {
			rest = append(rest, l)
			continue
		}
		before, after := l, l
		before.to, after.from = from, to
		if before.from < before.to {
			rest = append(rest, before)
		}
		if after.from < after.to {
			rest = append(rest, after)
		}
	}
	r.hold(rest)
}

// add makes l held, one with those of its owner and kind that it touches.
func (r *rangeLocks) add(l rangeLock) {
	r.held = slices.DeleteFunc(r.held, func(o rangeLock) bool {
		touches := o.owner == l.owner && o.write == l.write && o.from <= l.to && l.from <= o.to
		if touches {
			l.from, l.to = min(l.from, o.from), max(l.to, o.to)
		}
		return touches
	})
	r.hold(append(r.held, l))
}

// hold makes locks those that are held, in their order.
func (r *rangeLocks) hold(locks []rangeLock) {
	slices.SortFunc(locks, func(a, b rangeLock) int { return cmp.Compare(a.from, b.from) })
	r.held = locks
}

// rangesOf returns the state of i, made if need be. Needs locksMu.
func rangesOf(i *ramfs.Inode) *rangeLocks {
	if ranges == nil {
		ranges = make(map[*ramfs.Inode]*rangeLocks)
	}
	if ranges[i] == nil {
		ranges[i] = new(rangeLocks)
	}
	return ranges[i]
}

// settleRanges wakes who waits after a change, and drops what has become empty. Needs
// locksMu.
func settleRanges(i *ramfs.Inode, r *rangeLocks) {
	r.changed.Post(ModeBoth)
	if len(r.held) == 0 && r.waiting == 0 {
		delete(ranges, i)
	}
}

// releaseRanges gives up all that d holds of i.
func (d *description) releaseRanges(i *ramfs.Inode) {
	locksMu.Lock()
	defer locksMu.Unlock()
	if r := ranges[i]; r != nil {
		r.cut(d, 0, lastByte)
		settleRanges(i, r)
	}
}

// rangeLock serves the commands.
func (d *description) rangeLock(cmd int, l *syscall.Flock_t) syscall.Errno {
	if l == nil {
		return syscall.EFAULT
	}
	f, ok := d.file.(*regular)
	if !ok {
		return syscall.EBADF
	}
	if l.Pid != 0 || l.Type < syscall.F_RDLCK || l.Type > syscall.F_UNLCK {
		return syscall.EINVAL
	}
	from, to, e := f.span(l)
	switch {
	case e != 0:
		return e
	case cmd == fOFDGetLock:
		return f.heldBy(d, l, from, to)
	case l.Type == syscall.F_RDLCK && !d.readable(), l.Type == syscall.F_WRLCK && !d.writable():
		return syscall.EBADF
	}
	want := rangeLock{d, from, to, l.Type == syscall.F_WRLCK}
	d.unlock.Store(&unlockLast)
	try := func() bool { return tryRange(f.inode, want, l.Type == syscall.F_UNLCK) }
	wait := cmd == fOFDSetLockW
	if !try() {
		if !wait {
			return syscall.EAGAIN
		}
		waitRange(f.inode, try)
	}
	if e = lockElsewhere(f.inode, l.Type, from, to, wait); e != 0 {
		tryRange(f.inode, want, true)
	}
	return e
}

// span returns the bytes that l is about.
func (f *regular) span(l *syscall.Flock_t) (from, to int64, e syscall.Errno) {
	from = l.Start
	switch l.Whence {
	case 0:
	case 1:
		from += f.at(nil)
	case 2:
		from += f.content.Size()
	default:
		return 0, 0, syscall.EINVAL
	}
	to = from + l.Len
	if l.Len < 0 {
		from, to = to, from
	}
	if from < 0 {
		return 0, 0, syscall.EINVAL
	}
	if l.Len == 0 {
		to = lastByte
	}
	if to < from {
		return 0, 0, syscall.EOVERFLOW
	}
	return from, to, 0
}

// heldBy serves F_OFD_GETLK: l says which lock is in the way, or that none is.
func (f *regular) heldBy(d *description, l *syscall.Flock_t, from, to int64) syscall.Errno {
	if l.Type == syscall.F_UNLCK {
		return syscall.EINVAL
	}
	locksMu.Lock()
	defer locksMu.Unlock()
	var c *rangeLock
	if r := ranges[f.inode]; r != nil {
		c = r.conflict(rangeLock{d, from, to, l.Type == syscall.F_WRLCK})
	}
	if c == nil {
		l.Type = syscall.F_UNLCK
		return 0
	}
	*l = syscall.Flock_t{Type: syscall.F_RDLCK, Start: c.from, Len: c.to - c.from, Pid: -1}
	if c.write {
		l.Type = syscall.F_WRLCK
	}
	if c.to == lastByte {
		l.Len = 0
	}
	return 0
}

// tryRange takes or gives up a lock, and reports whether it could.
func tryRange(i *ramfs.Inode, want rangeLock, unlock bool) bool {
	locksMu.Lock()
	defer locksMu.Unlock()
	r := rangesOf(i)
	if !unlock && r.conflict(want) != nil {
		return false
	}
	r.cut(want.owner, want.from, want.to)
	if !unlock {
		r.add(want)
	}
	settleRanges(i, r)
	return true
}

// waitRange waits until try has taken its lock, as waitLock does.
func waitRange(i *ramfs.Inode, try func() bool) {
	locksMu.Lock()
	r := rangesOf(i)
	r.waiting++
	locksMu.Unlock()
	w := newWaiter()
	r.changed.enqueue(w)
	for !try() {
		<-w.ch
	}
	r.changed.dequeue(w)
	w.free()
	locksMu.Lock()
	r.waiting--
	locksMu.Unlock()
}
