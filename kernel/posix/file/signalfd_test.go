package file

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

// pendingHere is the kernel's part for the calling thread: what it keeps off is this
// process' own, by rt_sigtimedwait and rt_sigpending.
func pendingHere(set uint64, keep bool) int {
	const rtSigpending, rtSigtimedwait = 127, 128
	if keep {
		var pending uint64
		syscall.RawSyscall(rtSigpending, uintptr(unsafe.Pointer(&pending)), 8, 0)
		if pending&set != 0 {
			return 1
		}
		return 0
	}
	var none syscall.Timespec
	n, _, e := syscall.RawSyscall6(rtSigtimedwait, uintptr(unsafe.Pointer(&set)), 0, uintptr(unsafe.Pointer(&none)), 8, 0, 0)
	if e != 0 {
		return 0
	}
	return int(n)
}

// TestSignalfd makes, asks and reads signals here and on Linux.
func TestSignalfd(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("numbers are x86-64's")
	}
	h, g := world(t)
	defer h.end()
	defer g.end()
	runtime.LockOSThread() // for good: the thread ends with the test
	set := uint64(1<<(syscall.SIGUSR1-1) | 1<<(syscall.SIGUSR2-1) | 1<<(syscall.SIGKILL-1))
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, 0, uintptr(unsafe.Pointer(&set)), 0, 8, 0, 0)
	defer func(take func(uint64, bool) int, watch func(uint64)) { takeSignal, WatchSignals = take, watch }(takeSignal, WatchSignals)
	watched := uint64(0)
	takeSignal, WatchSignals = pendingHere, func(set uint64) { watched = set }
	for _, s := range []*system{h, g} {
		signalfd := func(fd uintptr, set *uint64, size, flags uintptr) (uintptr, syscall.Errno) {
			return s.call(sysSignalfd4, fd, 0, size, flags, 0, nil, unsafe.Pointer(set), nil, nil)
		}
		expect := func(what string, got, want syscall.Errno) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s: %v, want %v", s.name, what, got, want)
			}
		}
		none := ^uintptr(0)
		_, e := signalfd(none, &set, 8, 1)
		expect("flags", e, syscall.EINVAL)
		_, e = signalfd(none, &set, 4, 0)
		expect("a size", e, syscall.EINVAL)
		_, e = signalfd(s.dir, &set, 8, 0)
		expect("no signalfd", e, syscall.EINVAL)
		_, e = signalfd(1<<20, &set, 8, 0)
		expect("no descriptor", e, syscall.EBADF)
		fd, e := signalfd(none, &set, 8, syscall.O_NONBLOCK)
		expect("create", e, 0)
		s.fds = append(s.fds, fd)
		info := make([]byte, 3*signalInfo)
		read := func(n uintptr) (uintptr, syscall.Errno) {
			return s.call(syscall.SYS_READ, fd, 0, n, 0, 0, nil, unsafe.Pointer(&info[0]), nil, nil)
		}
		_, e = read(signalInfo)
		expect("none has come", e, syscall.EAGAIN)
		_, e = read(signalInfo - 1)
		expect("no room", e, syscall.EINVAL)
		syscall.Tgkill(syscall.Getpid(), syscall.Gettid(), syscall.SIGUSR2)
		syscall.Tgkill(syscall.Getpid(), syscall.Gettid(), syscall.SIGUSR1)
		fds := pollFD{FD: int32(fd), Events: PollIn}
		if n, e := s.call(syscall.SYS_PPOLL, 0, 1, 0, 0, 0, unsafe.Pointer(&fds), nil, unsafe.Pointer(new(syscall.Timespec)), nil); n != 1 || e != 0 {
			t.Errorf("%s: %d are ready, %v", s.name, n, e)
		}
		n, e := read(uintptr(len(info)))
		expect("two", e, 0)
		first, second := info[:signalInfo], info[signalInfo:]
		if n != 2*signalInfo || first[0] != byte(syscall.SIGUSR1) || second[0] != byte(syscall.SIGUSR2) || int32(get64(first[8:])) != -6 ||
			int(uint32(get64(first[12:]))) != syscall.Getpid() {
			t.Errorf("%s: %d bytes, %v", s.name, n, info[:n])
		}
		other := uint64(1 << (syscall.SIGHUP - 1))
		again, e := signalfd(fd, &other, 8, 0)
		expect("another set", e, 0)
		if again != fd {
			t.Errorf("%s: descriptor %d, then %d", s.name, fd, again)
		}
		_, e = read(signalInfo)
		expect("none of those", e, syscall.EAGAIN)
	}
	if watched != 1<<(syscall.SIGHUP-1) {
		t.Errorf("watched is %#x", watched)
	}
	g.end()
	g.fds = nil
	if watched != 0 || len(signalFiles.all) != 0 {
		t.Errorf("after the end %#x is watched by %d", watched, len(signalFiles.all))
	}
}
