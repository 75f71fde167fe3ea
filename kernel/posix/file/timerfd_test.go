package file

import (
	"encoding/binary"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestTimerfd makes and asks a timer here and on Linux.
func TestTimerfd(t *testing.T) {
	h, g := world(t)
	defer h.end()
	defer g.end()
	for _, s := range []*system{h, g} {
		create := func(clock, flags uintptr) string {
			fd, e := s.call(syscall.SYS_TIMERFD_CREATE, clock, flags, 0, 0, 0, nil, nil, nil, nil)
			if e == 0 {
				s.fds = append(s.fds, fd)
			}
			return e.Error()
		}
		set := func(fd, flags uintptr, first, interval time.Duration) string {
			to := itimerspec{syscall.NsecToTimespec(int64(interval)), syscall.NsecToTimespec(int64(first))}
			return s.plain(syscall.SYS_TIMERFD_SETTIME, fd, flags, 0, 0, 0, nil, nil, unsafe.Pointer(&to), nil)
		}
		read := func(fd uintptr) (uint64, syscall.Errno) {
			b := make([]byte, 8)
			_, e := s.call(syscall.SYS_READ, fd, 0, 8, 0, 0, nil, unsafe.Pointer(&b[0]), nil, nil)
			return binary.LittleEndian.Uint64(b), e
		}
		expect := func(what, got string, want syscall.Errno) {
			t.Helper()
			if want != 0 && got != want.Error() || want == 0 && got != "0;" && got != want.Error() {
				t.Errorf("%s: %s: %s, want %v", s.name, what, got, want)
			}
		}
		expect("a clock that is none", create(5, 0), syscall.EINVAL)
		expect("flags", create(clockMonotonic, 1), syscall.EINVAL)
		expect("create", create(clockMonotonic, syscall.O_NONBLOCK), 0)
		expect("create", create(clockRealtime, 0), 0)
		fd, waits := s.fds[0], s.fds[1]
		if _, e := read(fd); e != syscall.EAGAIN {
			t.Errorf("%s: a timer that is not set: %v", s.name, e)
		}
		expect("flags", set(fd, 8, 1, 0), syscall.EINVAL)
		expect("no timer", set(s.dir, 0, 1, 0), syscall.EINVAL)
		expect("no descriptor", set(1<<20, 0, 1, 0), syscall.EBADF)
		expect("a time", set(fd, 0, -1, 0), syscall.EINVAL)
		expect("an hour", set(fd, 0, time.Hour, time.Minute), 0)
		var now itimerspec
		expect("get", s.plain(syscall.SYS_TIMERFD_GETTIME, fd, 0, 0, 0, 0, nil, unsafe.Pointer(&now), nil, nil), 0)
		if left := time.Duration(now.Value.Nano()); left > time.Hour || left < 50*time.Minute || now.Interval.Sec != 60 {
			t.Errorf("%s: %+v", s.name, now)
		}
		if _, e := read(fd); e != syscall.EAGAIN {
			t.Errorf("%s: a timer in an hour: %v", s.name, e)
		}
		expect("a time that has been", set(fd, 1, 1, 0), 0)
		if n, e := read(fd); n != 1 || e != 0 {
			t.Errorf("%s: %d times, %v", s.name, n, e)
		}
		if _, e := read(fd); e != syscall.EAGAIN {
			t.Errorf("%s: again: %v", s.name, e)
		}
		expect("a short while, and again", set(waits, 0, time.Millisecond, time.Microsecond), 0)
		first, e := read(waits)
		more, e2 := read(waits)
		if first == 0 || more == 0 || e != 0 || e2 != 0 {
			t.Errorf("%s: %d times, %v, and %d, %v", s.name, first, e, more, e2)
		}
		expect("stop", set(waits, 0, 0, 0), 0)
	}
}

// TestAdvice: what is said of files that are in memory is checked and not needed.
func TestAdvice(t *testing.T) {
	h, g := world(t)
	defer h.end()
	defer g.end()
	for _, c := range [][5]uintptr{
		{syscall.SYS_FADVISE64, 0, 10, 0}, {syscall.SYS_FADVISE64, 0, 10, 3}, {syscall.SYS_FADVISE64, 0, 10, 9}, {syscall.SYS_FADVISE64, 0, ^uintptr(0), 1},
		{syscall.SYS_SYNC_FILE_RANGE, 0, 10, 7}, {syscall.SYS_SYNC_FILE_RANGE, 0, 10, 8}, {syscall.SYS_SYNC_FILE_RANGE, ^uintptr(0), 10, 1},
		{syscall.SYS_READAHEAD, 0, 10},
	} {
		outcome := func(s *system, fd uintptr) string {
			return s.plain(c[0], fd, c[1], c[2], c[3], 0, nil, nil, nil, nil)
		}
		for _, flags := range []uintptr{syscall.O_RDWR, syscall.O_WRONLY, oPath, syscall.O_DIRECTORY} {
			fd := func(s *system) uintptr {
				name := cstr("f")
				if flags == syscall.O_DIRECTORY {
					name = cstr(".")
				}
				made, _ := s.call(syscall.SYS_OPENAT, s.dir, 0, syscall.O_CREAT|syscall.O_WRONLY, 0o600, 0, nil, cstr("f"), nil, nil)
				n, _ := s.call(syscall.SYS_OPENAT, s.dir, 0, flags, 0, 0, nil, name, nil, nil)
				s.fds = append(s.fds, made, n)
				return n
			}
			if want, got := outcome(h, fd(h)), outcome(g, fd(g)); want != got {
				t.Errorf("call %d %d of a file opened with %#x: linux %s, yolk %s", c[0], c[1:4], flags, want, got)
			}
		}
		if want, got := outcome(h, 1<<20), outcome(g, 1<<20); want != got {
			t.Errorf("call %d of no file: linux %s, yolk %s", c[0], want, got)
		}
	}
}
