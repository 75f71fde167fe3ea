package file

import (
	"sync/atomic"
	"syscall"
	"time"
)

// pollFD is struct pollfd.
type pollFD struct {
	FD      int32
	Events  int16
	Revents int16
}

// sysPoll serves poll and ppoll. limit < 0 waits for ever; 0 only looks.
func sysPoll(fds []pollFD, limit time.Duration) (int, syscall.Errno) {
	if len(fds) > maxFD {
		return 0, syscall.EINVAL
	}
	if n := scanPoll(fds); n > 0 || limit == 0 {
		return n, 0
	}
	var p party
	for k := range fds {
		p.join(fds[k].FD)
	}
	defer p.leave()
	n := 0
	p.wait(limit, func() bool {
		n = scanPoll(fds)
		return n > 0
	})
	return n, 0
}

// scanPoll fills in what is ready now.
func scanPoll(fds []pollFD) (n int) {
	for k := range fds {
		f := &fds[k]
		f.Revents = 0
		if f.FD < 0 {
			continue
		}
		f.Revents = int16(readiness(uintptr(f.FD)) & (uint32(uint16(f.Events)) | PollErr | PollHup | PollNval))
		if f.Revents != 0 {
			n++
		}
	}
	return n
}

// readiness returns the poll bits of a descriptor. Reading and writing files
// that are no Pollers never waits. The *NORM bits go with PollIn and PollOut.
func readiness(fd uintptr) uint32 {
	d := get(fd)
	if d == nil {
		return PollNval
	}
	defer d.put()
	return d.events()
}

func (d *description) events() uint32 {
	r := uint32(PollIn | PollOut)
	if p, ok := d.file.(Poller); ok {
		r = p.Poll()
	}
	if r&PollIn != 0 {
		r |= 0x40 // POLLRDNORM
	}
	if r&PollOut != 0 {
		r |= 0x100 // POLLWRNORM
	}
	return r
}

// A party is one goroutine that waits for several descriptions.
type party struct {
	woken   chan struct{}
	members []member
}

type member struct {
	d *description
	w *waiter
}

// join adds the description of fd, if it has one that can wait, and keeps a
// reference to it: a descriptor that is closed meanwhile does not matter.
func (p *party) join(fd int32) {
	if fd < 0 {
		return
	}
	d := get(uintptr(fd))
	if d == nil {
		return
	}
	if d.poll == nil {
		d.put()
		return
	}
	if p.woken == nil {
		p.woken = make(chan struct{}, 1)
	}
	w := &waiter{ch: p.woken}
	d.poll.enqueue(w)
	p.members = append(p.members, member{d, w})
}

func (p *party) leave() {
	for _, m := range p.members {
		m.d.poll.dequeue(m.w)
		m.d.put()
	}
}

// wait parks until done reports true or limit is over; < 0 is no limit.
func (p *party) wait(limit time.Duration, done func() bool) {
	if p.woken == nil {
		p.woken = make(chan struct{}, 1)
	}
	var over *atomic.Bool
	if limit > 0 {
		var stop func() bool
		over, stop = (&waiter{ch: p.woken}).after(limit)
		defer stop()
	}
	for !done() && (over == nil || !over.Load()) {
		<-p.woken
	}
}

// A fdSet is fd_set, as far as nfds reaches.
type fdSet []uint64

func (s fdSet) has(fd int) bool { return s != nil && s[fd/64]>>(fd%64)&1 != 0 }
func (s fdSet) add(fd int) bool { s[fd/64] |= 1 << (fd % 64); return true }

// sysSelect serves select and pselect6, in terms of what poll looks at. The
// sets are replaced by those of the descriptors that are ready.
func sysSelect(nfds int, in, out, except fdSet, limit time.Duration) (int, syscall.Errno) {
	var fds []pollFD
	for fd := range nfds {
		e := int16(0)
		if in.has(fd) {
			e |= PollIn
		}
		if out.has(fd) {
			e |= PollOut
		}
		if except.has(fd) {
			e |= PollPri
		}
		if e == 0 {
			continue
		}
		if s := at(uintptr(fd)); s == nil || s.d.Load() == nil {
			return 0, syscall.EBADF
		}
		fds = append(fds, pollFD{FD: int32(fd), Events: e})
	}
	if _, e := sysPoll(fds, limit); e != 0 {
		return 0, e
	}
	clear(in)
	clear(out)
	clear(except)
	n := 0
	for _, f := range fds {
		n += f.spread(in, out, except)
	}
	return n, 0
}

// spread enters what is ready into the sets it was asked for in.
func (f *pollFD) spread(in, out, except fdSet) (n int) {
	fd := int(f.FD)
	if f.Events&PollIn != 0 && f.Revents&(PollIn|PollHup|PollErr) != 0 && in.add(fd) {
		n++
	}
	if f.Events&PollOut != 0 && f.Revents&(PollOut|PollErr) != 0 && out.add(fd) {
		n++
	}
	if f.Events&PollPri != 0 && f.Revents&PollPri != 0 && except.add(fd) {
		n++
	}
	return n
}

// sleepLimit turns a timespec argument into a limit; nil waits for ever.
func sleepLimit(t *syscall.Timespec) (time.Duration, syscall.Errno) {
	if t == nil {
		return -1, 0
	}
	if t.Sec < 0 || t.Nsec < 0 || t.Nsec >= 1e9 {
		return 0, syscall.EINVAL
	}
	if t.Sec > 1e9 {
		return -1, 0
	}
	return time.Duration(t.Sec)*time.Second + time.Duration(t.Nsec), 0
}
