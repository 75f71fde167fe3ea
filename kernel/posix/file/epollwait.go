package file

import (
	"syscall"
	"time"
)

// collect fills out with events of items that are ready. A level-triggered
// item stays queued while it is ready.
func (s *epollFile) collect(out []epollEvent) (n int) {
	s.mu.Lock()
	// What is queued again meanwhile waits for the next call.
	for queued := s.queued; n < len(out) && queued > 0; queued-- {
		i := s.dequeue()
		if i == nil {
			break
		}
		if i.gone {
			continue
		}
		ready := s.look(i) & (i.events&^uint32(epollFlags) | PollErr | PollHup)
		if ready == 0 || i.gone || i.events&^uint32(epollFlags) == 0 {
			continue
		}
		out[n].set(ready, i.data)
		n++
		if i.events&epollOneshot != 0 {
			i.events &= epollFlags
		} else if i.events&epollET == 0 {
			s.enqueue(i)
		}
	}
	s.mu.Unlock()
	return n
}

// look returns the readiness of an item's description, 0 when that is closed.
// It gives mu up meanwhile, because descriptions may not be asked with it held: the item
// may be gone or changed afterwards.
func (s *epollFile) look(i *epollItem) uint32 {
	s.mu.Unlock()
	defer s.mu.Lock()
	if !i.key.d.tryRef() {
		return 0
	}
	defer i.key.d.put()
	return i.key.d.events()
}

// Poll says whether epoll_wait would find something. It takes items off the
// queue that are ready no more and puts the first that is back.
func (s *epollFile) Poll() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.dequeue(); i != nil; i = s.dequeue() {
		if s.look(i)&(i.events|PollErr|PollHup) != 0 && s.enqueue(i) {
			return PollIn
		}
	}
	return 0
}

func sysEpollWait(epfd uintptr, out []epollEvent, limit time.Duration) (int, syscall.Errno) {
	d, s, e := epollSet(epfd)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if len(out) == 0 {
		return 0, syscall.EINVAL
	}
	n := s.collect(out)
	if n > 0 || limit == 0 {
		return n, 0
	}
	var p party
	p.join(int32(epfd))
	defer p.leave()
	p.wait(limit, func() bool {
		n = s.collect(out)
		return n > 0
	})
	return n, 0
}

// Close drops all watches.
func (s *epollFile) Close() syscall.Errno {
	s.ctl.Lock()
	defer s.ctl.Unlock()
	s.mu.Lock()
	items := make([]*epollItem, 0, len(s.items))
	for _, i := range s.items {
		items = append(items, i)
	}
	s.mu.Unlock()
	for _, i := range items {
		s.drop(i)
	}
	return 0
}
