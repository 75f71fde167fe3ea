package socket

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"yolk/kernel/posix/file"
)

// A bringUp is the configuration of the interfaces at boot, which runs beside
// the program, as its socket calls see it. The zero bringUp is over.
type bringUp struct {
	pending atomic.Bool
	wanted  chan struct{} // closed by the first call that concerns the network
	ended   chan struct{}
	once    sync.Once
}

// begin is called before the stack has users.
func (b *bringUp) begin() {
	b.wanted, b.ended = make(chan struct{}), make(chan struct{})
	b.pending.Store(true)
}

// end lets through who waits and reports whether it is the first end.
func (b *bringUp) end() bool {
	if !b.pending.CompareAndSwap(true, false) {
		return false
	}
	close(b.ended)
	return true
}

// grace is how long a single processor is left to the program alone.
const grace = 50 * time.Millisecond

// yield leaves the processor to the program until it wants the network, so that
// a server says soon that it listens. It wants it when it accepts.
func (b *bringUp) yield() {
	t := time.AfterFunc(grace, b.want)
	<-b.wanted
	t.Stop()
}

func (b *bringUp) want() { b.once.Do(func() { close(b.wanted) }) }

func (b *bringUp) wait() {
	if b.pending.Load() {
		b.want()
		<-b.ended
	}
}

// admit waits if call nr depends on which interfaces and addresses there are.
// What a server does before it accepts does not, unless it binds to an address
// of its own; neither does what follows a call that waited.
func (b *bringUp) admit(k *Socket, nr uintptr, a *[6]uintptr, p *[6]unsafe.Pointer) {
	switch nr {
	case syscall.SYS_LISTEN, syscall.SYS_SHUTDOWN, syscall.SYS_GETSOCKNAME, syscall.SYS_GETPEERNAME, syscall.SYS_GETSOCKOPT:
		return
	case syscall.SYS_ACCEPT4, syscall.SYS_RECVFROM, syscall.SYS_RECVMSG:
		b.want()
		return
	case syscall.SYS_BIND:
		to, e := parseAddr(file.Bytes(p[1], addrLen(a[2])), k.family)
		switch {
		case e != 0 || anywhere(to.Addr):
			return
		case onLoopback(to.Addr):
			k.stack.startLoopback()
			return
		}
	case syscall.SYS_SETSOCKOPT:
		switch level, name := int(int32(a[1])), int(int32(a[2])); {
		case level == solTCP, level == solIPv6 && name == syscall.IPV6_V6ONLY,
			level == solSocket && name != syscall.SO_BINDTODEVICE && name != soBindToIfx:
			return
		}
	}
	b.wait()
}

func anywhere(a tcpip.Address) bool { return a.Len() == 0 || a.Unspecified() || a == mapped0 }

func onLoopback(a tcpip.Address) bool {
	if a.Len() == 4 {
		return header.IsV4LoopbackAddress(a)
	}
	return a == mappedLo || header.IsV6LoopbackAddress(a)
}
