package file

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// A probe is a File that counts.
type probe struct {
	Pollable
	closes  atomic.Int32
	reading atomic.Int32
	ready   atomic.Uint32
}

func (f *probe) Read([]byte) (int, syscall.Errno) {
	f.reading.Add(1)
	if f.closes.Load() != 0 {
		panic("read of a closed file")
	}
	if f.ready.Load() == 0 {
		return 0, syscall.EAGAIN
	}
	return 1, 0
}
func (f *probe) Write(p []byte) (int, syscall.Errno) { return len(p), 0 }
func (f *probe) Poll() uint32                        { return f.ready.Load() }
func (f *probe) Stat(*syscall.Stat_t) syscall.Errno  { return 0 }
func (f *probe) Close() syscall.Errno                { f.closes.Add(1); return 0 }

func TestLowestFree(t *testing.T) {
	var fds []int
	for range 600 { // over two parts of the table
		fd, e := Install(&probe{}, syscall.O_RDWR)
		if e != 0 {
			t.Fatal(e)
		}
		if len(fds) > 0 && int(fd) <= fds[len(fds)-1] {
			t.Fatal("not ascending:", fd)
		}
		fds = append(fds, int(fd))
	}
	for _, k := range []int{400, 7, 30} {
		closeFD(fds[k])
	}
	for _, k := range []int{7, 30, 400} {
		if fd, _ := Install(&probe{}, 0); int(fd) != fds[k] {
			t.Errorf("got %d, the lowest free is %d", fd, fds[k])
		}
	}
	if fd := must(t, syscall.SYS_FCNTL, fds[0], syscall.F_DUPFD, fds[100]); fd <= fds[599] {
		t.Error("F_DUPFD gave", fd)
	} else {
		closeFD(fd)
	}
	must(t, sysCloseRangeNr, fds[0], fds[599], 0)
	if fd, _ := Install(&probe{}, 0); int(fd) != fds[0] {
		t.Error("after close_range:", fd)
	}
	closeFD(fds[0])
}

func TestDupSharesDescription(t *testing.T) {
	f := &probe{}
	fd, _ := Install(f, syscall.O_RDWR|syscall.O_CLOEXEC)
	if must(t, syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0) != syscall.FD_CLOEXEC {
		t.Error("no close-on-exec")
	}
	other := must(t, syscall.SYS_DUP, fd)
	if must(t, syscall.SYS_FCNTL, other, syscall.F_GETFD, 0) != 0 {
		t.Error("close-on-exec was copied")
	}
	must(t, syscall.SYS_FCNTL, fd, syscall.F_SETFL, syscall.O_NONBLOCK)
	if must(t, syscall.SYS_FCNTL, other, syscall.F_GETFL, 0)&syscall.O_NONBLOCK == 0 {
		t.Error("O_NONBLOCK is not shared")
	}
	fails(t, syscall.EINVAL, syscall.SYS_DUP3, fd, fd, 0)
	high := must(t, syscall.SYS_DUP3, fd, 5000, syscall.O_CLOEXEC)
	closeFD(int(fd))
	closeFD(other)
	if f.closes.Load() != 0 {
		t.Fatal("closed too early")
	}
	closeFD(high)
	if f.closes.Load() != 1 {
		t.Fatal("not closed")
	}
	fails(t, syscall.EBADF, syscall.SYS_DUP3, fd, 7, 0)
	fails(t, syscall.EBADF, syscall.SYS_READ, -1)
}

// A description is closed once, after the last call on it, whatever happens
// to its descriptor meanwhile.
func TestConcurrentCloseAndRead(t *testing.T) {
	var wg sync.WaitGroup
	var files [200]*probe
	var fd atomic.Int32
	for range 3 {
		wg.Go(func() {
			for fd.Load() != -1 {
				read(int(fd.Load()), make([]byte, 1))
			}
		})
	}
	for k := range files {
		files[k] = &probe{}
		files[k].ready.Store(PollIn)
		n, _ := Install(files[k], syscall.O_RDWR)
		fd.Store(int32(n))
		d := must(t, syscall.SYS_DUP, n)
		closeFD(int(n))
		closeFD(d)
	}
	fd.Store(-1)
	wg.Wait()
	for _, f := range files {
		if f.closes.Load() != 1 {
			t.Fatal("closed", f.closes.Load(), "times")
		}
	}
}

func TestPostReachesEveryDescriptor(t *testing.T) {
	var mu sync.Mutex
	got := map[uintptr]int32{}
	SetPost(func(fd uintptr, mode int32) { mu.Lock(); got[fd] = mode; mu.Unlock() })
	defer SetPost(nil)
	f := &probe{}
	fd, _ := Install(f, 0)
	other := uintptr(must(t, syscall.SYS_DUP, fd))
	f.Post(ModeBoth)
	if got[fd] != 'r'+'w' || got[other] != 'r'+'w' {
		t.Fatal(got)
	}
	if pollable(fd) == 0 || pollable(1<<40) != 0 {
		t.Error("pollable")
	}
	closeFD(int(fd))
	clear(got)
	f.Post(ModeRead)
	if len(got) != 1 || got[other] != 'r' {
		t.Fatal(got)
	}
	closeFD(int(other))
	clear(got)
	f.Post(ModeRead)
	if len(got) != 0 || pollable(fd) != 0 || pollable(other) != 0 {
		t.Fatal(got)
	}
	regular, _ := open(t, "/etc/hosts", 0, 0)
	if pollable(uintptr(regular)) != 0 {
		t.Error("a regular file is pollable")
	}
	closeFD(regular)
}
