package file

import (
	"sync"
	"syscall"
)

// epollEvent is struct epoll_event, packed as on amd64 and as int32s that any
// alignment of the caller's buffer suits; see numbers_amd64.go for its layout.

// Flags in the events of an item (epoll_ctl(2)).
const (
	epollET      = 1 << 31
	epollOneshot = 1 << 30
	epollFlags   = epollET | epollOneshot | 1<<29 | 1<<28 // and WAKEUP, EXCLUSIVE
	epollDepth   = 5                                      // sets within sets
)

// An epollFile is an epoll instance. Lock order: a watched Pollable's mutex,
// then mu, then this set's own Pollable's. So mu is never held when a
// Pollable is entered or left, or a description asked for its readiness.
type epollFile struct {
	anonymous
	ctl sync.Mutex // one epoll_ctl at a time; outermost

	mu    sync.Mutex
	items map[epollKey]*epollItem
	ready *epollItem // queue, linked by next
	last  *epollItem

	queued int
}

// A watch belongs to a descriptor and the description it had (epoll(7), Q&A 1
// and 6).
type epollKey struct {
	fd uintptr
	d  *description
}

type epollItem struct {
	waiter waiter
	set    *epollFile
	key    epollKey

	// Guarded by set.mu.
	events uint32
	data   uint64
	queued bool
	gone   bool // no longer in the set; also read under ctl
	next   *epollItem
}

func sysEpollCreate(flags int) (uintptr, syscall.Errno) {
	if flags&^syscall.O_CLOEXEC != 0 {
		return 0, syscall.EINVAL
	}
	return Install(&epollFile{items: make(map[epollKey]*epollItem)}, syscall.O_RDWR|uint32(flags))
}

func (s *epollFile) Read([]byte) (int, syscall.Errno)  { return 0, syscall.EINVAL }
func (s *epollFile) Write([]byte) (int, syscall.Errno) { return 0, syscall.EINVAL }

// ready queues the item: its description changed. Any lock may be held above.
func (i *epollItem) ready() {
	s := i.set
	s.mu.Lock()
	added := s.enqueue(i)
	s.mu.Unlock()
	if added {
		s.Post(ModeRead)
	}
}

// enqueue puts i on the queue unless it is there or disabled. Needs mu.
func (s *epollFile) enqueue(i *epollItem) bool {
	if i.queued || i.gone || i.events&^uint32(epollFlags) == 0 {
		return false
	}
	i.queued, i.next = true, nil
	s.queued++
	if s.last != nil {
		s.last.next = i
	} else {
		s.ready = i
	}
	s.last = i
	return true
}

// dequeue takes the first item off the queue. Needs mu.
func (s *epollFile) dequeue() *epollItem {
	i := s.ready
	if i == nil {
		return nil
	}
	s.ready = i.next
	if s.ready == nil {
		s.last = nil
	}
	i.queued, i.next = false, nil
	s.queued--
	return i
}

func epollSet(fd uintptr) (*description, *epollFile, syscall.Errno) {
	d := get(fd)
	if d == nil {
		return nil, nil, syscall.EBADF
	}
	s, ok := d.file.(*epollFile)
	if !ok {
		d.put()
		return nil, nil, syscall.EINVAL
	}
	return d, s, 0
}

func sysEpollCtl(epfd uintptr, op int, fd uintptr, ev *epollEvent) syscall.Errno {
	d := get(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	sd, s, e := epollSet(epfd)
	if e != 0 {
		return e
	}
	defer sd.put()
	switch {
	case sd == d:
		return syscall.EINVAL
	case d.poll == nil:
		return syscall.EPERM
	case op != syscall.EPOLL_CTL_DEL && ev == nil:
		return syscall.EFAULT
	}
	s.ctl.Lock()
	defer s.ctl.Unlock()
	key := epollKey{fd, d}
	s.mu.Lock()
	i := s.items[key]
	s.mu.Unlock()
	switch {
	case op == syscall.EPOLL_CTL_ADD && i != nil:
		return syscall.EEXIST
	case op != syscall.EPOLL_CTL_ADD && i == nil:
		return syscall.ENOENT
	case op == syscall.EPOLL_CTL_ADD:
		if inner, ok := d.file.(*epollFile); ok && inner.reaches(s, epollDepth) {
			return syscall.ELOOP
		}
		if !watches.take(1, mostWatches()) {
			return syscall.ENOSPC
		}
		s.add(key, ev)
	case op == syscall.EPOLL_CTL_MOD:
		s.modify(i, ev)
	case op == syscall.EPOLL_CTL_DEL:
		s.drop(i)
	default:
		return syscall.EINVAL
	}
	return 0
}

// reaches says whether s watches target, or is nested deeper than allowed.
func (s *epollFile) reaches(target *epollFile, depth int) bool {
	if s == target || depth == 0 {
		return true
	}
	var inner []*epollFile
	s.mu.Lock()
	for k := range s.items {
		if f, ok := k.d.file.(*epollFile); ok {
			inner = append(inner, f)
		}
	}
	s.mu.Unlock()
	for _, f := range inner {
		if f.reaches(target, depth-1) {
			return true
		}
	}
	return false
}

func (s *epollFile) add(key epollKey, ev *epollEvent) {
	i := &epollItem{set: s, key: key, events: ev.events(), data: ev.data()}
	i.waiter.item = i
	s.mu.Lock()
	s.items[key] = i
	s.mu.Unlock()
	// Readiness that comes after enqueue queues the item; check sees what was before.
	key.d.sets.Add(1)
	key.d.poll.enqueue(&i.waiter)
	s.check(i)
}

func (s *epollFile) modify(i *epollItem, ev *epollEvent) {
	s.mu.Lock()
	i.events, i.data = ev.events(), ev.data()
	s.mu.Unlock()
	s.check(i)
}

// check queues an item that is ready at once.
func (s *epollFile) check(i *epollItem) {
	if i.key.d.events()&(i.events|PollErr|PollHup) != 0 {
		i.ready()
	}
}

// drop removes an item. Needs ctl.
func (s *epollFile) drop(i *epollItem) {
	i.key.d.poll.dequeue(&i.waiter) // afterwards nothing queues the item again
	i.key.d.sets.Add(-1)
	watches.give(1)
	s.mu.Lock()
	delete(s.items, i.key)
	i.gone = true
	s.mu.Unlock()
}

// unwatchAll drops the items that watch a description with no descriptor left. They are
// collected first, because ctl may not be taken with a Pollable locked.
func unwatchAll(d *description) {
	var items []*epollItem
	d.poll.mu.Lock()
	for w := d.poll.waiters; w != nil; w = w.next {
		if i, ok := w.item.(*epollItem); ok && i.key.d == d {
			items = append(items, i)
		}
	}
	d.poll.mu.Unlock()
	for _, i := range items {
		i.set.ctl.Lock()
		if !i.gone {
			i.set.drop(i)
		}
		i.set.ctl.Unlock()
	}
}
