package file

import (
	"sync"
	"syscall"
	"time"

	"yolk/kernel/posix/ramfs"
)

// Advisory locks. flock(2) locks belong to descriptions and conflict between
// them, as those of parts do (rangelocks.go). The record locks of fcntl(2) belong to the
// process, of which there is one, so they never conflict.

// A fileLock is the flock state of one inode.
type fileLock struct {
	exclusive *description
	shared    []*description
	waiting   int // in waitLock: while there are any the fileLock stays, for them to hear of changed
	changed   Pollable
}

var (
	locksMu sync.Mutex
	locks   map[*ramfs.Inode]*fileLock
)

// unlockLast is what the last close of a description does that has had a lock.
var unlockLast = func(d *description) {
	i := d.file.(noded).node()
	d.releaseLock(i)
	d.releaseRanges(i)
	lockElsewhere(i, syscall.F_UNLCK, 0, lastByte, false)
}

// lockRetry is how long who waits for a lock of another machine's goes without asking.
const lockRetry = 50 * time.Millisecond

// lockElsewhere takes or gives up a lock of the bytes [from, to) of a file in another file
// system, against others than this machine, whose own have been looked at. In the tree
// there are no others.
func lockElsewhere(i *ramfs.Inode, kind int16, from, to int64, wait bool) syscall.Errno {
	if i.Node() == nil {
		return 0
	}
	n := to - from
	if to == lastByte {
		n = 0
	}
	for {
		e := i.Node().Lock(kind, from, n)
		if e != syscall.EAGAIN || !wait {
			return e
		}
		time.Sleep(lockRetry)
	}
}

func sysFlock(fd uintptr, op int) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	n, ok := d.file.(noded)
	if !ok || d.flags.Load()&oPath != 0 {
		return syscall.EBADF
	}
	switch op &^ syscall.LOCK_NB {
	case syscall.LOCK_UN:
		d.releaseLock(n.node())
		return lockElsewhere(n.node(), syscall.F_UNLCK, 0, lastByte, false)
	case syscall.LOCK_SH, syscall.LOCK_EX:
	default:
		return syscall.EINVAL
	}
	d.unlock.Store(&unlockLast)
	exclusive, wait := op&syscall.LOCK_EX != 0, op&syscall.LOCK_NB == 0
	if !d.tryLock(n.node(), exclusive) {
		if !wait {
			return syscall.EAGAIN
		}
		d.waitLock(n.node(), exclusive)
	}
	kind := int16(syscall.F_RDLCK)
	if exclusive {
		kind = syscall.F_WRLCK
	}
	e := lockElsewhere(n.node(), kind, 0, lastByte, wait)
	if e != 0 {
		d.releaseLock(n.node())
	}
	return e
}

// lockOf returns the state of i, made if need be. Needs locksMu.
func lockOf(i *ramfs.Inode) *fileLock {
	if locks == nil {
		locks = make(map[*ramfs.Inode]*fileLock)
	}
	l := locks[i]
	if l == nil {
		l = new(fileLock)
		locks[i] = l
	}
	return l
}

// tryLock takes or converts d's lock. A conversion that fails loses the lock
// held before, as flock(2) has it.
func (d *description) tryLock(i *ramfs.Inode, exclusive bool) bool {
	locksMu.Lock()
	defer locksMu.Unlock()
	l := lockOf(i)
	if l.release(d) {
		defer l.changed.Post(ModeBoth)
	}
	if l.exclusive != nil || exclusive && len(l.shared) > 0 {
		return false
	}
	if exclusive {
		l.exclusive = d
	} else {
		l.shared = append(l.shared, d)
	}
	return true
}

// waitLock waits as long as it takes: no signal interrupts the calls that are served
// here, so that there is no EINTR.
func (d *description) waitLock(i *ramfs.Inode, exclusive bool) {
	locksMu.Lock()
	l := lockOf(i)
	l.waiting++
	locksMu.Unlock()
	w := newWaiter()
	l.changed.enqueue(w)
	for !d.tryLock(i, exclusive) {
		<-w.ch
	}
	l.changed.dequeue(w)
	w.free()
	locksMu.Lock()
	l.waiting--
	locksMu.Unlock()
}

// releaseLock gives up d's lock on i, if it has one.
func (d *description) releaseLock(i *ramfs.Inode) {
	locksMu.Lock()
	defer locksMu.Unlock()
	l := locks[i]
	if l == nil {
		return
	}
	if l.release(d) {
		l.changed.Post(ModeBoth)
	}
	if l.exclusive == nil && len(l.shared) == 0 && l.waiting == 0 {
		delete(locks, i)
	}
}

// release gives up d's lock and reports whether it had one.
func (l *fileLock) release(d *description) bool {
	if l.exclusive == d {
		l.exclusive = nil
		return true
	}
	for k, s := range l.shared {
		if s == d {
			l.shared = append(l.shared[:k], l.shared[k+1:]...)
			return true
		}
	}
	return false
}

// recordLock serves F_GETLK, F_SETLK and F_SETLKW: F_GETLK finds no conflict.
func (d *description) recordLock(cmd int, l *syscall.Flock_t) syscall.Errno {
	if l == nil {
		return syscall.EFAULT
	}
	if l.Type < syscall.F_RDLCK || l.Type > syscall.F_UNLCK || l.Whence < 0 || l.Whence > 2 {
		return syscall.EINVAL
	}
	if _, ok := d.file.(noded); !ok {
		return syscall.EBADF
	}
	switch {
	case cmd == syscall.F_GETLK:
		l.Type = syscall.F_UNLCK
		return 0
	case l.Type == syscall.F_RDLCK && !d.readable(), l.Type == syscall.F_WRLCK && !d.writable():
		return syscall.EBADF
	}
	f, ok := d.file.(*regular)
	if !ok || f.inode.Node() == nil {
		return 0
	}
	from, to, e := f.span(l)
	if e != 0 {
		return e
	}
	return lockElsewhere(f.inode, l.Type, from, to, cmd == syscall.F_SETLKW)
}
