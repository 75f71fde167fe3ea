package socket

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"gvisor.dev/gvisor/pkg/waiter"

	"yolk/kernel/posix/file"
)

// sock drives a Socket by its call interface, as kernel/posix/file does, and blocks
// by itself where file would.
type sock struct {
	*Socket
	t testing.TB
}

const patience = 10 * time.Second

// logTo is t.Logf until the test ends: a stack's goroutines may live on for a moment.
func logTo(t testing.TB) func(string, ...any) {
	var mu sync.Mutex
	over := false
	t.Cleanup(func() {
		mu.Lock()
		over = true
		mu.Unlock()
	})
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			t.Logf(format, args...)
		}
	}
}

func newStack(t testing.TB) *Stack {
	t.Helper()
	s, err := New(Options{Logf: logTo(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func open(t testing.TB, s *Stack, domain, typ, proto uintptr) sock {
	t.Helper()
	f, e := s.NewSocket(domain, typ, proto)
	if e != 0 {
		t.Fatalf("socket(%d, %d, %d): %v", domain, typ, proto, e)
	}
	k := sock{f.(*Socket), t}
	t.Cleanup(func() { k.Close() })
	return k
}

// call makes one socket call. Arguments are integers or pointers.
func (k sock) call(nr uintptr, args ...any) (uintptr, syscall.Errno) {
	var a [6]uintptr
	var p [6]unsafe.Pointer
	k.arguments(args, &a, &p)
	return k.SocketCall(nr, &a, &p)
}

// arguments lays out those of a call.
func (k sock) arguments(args []any, a *[6]uintptr, p *[6]unsafe.Pointer) {
	for i, v := range args {
		switch v := v.(type) {
		case int:
			a[i+1] = uintptr(v)
		case uintptr:
			a[i+1] = v
		case []byte:
			p[i+1] = unsafe.Pointer(unsafe.SliceData(v))
			a[i+1] = uintptr(p[i+1])
		case *uint32:
			p[i+1], a[i+1] = unsafe.Pointer(v), uintptr(unsafe.Pointer(v))
		case *syscall.Msghdr:
			p[i+1], a[i+1] = unsafe.Pointer(v), uintptr(unsafe.Pointer(v))
		default:
			k.t.Fatalf("argument %d has type %T", i, v)
		}
	}
}

// wait repeats try while it answers EAGAIN.
func (k sock) wait(try func() (uintptr, syscall.Errno)) (uintptr, syscall.Errno) {
	k.t.Helper()
	e, ch := waiter.NewChannelEntry(events)
	k.queue.EventRegister(&e)
	defer k.queue.EventUnregister(&e)
	end := time.After(patience)
	for {
		n, e := try()
		if e != syscall.EAGAIN {
			return n, e
		}
		select {
		case <-ch:
		case <-end:
			k.t.Fatal("the call stays blocked")
		}
	}
}

// must fails the test on an error.
func (k sock) must(n uintptr, e syscall.Errno) int {
	k.t.Helper()
	if e != 0 {
		k.t.Fatalf("%v", e)
	}
	return int(n)
}

func sockaddr(a netip.AddrPort) []byte {
	if a.Addr().Is4() {
		b := make([]byte, sizeofIn)
		binary.NativeEndian.PutUint16(b, syscall.AF_INET)
		binary.BigEndian.PutUint16(b[2:], a.Port())
		copy(b[4:], a.Addr().AsSlice())
		return b
	}
	b := make([]byte, sizeofIn6)
	binary.NativeEndian.PutUint16(b, syscall.AF_INET6)
	binary.BigEndian.PutUint16(b[2:], a.Port())
	copy(b[8:], a.Addr().AsSlice())
	return b
}

func addrPort(b []byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(b[2:])
	if binary.NativeEndian.Uint16(b) == syscall.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), port)
}

func (k sock) bindTo(a string) netip.AddrPort {
	k.t.Helper()
	b := sockaddr(netip.MustParseAddrPort(a))
	k.must(k.call(syscall.SYS_BIND, b, len(b)))
	return k.local()
}

func (k sock) local() netip.AddrPort { return k.address(syscall.SYS_GETSOCKNAME) }
func (k sock) peer() netip.AddrPort  { return k.address(syscall.SYS_GETPEERNAME) }

func (k sock) address(nr uintptr) netip.AddrPort {
	k.t.Helper()
	b, n := make([]byte, sizeofIn6), uint32(sizeofIn6)
	k.must(k.call(nr, b, &n))
	return addrPort(b[:n])
}

// dial connects and waits for the outcome as package net does.
func (k sock) dial(to netip.AddrPort) syscall.Errno {
	k.t.Helper()
	if e := k.attempt(to); e != syscall.EINPROGRESS {
		return e
	}
	return syscall.Errno(k.getInt(solSocket, syscall.SO_ERROR))
}

// attempt begins to connect. If that answers EINPROGRESS it is over when attempt returns.
func (k sock) attempt(to netip.AddrPort) syscall.Errno {
	k.t.Helper()
	b := sockaddr(to)
	_, e := k.call(syscall.SYS_CONNECT, b, len(b))
	if e != syscall.EINPROGRESS {
		return e
	}
	k.wait(func() (uintptr, syscall.Errno) {
		if k.Poll()&file.PollOut == 0 {
			return 0, syscall.EAGAIN
		}
		return 0, 0
	})
	return e
}

// accept1 waits for a connection.
func (k sock) accept1() sock {
	k.t.Helper()
	b, n := make([]byte, sizeofIn6), uint32(sizeofIn6)
	fd := k.must(k.wait(func() (uintptr, syscall.Errno) {
		return k.call(syscall.SYS_ACCEPT4, b, &n, syscall.SOCK_NONBLOCK)
	}))
	f, ok := file.Lookup(uintptr(fd))
	if !ok {
		k.t.Fatalf("accept4 returned %d, which is not open", fd)
	}
	c := sock{f.(*Socket), k.t}
	if p := c.peer(); p != addrPort(b[:n]) {
		k.t.Errorf("accept4 says the peer is %v, getpeername %v", addrPort(b[:n]), p)
	}
	k.t.Cleanup(func() { c.Close() })
	return c
}

func (k sock) read(n int) []byte {
	k.t.Helper()
	b := make([]byte, n)
	m := k.must(k.wait(func() (uintptr, syscall.Errno) {
		m, e := k.Read(b)
		return uintptr(m), e
	}))
	return b[:m]
}

func (k sock) write(b string) {
	k.t.Helper()
	p := []byte(b)
	for len(p) > 0 {
		p = p[k.must(k.wait(func() (uintptr, syscall.Errno) {
			n, e := k.Write(p)
			return uintptr(n), e
		})):]
	}
}

func (k sock) setInt(level, name, v int) syscall.Errno {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(v))
	_, e := k.call(syscall.SYS_SETSOCKOPT, level, name, b[:], 4)
	return e
}

func (k sock) getInt(level, name int) int {
	k.t.Helper()
	b, n := make([]byte, 4), uint32(4)
	k.must(k.call(syscall.SYS_GETSOCKOPT, level, name, b, &n))
	return int(int32(binary.NativeEndian.Uint32(b)))
}
