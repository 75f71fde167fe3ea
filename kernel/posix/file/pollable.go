package file

import (
	"sync"
	"sync/atomic"
)

// A Pollable tells those who wait for a description that its readiness
// changed: the runtime's poller, by descriptor number, and this package's
// waiters (blocking calls, poll, epoll). Embed it by value; zero is ready.
//
// Post may be called from any goroutine and with the caller's own locks held:
// it takes only the mutex below, calls nothing of the description, and does
// not allocate.
type Pollable struct {
	fd   atomic.Int32 // the one descriptor + 1; 0 when there is none or it is in more
	busy atomic.Int32 // len(more) + number of waiters: whether Post needs the lock

	mu      sync.Mutex
	more    []uintptr // further descriptors (dup); order does not matter
	waiters *waiter   // doubly linked
}

// A waiter is one party that waits on a Pollable: either a parked goroutine,
// woken through ch, or an item of an epoll set.
type waiter struct {
	next, prev *waiter
	ch         chan struct{} // capacity 1: a wake-up that is not yet consumed
	item       watcher       // or nil
}

// A watcher is told of readiness with the Pollable locked.
type watcher interface{ ready() }

// SetPost sets the receiver of readiness posts. Tests call it before the
// first descriptor exists.
func SetPost(f func(fd uintptr, mode int32)) { post = f }

func (p *Pollable) pollable() *Pollable { return p }

// Post says that the direction mode became ready, or that an error or hang-up
// ended the wait for it. Posting too often costs time but is never wrong.
func (p *Pollable) Post(mode Mode) {
	if fd := p.fd.Load(); fd != 0 && post != nil {
		post(uintptr(fd-1), int32(mode))
	}
	if p.busy.Load() != 0 {
		p.postSlow(mode)
	}
}

func (p *Pollable) postSlow(mode Mode) {
	p.mu.Lock()
	for _, fd := range p.more {
		if post != nil {
			post(fd, int32(mode))
		}
	}
	for w := p.waiters; w != nil; w = w.next {
		w.wake()
	}
	p.mu.Unlock()
}

func (w *waiter) wake() {
	if w.item != nil {
		w.item.ready()
		return
	}
	select {
	case w.ch <- struct{}{}:
	default:
	}
}

// addFD and dropFD keep the descriptors to post to; the table calls them.
func (p *Pollable) addFD(fd uintptr) {
	if p.fd.CompareAndSwap(0, int32(fd)+1) {
		return
	}
	p.mu.Lock()
	p.more = append(p.more, fd)
	p.busy.Add(1)
	p.mu.Unlock()
}

func (p *Pollable) dropFD(fd uintptr) {
	if p.fd.CompareAndSwap(int32(fd)+1, 0) {
		return
	}
	p.mu.Lock()
	for i, f := range p.more {
		if f == fd {
			p.more[i] = p.more[len(p.more)-1]
			p.more = p.more[:len(p.more)-1]
			p.busy.Add(-1)
			break
		}
	}
	p.mu.Unlock()
}

// enqueue adds w. A change of readiness after enqueue returns wakes w, so a
// waiter enqueues first and looks at the readiness afterwards.
func (p *Pollable) enqueue(w *waiter) {
	p.mu.Lock()
	w.prev, w.next = nil, p.waiters
	if w.next != nil {
		w.next.prev = w
	}
	p.waiters = w
	p.busy.Add(1)
	p.mu.Unlock()
}

// dequeue removes w; afterwards nothing wakes it.
func (p *Pollable) dequeue(w *waiter) {
	p.mu.Lock()
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		p.waiters = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
	p.busy.Add(-1)
	p.mu.Unlock()
}

var waiterPool = sync.Pool{New: func() any { return &waiter{ch: make(chan struct{}, 1)} }}

// newWaiter returns a waiter with no pending wake-up; free gives it back once
// it is on no list.
func newWaiter() *waiter { return waiterPool.Get().(*waiter) }

func (w *waiter) free() {
	select {
	case <-w.ch:
	default:
	}
	waiterPool.Put(w)
}
