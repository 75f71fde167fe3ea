package file

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Goroutines that make random calls on the same few names and descriptors must
// neither crash nor hang nor race, and leave nothing behind.
func TestStress(t *testing.T) {
	Full()
	before := Tree().Used()
	must(t, syscall.SYS_MKDIRAT, here, "/tmp/stress", 0o755)
	const first, count = 300, 12 // the descriptors they share
	stop := time.Now().Add(700 * time.Millisecond)
	var wg sync.WaitGroup
	for w := range uint64(4) {
		wg.Go(func() {
			s := stresser{rand.New(rand.NewPCG(w, 3)), first, count}
			for time.Now().Before(stop) {
				s.step()
			}
		})
	}
	wg.Wait()
	must(t, sysCloseRangeNr, 3, maxFD, 0)
	for k := range 4 {
		invoke(syscall.SYS_UNLINKAT, here, "/tmp/stress/"+strconv.Itoa(k), 0)
	}
	must(t, syscall.SYS_UNLINKAT, here, "/tmp/stress", atRemovedir)
	if got := Tree().Used(); got != before {
		t.Error("memory left over:", got-before)
	}
}

type stresser struct {
	*rand.Rand
	first, count int
}

func (s *stresser) fd() int      { return s.first + s.IntN(s.count) }
func (s *stresser) name() string { return "/tmp/stress/" + strconv.Itoa(s.IntN(4)) }

// keep moves a new descriptor among the shared ones.
func (s *stresser) keep(fd uintptr, e syscall.Errno) {
	if e == 0 {
		invoke(syscall.SYS_DUP3, fd, s.fd(), 0)
		closeFD(int(fd))
	}
}

func (s *stresser) step() {
	b := make([]byte, 5000)
	switch s.IntN(14) {
	case 0:
		s.keep(invoke(syscall.SYS_OPENAT, here, s.name(), syscall.O_RDWR|syscall.O_CREAT|syscall.O_NONBLOCK, 0o600))
	case 1:
		var fds [2]int32
		if _, e := invoke(syscall.SYS_PIPE2, ptr(&fds), syscall.O_NONBLOCK); e == 0 {
			s.keep(uintptr(fds[0]), 0)
			s.keep(uintptr(fds[1]), 0)
		}
	case 2:
		var fds [2]int32
		if _, e := invoke(syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, stream|nonblock, 0, ptr(&fds)); e == 0 {
			s.keep(uintptr(fds[0]), 0)
			s.keep(uintptr(fds[1]), 0)
		}
	case 3:
		s.keep(invoke(syscall.SYS_EPOLL_CREATE1, 0))
	case 4, 5:
		read(s.fd(), b[:s.IntN(5000)])
	case 6, 7:
		write(s.fd(), b[:s.IntN(5000)])
	case 8:
		closeFD(s.fd())
	case 9:
		invoke(syscall.SYS_RENAMEAT, here, s.name(), here, s.name())
	case 10:
		invoke(syscall.SYS_UNLINKAT, here, s.name(), 0)
	case 11:
		var ev epollEvent
		ev.set(PollIn|PollOut, 1)
		invoke(syscall.SYS_EPOLL_CTL, s.fd(), 1+s.IntN(3), s.fd(), ptr(&ev))
	case 12:
		var evs [3]epollEvent
		invoke(syscall.SYS_EPOLL_PWAIT, s.fd(), ptr(&evs[0]), 3, s.IntN(2))
	case 13:
		fds := []pollFD{{FD: int32(s.fd()), Events: PollIn}, {FD: int32(s.fd()), Events: PollOut}}
		limit := syscall.Timespec{Nsec: int64(s.IntN(2)) * 1e6}
		invoke(syscall.SYS_PPOLL, ptr(&fds[0]), 2, ptr(&limit), 0)
		s.pass()
		message(syscall.SYS_RECVMSG, s.fd(), b[:64], 0)
	}
}

// pass sends a descriptor of a file. One of a socket could close a cycle: a
// socket that is held only by a message in its own queue is never freed.
func (s *stresser) pass() {
	fd, e := invoke(syscall.SYS_OPENAT, here, s.name(), syscall.O_RDWR|syscall.O_CREAT, 0o600)
	if e == 0 {
		message(syscall.SYS_SENDMSG, s.fd(), syscall.UnixRights(int(fd)), 0)
		closeFD(int(fd))
	}
}
