package socket

import (
	"sync/atomic"
	"syscall"
	"time"

	"yolk/kernel/file"
	"yolk/kernel/socket/netlink"
)

// patienceForNetwork bounds how long the first socket call waits for the
// interfaces: a DHCP server that answers does so in milliseconds, and one that
// does not must not stop a program that wants the loopback interface only.
const patienceForNetwork = 10 * time.Second

// A service is the stack in the making that socket calls wait for.
type service struct {
	ready chan struct{}         // closed when bring-up has ended, well or not
	stack atomic.Pointer[Stack] // set before bring-up; nil when New failed
	late  atomic.Bool           // the wait has been given up and logged
	logf  func(format string, args ...any)
}

// registered is the stack that Register made, for Drain.
var registered atomic.Pointer[Stack]

// Register makes AF_INET, AF_INET6 and AF_NETLINK sockets available. The stack
// is made and up, which adds and configures the interfaces, is run on a
// goroutine of its own, while the program starts; the first socket call waits
// for it. When up fails, its error is logged and sockets reach this machine
// only. Call it once, before the first socket call.
func Register(o Options, up func(*Stack) error) {
	v := &service{ready: make(chan struct{}), logf: o.Logf}
	if v.logf == nil {
		v.logf = func(string, ...any) {}
	}
	catchStackLog(v.logf)
	file.SocketFamily[syscall.AF_INET] = v.inet
	file.SocketFamily[syscall.AF_INET6] = v.inet
	file.SocketFamily[syscall.AF_NETLINK] = v.netlink
	atExit(func() { Drain(drainLimit) })
	go v.start(o, up)
}

func (v *service) start(o Options, up func(*Stack) error) {
	defer close(v.ready)
	s, err := New(o)
	if err != nil {
		v.logf("no network: %v", err)
		return
	}
	s.plantProc()
	v.stack.Store(s)
	registered.Store(s)
	if err := up(s); err != nil {
		v.logf("no network: %v", err)
	}
}

// wait returns the stack once its interfaces are configured, or as it is when
// that takes too long. Without a stack sockets answer ENETDOWN.
func (v *service) wait() (*Stack, syscall.Errno) {
	select {
	case <-v.ready:
	default:
		v.waitLong()
	}
	if s := v.stack.Load(); s != nil {
		return s, 0
	}
	return nil, syscall.ENETDOWN
}

func (v *service) waitLong() {
	if v.late.Load() {
		return
	}
	t := time.NewTimer(patienceForNetwork)
	defer t.Stop()
	select {
	case <-v.ready:
	case <-t.C:
		if v.late.CompareAndSwap(false, true) {
			v.logf("no network yet: not configured after %v, going on without", patienceForNetwork)
		}
	}
}

func (v *service) inet(domain, typ, proto uintptr) (file.Socket, syscall.Errno) {
	s, e := v.wait()
	if e != 0 {
		return nil, e
	}
	return s.NewSocket(domain, typ, proto)
}

func (v *service) netlink(domain, typ, proto uintptr) (file.Socket, syscall.Errno) {
	s, e := v.wait()
	if e != 0 {
		return nil, e
	}
	return netlink.New(s, typ, proto)
}
