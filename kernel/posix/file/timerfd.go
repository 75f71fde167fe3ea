package file

import (
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A timerFile is a timer that is read, timerfd_create(2): 8 bytes say how often it has
// expired since. Nothing counts meanwhile: how often is computed when one looks, and a
// periodic timer posts again only after it was read, as on Linux.
type timerFile struct {
	anonymous
	clock uintptr

	mu       sync.Mutex
	next     int64 // when it expires, ns of its clock; 0: never
	interval int64 // ns, 0: once
	expired  uint64
	timer    *time.Timer
}

// itimerspec is struct itimerspec.
type itimerspec struct{ Interval, Value syscall.Timespec }

// Clocks of timers, and what serves those that wake a sleeping machine.
const (
	clockRealtime  = 0
	clockMonotonic = 1
	clockBoottime  = 7
)

func sysTimerfdCreate(clock uintptr, flags int) (uintptr, syscall.Errno) {
	switch clock {
	case clockRealtime, clockMonotonic, clockBoottime:
	case 8, 9: // CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM: this machine does not sleep
		clock = [...]uintptr{clockRealtime, clockBoottime}[clock-8]
	default:
		return 0, syscall.EINVAL
	}
	if flags&^(syscall.O_CLOEXEC|syscall.O_NONBLOCK) != 0 {
		return 0, syscall.EINVAL
	}
	return Install(&timerFile{clock: clock}, syscall.O_RDWR|uint32(flags))
}

// timerOf calls do for the timer fd, locked.
func timerOf(fd uintptr, do func(f *timerFile)) syscall.Errno {
	d := getOpen(fd)
	if d == nil {
		return syscall.EBADF
	}
	defer d.put()
	f, ok := d.file.(*timerFile)
	if !ok {
		return syscall.EINVAL
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f)
	return 0
}

func sysTimerfdSettime(fd uintptr, flags int, to, old *itimerspec) syscall.Errno {
	const absolute, cancelOnSet = 1, 2
	if to == nil {
		return syscall.EFAULT
	}
	if flags&^(absolute|cancelOnSet) != 0 || !isTime(to.Interval) || !isTime(to.Value) {
		return syscall.EINVAL
	}
	next, interval := to.Value.Nano(), to.Interval.Nano()
	was := itimerspec{}
	e := timerOf(fd, func(f *timerFile) {
		was = f.get()
		f.next, f.interval, f.expired = next, interval, 0
		if next != 0 && flags&absolute == 0 {
			f.next += f.now()
		}
		f.start()
	})
	if e == 0 && old != nil {
		*old = was
	}
	return e
}

func isTime(t syscall.Timespec) bool { return t.Sec >= 0 && t.Nsec >= 0 && t.Nsec < 1e9 }

func sysTimerfdGettime(fd uintptr, now *itimerspec) syscall.Errno {
	if now == nil {
		return syscall.EFAULT
	}
	was := itimerspec{}
	e := timerOf(fd, func(f *timerFile) { was = f.get() })
	if e == 0 {
		*now = was
	}
	return e
}

// get returns the interval, and the time until the timer expires. Needs f.mu.
func (f *timerFile) get() itimerspec {
	f.look()
	s := itimerspec{Interval: syscall.NsecToTimespec(f.interval)}
	if f.next != 0 {
		s.Value = syscall.NsecToTimespec(max(f.next-f.now(), 1))
	}
	return s
}

// now reads the timer's clock.
func (f *timerFile) now() int64 { return clockNow(f.clock) }

// clockNow reads a clock, in ns.
func clockNow(clock uintptr) int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// look counts what has expired. Needs f.mu.
func (f *timerFile) look() {
	now := f.now()
	switch {
	case f.next == 0 || now < f.next:
	case f.interval == 0:
		f.expired, f.next = f.expired+1, 0
	default:
		n := 1 + (now-f.next)/f.interval
		f.expired, f.next = f.expired+uint64(n), f.next+n*f.interval
	}
}

// start has the timer post when it expires next. Needs f.mu.
func (f *timerFile) start() {
	if f.timer != nil {
		f.timer.Stop()
	}
	if f.next != 0 {
		f.timer = time.AfterFunc(time.Duration(f.next-f.now()), func() { f.Post(ModeRead) })
	}
}

func (f *timerFile) Read(p []byte) (int, syscall.Errno) {
	if len(p) < 8 {
		return 0, syscall.EINVAL
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	n := f.expired
	f.expired = 0
	if n != 0 || f.next != 0 {
		f.start() // the clock may be behind the one that woke the reader
	}
	if n == 0 {
		return 0, syscall.EAGAIN
	}
	put64(p, n)
	return 8, 0
}

func (f *timerFile) Write([]byte) (int, syscall.Errno) { return 0, syscall.EINVAL }

func (f *timerFile) Poll() (r uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.look(); f.expired > 0 {
		r = PollIn
	}
	return r
}

func (f *timerFile) Close() syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = 0
	f.start()
	return 0
}
