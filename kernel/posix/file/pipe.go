package file

import (
	"sync"
	"syscall"

	"yolk/kernel/posix/ramfs"
)

// Sizes of pipe(7).
const (
	pipeCapacity = 64 << 10
	pipeCapMax   = 1 << 20
	pipeAtomic   = 4096 // PIPE_BUF: a write of up to this is not interleaved
)

// A pipe is the queue behind a pipe or a FIFO.
type pipe struct {
	mu       sync.Mutex
	data     ring
	counted  int // bytes of data's memory in queued
	capacity int
	readers  int // ends open for reading
	writers  int
	// opens count every opening, so that a FIFO's open(2) that waits for the
	// other side does not miss one that was closed again.
	readOpens, writeOpens int
	ends                  *pipeEnd
	opened                Pollable // posted when an end is opened
}

// A pipeEnd is one open description of a pipe. A FIFO opened O_RDWR is both.
type pipeEnd struct {
	Pollable
	p             *pipe
	inode         *ramfs.Inode
	reads, writes bool
	hang          bool // a writer has been there: its absence is a hang-up
	next          *pipeEnd
}

// sysPipe serves pipe and pipe2.
func sysPipe(out *[2]int32, flags int) syscall.Errno {
	if flags&^(syscall.O_CLOEXEC|syscall.O_NONBLOCK) != 0 {
		return syscall.EINVAL
	}
	if out == nil {
		return syscall.EFAULT
	}
	start()
	i := Tree().NewInode(syscall.S_IFIFO|0o600, 0)
	i.Open()
	i.Open()
	p := &pipe{capacity: pipeCapacity}
	i.Attached.Store(p) // for who opens it through /proc/self/fd
	r, w := p.end(i, true, false), p.end(i, false, true)
	// An end that gets no descriptor is garbage, with the pipe: nothing counts it.
	rfd, e := Install(r, syscall.O_RDONLY|uint32(flags))
	if e != 0 {
		return e
	}
	wfd, e := Install(w, syscall.O_WRONLY|uint32(flags))
	if e != 0 {
		remove(rfd)
		return e
	}
	*out = [2]int32{int32(rfd), int32(wfd)}
	return 0
}

// end adds an end.
func (p *pipe) end(i *ramfs.Inode, reads, writes bool) *pipeEnd {
	f := &pipeEnd{p: p, inode: i, reads: reads, writes: writes}
	p.mu.Lock()
	defer p.mu.Unlock()
	f.next, p.ends = p.ends, f
	if reads {
		p.readers++
		p.readOpens++
	}
	if writes {
		p.writers++
		p.writeOpens++
		for r := p.ends; r != nil; r = r.next { // the last writer's end will be a hang-up
			r.hang = true
		}
	}
	f.hang = p.writers > 0
	return f
}

// room returns how many more bytes the pipe takes. Needs mu.
func (p *pipe) room() int {
	capacity := p.capacity
	if short() {
		capacity = min(capacity, queueLeast)
	}
	return max(0, capacity-p.data.n)
}

// count accounts for the memory of the data after a change. Needs mu.
func (p *pipe) count() {
	if n := len(p.data.buf); n != p.counted {
		queued.take(int64(n-p.counted), 0)
		p.counted = n
	}
}

// post tells the ends on the reading or writing side. Needs mu.
func (p *pipe) post(mode Mode) {
	for f := p.ends; f != nil; f = f.next {
		if f.reads && mode == ModeRead || f.writes && mode == ModeWrite {
			f.Post(mode)
		}
	}
}

func (f *pipeEnd) Read(b []byte) (int, syscall.Errno) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if len(b) == 0 {
		return 0, 0
	}
	n := f.p.data.take(b)
	if n > 0 {
		f.p.count()
		f.p.post(ModeWrite)
		return n, 0
	}
	if f.p.writers == 0 {
		return 0, 0
	}
	return 0, syscall.EAGAIN
}

func (f *pipeEnd) Write(b []byte) (int, syscall.Errno) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if f.p.readers == 0 {
		return 0, syscall.EPIPE
	}
	if len(b) == 0 {
		return 0, 0
	}
	free := f.p.room()
	if free == 0 || len(b) <= pipeAtomic && free < len(b) {
		return 0, syscall.EAGAIN
	}
	n := min(len(b), free)
	f.p.data.put(b[:n])
	f.p.count()
	f.p.post(ModeRead)
	return n, 0
}

func (f *pipeEnd) Poll() (r uint32) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if f.reads {
		if f.p.data.n > 0 {
			r |= PollIn
		}
		if f.p.writers == 0 && f.hang {
			r |= PollHup
		}
	}
	if f.writes {
		if f.p.room() >= pipeAtomic {
			r |= PollOut
		}
		if f.p.readers == 0 {
			r |= PollErr
		}
	}
	return r
}

func (f *pipeEnd) node() *ramfs.Inode { return f.inode }

func (f *pipeEnd) Stat(st *syscall.Stat_t) syscall.Errno {
	f.inode.Stat(st)
	return 0
}

func (f *pipeEnd) Close() syscall.Errno {
	f.p.mu.Lock()
	for at := &f.p.ends; ; at = &(*at).next {
		if *at == f {
			*at = f.next
			break
		}
	}
	if f.reads {
		if f.p.readers--; f.p.readers == 0 {
			f.p.post(ModeWrite)
		}
	}
	if f.writes {
		if f.p.writers--; f.p.writers == 0 {
			f.p.post(ModeRead)
		}
	}
	if f.p.ends == nil {
		f.p.data = ring{}
		f.p.count()
	}
	f.p.mu.Unlock()
	f.inode.Close()
	return 0
}

func (f *pipeEnd) Ioctl(request uintptr, arg pointer) (uintptr, syscall.Errno) {
	if request != fionread || arg == nil {
		return 0, syscall.ENOTTY
	}
	f.p.mu.Lock()
	*(*int32)(arg) = int32(f.p.data.n)
	f.p.mu.Unlock()
	return 0, 0
}

// resize is F_SETPIPE_SZ: at least n bytes, in powers of two of pages.
func (p *pipe) resize(n uintptr) (uintptr, syscall.Errno) {
	if n > pipeCapMax {
		return 0, syscall.EPERM
	}
	size := pipeAtomic
	for size < int(n) {
		size *= 2
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.data.n > size {
		return 0, syscall.EBUSY
	}
	p.capacity = size
	p.post(ModeWrite)
	return uintptr(size), 0
}

// openFIFO opens a FIFO by the rules of fifo(7): without O_NONBLOCK it waits
// until the other side has been opened.
func openFIFO(i *ramfs.Inode, flags int) (File, syscall.Errno) {
	i.Attached.CompareAndSwap(nil, &pipe{capacity: pipeCapacity})
	p := i.Attached.Load().(*pipe)
	mode := flags & syscall.O_ACCMODE
	reads, writes := mode != syscall.O_WRONLY, mode != syscall.O_RDONLY
	p.mu.Lock()
	readers, readOpens, writers, writeOpens := p.readers, p.readOpens, p.writers, p.writeOpens
	p.mu.Unlock()
	nonblock := flags&syscall.O_NONBLOCK != 0
	if !reads && nonblock && readers == 0 {
		return nil, syscall.ENXIO
	}
	f := p.end(i, reads, writes)
	p.opened.Post(ModeBoth)
	if nonblock || reads && writes || reads && writers > 0 || writes && readers > 0 {
		return f, 0
	}
	w := newWaiter()
	p.opened.enqueue(w)
	for waiting := true; waiting; {
		p.mu.Lock()
		waiting = reads && p.writeOpens == writeOpens || writes && p.readOpens == readOpens
		p.mu.Unlock()
		if waiting {
			<-w.ch
		}
	}
	p.opened.dequeue(w)
	w.free()
	return f, 0
}
