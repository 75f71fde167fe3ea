package file

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestRangeLocks takes and gives up locks of parts of a file by two descriptions, here
// and on Linux.
func TestRangeLocks(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		h, g := world(t)
		for _, s := range []*system{h, g} {
			for _, flags := range []uintptr{syscall.O_RDWR, syscall.O_RDWR, syscall.O_RDONLY, syscall.O_WRONLY} {
				fd, _ := s.call(syscall.SYS_OPENAT, s.dir, 0, flags|syscall.O_CREAT, 0o600, 0, nil, cstr("locked"), nil, nil)
				s.fds = append(s.fds, fd)
			}
			s.call(syscall.SYS_FTRUNCATE, s.fds[0], 50, 0, 0, 0, nil, nil, nil, nil)
			s.call(syscall.SYS_LSEEK, s.fds[0], 20, 0, 0, 0, nil, nil, nil, nil)
		}
		var log []string
		for range 150 {
			slot := r.IntN(2)
			if r.IntN(20) == 0 {
				slot = 2 + r.IntN(2) // one of these may not take what the other does
			}
			l := syscall.Flock_t{Type: int16(r.IntN(3)), Whence: int16(r.IntN(3)), Start: int64(r.IntN(40)) - 2, Len: int64(r.IntN(30)) - 5}
			cmd := one(r.IntN, uintptr(fOFDGetLock), fOFDSetLock, fOFDSetLock)
			if cmd == fOFDGetLock && l.Type == syscall.F_UNLCK {
				continue // an error up to Linux 6.5, and a question for one's own locks later
			}
			if slot > 1 {
				cmd = fOFDSetLock
			}
			if slot > 1 && l.Type != syscall.F_UNLCK {
				l.Type = int16(slot-2) ^ 1
			}
			outcome := func(s *system) string {
				l := l
				text := s.plain(syscall.SYS_FCNTL, s.fds[slot], cmd, 0, 0, 0, nil, nil, unsafe.Pointer(&l), nil)
				return text + fmt.Sprint(l)
			}
			want, got := outcome(h), outcome(g)
			log = append(log, fmt.Sprintf("%d of %d %+v: %s", cmd, slot, l, want))
			if want != got {
				t.Fatalf("seed %d, after\n%s\nlinux %s\nyolk  %s", seed, strings.Join(log, "\n"), want, got)
			}
		}
		h.end()
		g.end()
	}
	if len(ranges) != 0 {
		t.Errorf("%d files have locks in the end", len(ranges))
	}
}

// TestRangeLockWaits: a lock that is waited for comes when the other description closes.
func TestRangeLockWaits(t *testing.T) {
	Full()
	a, _ := open(t, "/tmp/waits", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	b, _ := open(t, "/tmp/waits", syscall.O_RDWR, 0)
	whole := syscall.Flock_t{Type: syscall.F_WRLCK}
	must(t, syscall.SYS_FCNTL, a, fOFDSetLock, ptr(&whole))
	fails(t, syscall.EAGAIN, syscall.SYS_FCNTL, b, fOFDSetLock, ptr(&whole))
	got := make(chan syscall.Errno)
	go func() {
		_, e := invoke(syscall.SYS_FCNTL, b, fOFDSetLockW, ptr(&syscall.Flock_t{Type: syscall.F_RDLCK, Len: 5}))
		got <- e
	}()
	closeFD(a)
	if e := <-got; e != 0 {
		t.Error(e)
	}
	closeFD(b)
}
