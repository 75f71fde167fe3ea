package socket

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/netlink"
)

// patienceForNetwork bounds how long calls wait for the interfaces: a DHCP
// server that answers does so in milliseconds, and one that does not must not
// stop a program that wants the loopback interface only.
const patienceForNetwork = 10 * time.Second

// A service is the stack in the making that socket calls wait for.
type service struct {
	made  chan struct{} // closed when New has ended, well or not
	stack atomic.Pointer[Stack]
}

// registered is the stack that Register made.
var registered atomic.Pointer[Stack]

// serving is the service that Register began.
var serving atomic.Pointer[service]

// Registered returns it, or nil while it is being made.
func Registered() *Stack { return registered.Load() }

// Register makes AF_INET, AF_INET6 and AF_NETLINK sockets available. The stack
// is made on a goroutine of its own, while the program starts, and then up is
// run on it, which adds and configures the interfaces. A server may listen
// before that; calls that need an interface or its address wait for the end of
// up, and so does the opening of resolv.conf. When up fails, sockets reach this
// machine only, and its error is logged, for a server as a warning. Call it once, before the first
// socket call.
func Register(o Options, up func(*Stack) error) {
	o.complete()
	v := &service{made: make(chan struct{})}
	serving.Store(v)
	catchStackLog(o.Logf)
	file.SocketFamily[syscall.AF_INET] = v.inet
	file.SocketFamily[syscall.AF_INET6] = v.inet
	file.SocketFamily[syscall.AF_NETLINK] = v.netlink
	file.Await(resolvConf, func() {
		if s, e := v.wait(); e == 0 {
			s.interfaces.wait()
		}
	})
	drain := func() { Drain(drainLimit) }
	atExit(drain)
	go v.start(o, up)
	go beforeSignal(drain) // also while interfaces are configured: a server serves then
}

func (v *service) start(o Options, up func(*Stack) error) {
	s, err := makeStack(o)
	if err != nil {
		close(v.made)
		o.Warnf("no network: %v", err)
		return
	}
	s.plantProc()
	s.interfaces.begin()
	v.stack.Store(s)
	registered.Store(s)
	close(v.made)
	if runtime.GOMAXPROCS(0) == 1 {
		s.interfaces.yield()
	}
	late := time.AfterFunc(patienceForNetwork, func() {
		if s.interfaces.end() {
			s.outage.begin(fmt.Errorf("not configured after %v, still trying", patienceForNetwork))
		}
	})
	defer late.Stop()
	defer s.interfaces.end()
	if err := errors.Join(s.startLoopback(), up(s)); err != nil {
		s.outage.begin(err)
	} else if !late.Stop() {
		s.outage.end()("the network is up")
	}
}

// wait returns the stack. Without one sockets answer ENETDOWN.
func (v *service) wait() (*Stack, syscall.Errno) {
	<-v.made
	if s := v.stack.Load(); s != nil {
		return s, 0
	}
	return nil, syscall.ENETDOWN
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
	s.interfaces.wait()
	return netlink.New(s, typ, proto)
}
