package file

import (
	"sync/atomic"
	"syscall"
	"time"
)

// await repeats try until it answers something other than EAGAIN, parking the
// goroutine in between until d posts. limit bounds the wait; 0 is no bound,
// and at its end the answer is EAGAIN (SO_RCVTIMEO, socket(7)).
func (d *description) await(limit time.Duration, try func() (uintptr, syscall.Errno)) (uintptr, syscall.Errno) {
	w := newWaiter()
	d.poll.enqueue(w)
	n, e := try()
	if e == syscall.EAGAIN && limit == 0 {
		for e == syscall.EAGAIN {
			<-w.ch
			n, e = try()
		}
	} else if e == syscall.EAGAIN {
		over, stop := w.after(limit)
		for e == syscall.EAGAIN && !over.Load() {
			<-w.ch
			n, e = try()
		}
		stop()
	}
	d.poll.dequeue(w)
	w.free()
	return n, e
}

// after wakes w once limit is over, and says so in over. It is AfterFunc and
// not a Timer because a channel of time.Time makes the linker keep all of that
// type's formatting (35 KiB).
func (w *waiter) after(limit time.Duration) (over *atomic.Bool, stop func() bool) {
	over = new(atomic.Bool)
	t := time.AfterFunc(limit, func() {
		over.Store(true)
		w.wake()
	})
	return over, t.Stop
}

// mayBlock says whether a call that answered e waits and tries again.
func (d *description) mayBlock(e syscall.Errno) bool {
	return e == syscall.EAGAIN && d.poll != nil && !d.nonblocking()
}

// read is a read(2) on d.
func (d *description) read(p []byte) (int, syscall.Errno) {
	n, e := d.file.Read(p)
	if !d.mayBlock(e) {
		return n, e
	}
	r, e := d.await(d.readLimit(), func() (uintptr, syscall.Errno) {
		n, e := d.file.Read(p)
		return uintptr(n), e
	})
	return int(r), e
}

// write is a write(2) on d: when it may block it takes all of p. An error behind the
// first bytes is met again by the next call.
func (d *description) write(p []byte) (int, syscall.Errno) {
	n, e := d.file.Write(p)
	if d.poll == nil || d.nonblocking() || e == 0 && n == len(p) || e != 0 && e != syscall.EAGAIN {
		return n, e
	}
	done := n
	_, e = d.await(d.writeLimit(), func() (uintptr, syscall.Errno) {
		for done < len(p) {
			n, e := d.file.Write(p[done:])
			if e != 0 {
				return 0, e
			}
			done += n
		}
		return 0, 0
	})
	if done > 0 {
		return done, 0
	}
	return 0, e
}
