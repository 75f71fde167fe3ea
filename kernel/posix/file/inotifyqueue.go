package file

import (
	"syscall"
)

// An inotifyEvent is one that waits to be read.
type inotifyEvent struct {
	wd           int32
	mask, cookie uint32
	name         string
}

// add queues an event, unless it is like the last.
func (f *inotify) add(e inotifyEvent) {
	if n := len(f.queue); n > 0 && f.queue[n-1] == e {
		return
	} else if n == mostInotifyEvents {
		e = inotifyEvent{wd: -1, mask: inOverflow}
	} else if n > mostInotifyEvents {
		return
	}
	e.name = string([]byte(e.name))
	f.queue = append(f.queue, e)
	f.bytes += e.size()
	f.Post(ModeRead)
}

// The head of struct inotify_event; its name is filled up with zeros to a multiple of that.
const inotifyHead = 16

func (e *inotifyEvent) size() int {
	if e.name == "" {
		return inotifyHead
	}
	return inotifyHead + (len(e.name)+inotifyHead)&^(inotifyHead-1)
}

func (f *inotify) Read(p []byte) (n int, _ syscall.Errno) {
	watching.Lock()
	defer watching.Unlock()
	if len(f.queue) == 0 {
		return 0, syscall.EAGAIN
	}
	done := 0
	for done < len(f.queue) && len(p)-n >= f.queue[done].size() {
		e := &f.queue[done]
		b := p[n : n+e.size()]
		put64(b, uint64(e.mask)<<32|uint64(uint32(e.wd)))
		put64(b[8:], uint64(e.size()-inotifyHead)<<32|uint64(e.cookie))
		clear(b[inotifyHead+copy(b[inotifyHead:], e.name):])
		n += len(b)
		done++
	}
	if n == 0 {
		return 0, syscall.EINVAL
	}
	f.bytes -= n
	if f.queue = f.queue[done:]; len(f.queue) == 0 {
		f.queue = nil
	}
	return n, 0
}

func (f *inotify) Write([]byte) (int, syscall.Errno) { return 0, syscall.EBADF }

func (f *inotify) Poll() (r uint32) {
	watching.Lock()
	defer watching.Unlock()
	if len(f.queue) > 0 {
		r = PollIn
	}
	return r
}

func (f *inotify) Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno) {
	if request != fionread {
		return 0, syscall.ENOTTY
	}
	if arg == nil {
		return 0, syscall.EFAULT
	}
	watching.Lock()
	defer watching.Unlock()
	*(*int32)(arg) = int32(f.bytes)
	return 0, 0
}

func (f *inotify) Close() syscall.Errno {
	watching.Lock()
	defer watching.Unlock()
	for _, w := range f.watches {
		w.remove()
	}
	return 0
}
