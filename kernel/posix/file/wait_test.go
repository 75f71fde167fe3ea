package file

import (
	"sync"
	"syscall"
	"testing"
	"time"
)

// ppoll waits for ms milliseconds, for ever when that is negative.
func ppoll(t *testing.T, fds []pollFD, ms int) int {
	t.Helper()
	if ms < 0 {
		return must(t, syscall.SYS_PPOLL, ptr(&fds[0]), len(fds), 0, 0)
	}
	limit := syscall.NsecToTimespec(int64(ms) * 1e6)
	return must(t, syscall.SYS_PPOLL, ptr(&fds[0]), len(fds), ptr(&limit), 0)
}

func TestPoll(t *testing.T) {
	Full()
	r, w := pipes(t, syscall.O_NONBLOCK)
	file, _ := open(t, "/etc/hosts", 0, 0)
	defer closeFD(file)
	fds := []pollFD{{FD: int32(r), Events: PollIn}, {FD: -1, Events: PollIn}, {FD: 60000}}
	poll := func(ms int) int { return ppoll(t, fds, ms) }
	if n := poll(-1); n != 1 || fds[2].Revents != PollNval || fds[1].Revents != 0 {
		t.Fatal(n, fds)
	}
	fds = fds[:2]
	begin := time.Now()
	if n := poll(20); n != 0 || time.Since(begin) < 20*time.Millisecond {
		t.Fatal("timeout", n, time.Since(begin))
	}
	go write(w, []byte("x"))
	if n := poll(-1); n != 1 || fds[0].Revents != PollIn {
		t.Fatal(n, fds)
	}
	read(r, make([]byte, 9))
	go closeFD(w)
	if n := poll(10000); n != 1 || fds[0].Revents != PollHup {
		t.Fatal(n, fds)
	}
	fds = []pollFD{{FD: int32(file), Events: PollIn | PollOut}}
	if n := poll(-1); n != 1 || fds[0].Revents != PollIn|PollOut {
		t.Fatal(n, fds)
	}
}

func TestSelect(t *testing.T) {
	Full()
	r, w := pipes(t, syscall.O_NONBLOCK)
	in, out := make([]uint64, 16), make([]uint64, 16)
	n := max(r, w) + 1
	in[r/64] |= 1 << (r % 64)
	out[w/64] |= 1 << (w % 64)
	if got := must(t, syscall.SYS_PSELECT6, n, ptr(&in[0]), ptr(&out[0])); got != 1 || in[r/64] != 0 || !fdSet(out).has(w) {
		t.Fatal(got, in, out)
	}
	in[r/64] |= 1 << (r % 64)
	zero := syscall.Timespec{Nsec: 1000_000}
	if got := must(t, syscall.SYS_PSELECT6, n, ptr(&in[0]), 0, 0, ptr(&zero)); got != 0 || in[r/64] != 0 {
		t.Fatal(got)
	}
	in[900/64] = 1 << (900 % 64)
	fails(t, syscall.EBADF, syscall.SYS_PSELECT6, 901, ptr(&in[0]))
}

func TestEventfd(t *testing.T) {
	Full()
	fd := must(t, sysEventfd2, 3, syscall.O_NONBLOCK)
	defer closeFD(fd)
	b := make([]byte, 8)
	put64(b, 4)
	must(t, syscall.SYS_WRITE, fd, b, 8)
	must(t, syscall.SYS_READ, fd, b, 8)
	if get64(b) != 7 {
		t.Error(get64(b))
	}
	fails(t, syscall.EAGAIN, syscall.SYS_READ, fd, b, 8)
	fails(t, syscall.EINVAL, syscall.SYS_READ, fd, b, 7)
	put64(b, eventMax)
	must(t, syscall.SYS_WRITE, fd, b, 8)
	put64(b, 1)
	fails(t, syscall.EAGAIN, syscall.SYS_WRITE, fd, b, 8)
	put64(b, ^uint64(0))
	fails(t, syscall.EINVAL, syscall.SYS_WRITE, fd, b, 8)
}

// An epollTest is a set and what it reports.
type epollTest struct {
	*testing.T
	set int
}

func newEpoll(t *testing.T) epollTest {
	Full()
	set := must(t, syscall.SYS_EPOLL_CREATE1, 0)
	t.Cleanup(func() { closeFD(set) })
	return epollTest{t, set}
}

func (t epollTest) ctl(op, fd int, events uint32) syscall.Errno {
	var ev epollEvent
	ev.set(events, uint64(fd)<<33|7)
	_, e := invoke(syscall.SYS_EPOLL_CTL, t.set, op, fd, ptr(&ev))
	return e
}

// want fails unless the set reports fd with events, or nothing for events 0.
func (t epollTest) want(fd int, events uint32, ms int) {
	t.Helper()
	var evs [4]epollEvent
	n := must(t, syscall.SYS_EPOLL_PWAIT, t.set, ptr(&evs[0]), 4, ms)
	switch {
	case events == 0 && n == 0:
	case n == 1 && evs[0].events() == events && evs[0].data() == uint64(fd)<<33|7:
	default:
		t.Fatalf("%d events: %x", n, evs[:n])
	}
}

func TestEpollLevelAndEdge(t *testing.T) {
	for name, edge := range map[string]uint32{"level": 0, "edge": epollET} {
		t.Run(name, func(t *testing.T) {
			s := newEpoll(t)
			r, w := pipes(t, syscall.O_NONBLOCK)
			if e := s.ctl(syscall.EPOLL_CTL_ADD, r, PollIn|edge); e != 0 {
				t.Fatal(e)
			}
			s.want(r, 0, 0)
			go write(w, []byte("ab"))
			s.want(r, PollIn, -1)
			again := uint32(PollIn)
			if edge != 0 {
				again = 0
			}
			s.want(r, again, 0)
			write(w, []byte("c"))
			s.want(r, PollIn, 0)
			read(r, make([]byte, 9))
			s.want(r, 0, 1)
			s.ctl(syscall.EPOLL_CTL_MOD, r, PollIn|epollOneshot)
			write(w, []byte("d"))
			s.want(r, PollIn, 0)
			write(w, []byte("e"))
			s.want(r, 0, 0)
			s.ctl(syscall.EPOLL_CTL_MOD, r, PollIn|edge)
			s.want(r, PollIn, 0)
			read(r, make([]byte, 9))
			closeFD(w)
			s.want(r, PollHup, 0)
		})
	}
}

func TestEpollErrorsAndClose(t *testing.T) {
	s := newEpoll(t)
	r, w := pipes(t, 0)
	file, _ := open(t, "/etc/hosts", 0, 0)
	defer closeFD(file)
	for _, c := range []struct {
		op, fd int
		want   syscall.Errno
	}{
		{syscall.EPOLL_CTL_ADD, file, syscall.EPERM},
		{syscall.EPOLL_CTL_ADD, s.set, syscall.EINVAL},
		{syscall.EPOLL_CTL_ADD, 59999, syscall.EBADF},
		{syscall.EPOLL_CTL_MOD, r, syscall.ENOENT},
		{syscall.EPOLL_CTL_ADD, r, 0},
		{syscall.EPOLL_CTL_ADD, r, syscall.EEXIST},
		{syscall.EPOLL_CTL_DEL, r, 0},
		{syscall.EPOLL_CTL_DEL, r, syscall.ENOENT},
		{syscall.EPOLL_CTL_ADD, r, 0},
	} {
		if e := s.ctl(c.op, c.fd, PollIn); e != c.want {
			t.Errorf("op %d fd %d: %v, want %v", c.op, c.fd, e, c.want)
		}
	}
	// A set within a set reports, and a cycle is refused.
	outer := newEpoll(t)
	if e := outer.ctl(syscall.EPOLL_CTL_ADD, s.set, PollIn); e != 0 {
		t.Fatal(e)
	}
	if e := s.ctl(syscall.EPOLL_CTL_ADD, outer.set, PollIn); e != syscall.ELOOP {
		t.Error(e)
	}
	write(w, []byte("x"))
	outer.want(s.set, PollIn, -1)
	// The watch ends with the description, not with one descriptor.
	dup := must(t, syscall.SYS_DUP, r)
	closeFD(r)
	s.want(r, PollIn, 0)
	closeFD(dup)
	s.want(r, 0, 0)
	outer.want(s.set, 0, 0)
}

func TestEpollConcurrent(t *testing.T) {
	s := newEpoll(t)
	r, w := pipes(t, syscall.O_NONBLOCK)
	s.ctl(syscall.EPOLL_CTL_ADD, r, PollIn|epollET)
	const total = 5000
	var wg sync.WaitGroup
	wg.Go(func() {
		for range total {
			for {
				if _, e := write(w, []byte{1}); e == 0 {
					break
				}
			}
		}
	})
	b := make([]byte, 100)
	for got := 0; got < total; {
		s.want(r, PollIn, 10000)
		for {
			n, e := read(r, b)
			if e != 0 {
				break
			}
			got += n
		}
		if got == total {
			break
		}
	}
	wg.Wait()
}

func TestFlock(t *testing.T) {
	Full()
	a, _ := open(t, "/tmp/lock", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	b, _ := open(t, "/tmp/lock", syscall.O_RDWR, 0)
	must(t, syscall.SYS_FLOCK, a, syscall.LOCK_EX)
	fails(t, syscall.EAGAIN, syscall.SYS_FLOCK, b, syscall.LOCK_SH|syscall.LOCK_NB)
	done := make(chan syscall.Errno)
	go func() {
		_, e := invoke(syscall.SYS_FLOCK, b, syscall.LOCK_EX)
		done <- e
	}()
	must(t, syscall.SYS_FLOCK, a, syscall.LOCK_UN)
	if e := <-done; e != 0 {
		t.Fatal(e)
	}
	closeFD(b) // and with it the lock
	must(t, syscall.SYS_FLOCK, a, syscall.LOCK_EX|syscall.LOCK_NB)
	closeFD(a)
	if len(locks) != 0 {
		t.Error("state is left over:", len(locks))
	}
}

func TestBlockingReadWakes(t *testing.T) {
	f := &probe{}
	fd, _ := Install(f, syscall.O_RDWR)
	done := make(chan int)
	go func() {
		n, _ := read(int(fd), make([]byte, 1))
		done <- n
	}()
	for f.reading.Load() < 2 { // it has looked again after it joined the waiters
		time.Sleep(time.Millisecond)
	}
	f.ready.Store(PollIn)
	f.Post(ModeRead)
	if n := <-done; n != 1 {
		t.Error(n)
	}
	closeFD(int(fd))
}
