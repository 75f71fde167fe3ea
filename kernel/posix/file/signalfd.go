package file

import (
	"sync"
	"sync/atomic"
	"syscall"

	"yolk/kernel/abi"
)

// A signalFile is signals that are read, signalfd(2): those that the reading thread keeps
// off (a goroutine has locked itself to it) and that came for it.
type signalFile struct {
	anonymous
	set atomic.Uint64
}

const signalInfo = 128 // bytes of a struct signalfd_siginfo

// takeSignal returns a signal of the set that has come for the calling thread, 0 if none has,
// and unless it is to be kept takes it; a test has its own.
var takeSignal = func(set uint64, keep bool) int {
	how := uintptr(0)
	if keep {
		how = 1
	}
	n, _, _ := syscall.RawSyscall(abi.SysSignalTake, uintptr(set), how, 0)
	return int(n)
}

// WatchSignals has signals of a set tell by SignalsCame when they come, in place of the
// set before. The platform provides it.
var WatchSignals = func(set uint64) {}

// signalFiles are those that are open.
var signalFiles struct {
	sync.Mutex
	all []*signalFile
}

// SignalsCame says that signals have come that WatchSignals was told of.
func SignalsCame() {
	signalFiles.Lock()
	defer signalFiles.Unlock()
	for _, f := range signalFiles.all {
		f.Post(ModeRead)
	}
}

// watchSignals tells what to watch now. Needs signalFiles.
func watchSignals() {
	set := uint64(0)
	for _, f := range signalFiles.all {
		set |= f.set.Load()
	}
	WatchSignals(set)
}

// sysSignalfd makes such a file, or for one that there is sets which signals it is about.
func sysSignalfd(fd uintptr, set *uint64, size uintptr, flags int) (uintptr, syscall.Errno) {
	const never = 1<<(syscall.SIGKILL-1) | 1<<(syscall.SIGSTOP-1)
	switch {
	case flags&^(syscall.O_CLOEXEC|syscall.O_NONBLOCK) != 0 || size != 8:
		return 0, syscall.EINVAL
	case set == nil:
		return 0, syscall.EFAULT
	}
	wanted := *set &^ never
	var f *signalFile
	if int32(fd) == -1 {
		f = new(signalFile)
		n, e := Install(f, syscall.O_RDWR|uint32(flags))
		if e != 0 {
			return 0, e
		}
		fd = n
	} else {
		d := getOpen(fd)
		if d == nil {
			return 0, syscall.EBADF
		}
		defer d.put()
		ok := false
		if f, ok = d.file.(*signalFile); !ok {
			return 0, syscall.EINVAL
		}
	}
	signalFiles.Lock()
	defer signalFiles.Unlock()
	f.set.Store(wanted)
	if !f.listed() {
		signalFiles.all = append(signalFiles.all, f)
	}
	watchSignals()
	return fd, 0
}

// listed needs signalFiles.
func (f *signalFile) listed() bool {
	for _, known := range signalFiles.all {
		if known == f {
			return true
		}
	}
	return false
}

// Read takes as many signals as there are and p has room for.
func (f *signalFile) Read(p []byte) (n int, _ syscall.Errno) {
	if len(p) < signalInfo {
		return 0, syscall.EINVAL
	}
	for len(p)-n >= signalInfo {
		signal := takeSignal(f.set.Load(), false)
		if signal == 0 {
			break
		}
		putSignal(p[n:n+signalInfo], signal)
		n += signalInfo
	}
	if n == 0 {
		return 0, syscall.EAGAIN
	}
	return n, 0
}

// putSignal fills a struct signalfd_siginfo: which, how it was sent and by whom.
func putSignal(p []byte, signal int) {
	const (
		code   = 8
		sender = 12
		tkill  = -6 & (1<<32 - 1)
	)
	clear(p)
	put32(p, uint32(signal))
	put32(p[code:], tkill)
	put32(p[sender:], uint32(syscall.Getpid()))
}

func (f *signalFile) Write([]byte) (int, syscall.Errno) { return 0, syscall.EINVAL }

func (f *signalFile) Poll() (r uint32) {
	if takeSignal(f.set.Load(), true) != 0 {
		r = PollIn
	}
	return r
}

func (f *signalFile) Close() syscall.Errno {
	signalFiles.Lock()
	defer signalFiles.Unlock()
	for i, known := range signalFiles.all {
		if known == f {
			signalFiles.all = append(signalFiles.all[:i], signalFiles.all[i+1:]...)
			break
		}
	}
	watchSignals()
	return 0
}
