package socket

import (
	"bytes"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"yolk/kernel/posix/file"
)

// listen4 returns a listening socket on a port of 127.0.0.1.
func listen4(t testing.TB, s *Stack) (sock, netip.AddrPort) {
	t.Helper()
	l := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	a := l.bindTo("127.0.0.1:0")
	l.must(l.call(syscall.SYS_LISTEN, 8))
	return l, a
}

// pair returns a connected pair of stream sockets.
func pair(t testing.TB, s *Stack) (a, b sock) {
	t.Helper()
	l, to := listen4(t, s)
	a = open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := a.dial(to); e != 0 {
		t.Fatal(e)
	}
	return a, l.accept1()
}

func TestStream(t *testing.T) {
	s := newStack(t)
	a, b := pair(t, s)
	if a.local() != b.peer() || a.peer() != b.local() {
		t.Errorf("names differ: %v %v, %v %v", a.local(), b.peer(), a.peer(), b.local())
	}
	a.write("hello")
	if got := b.read(3); string(got) != "hel" {
		t.Errorf("short read %q", got)
	}
	if got := b.read(10); string(got) != "lo" {
		t.Errorf("rest %q", got)
	}
	if _, e := b.Read(make([]byte, 1)); e != syscall.EAGAIN {
		t.Errorf("empty read: %v", e)
	}
	a.must(a.call(syscall.SYS_SHUTDOWN, syscall.SHUT_WR))
	if got := b.read(1); len(got) != 0 {
		t.Errorf("after shutdown: %q", got)
	}
	if _, e := a.Write([]byte("x")); e != syscall.EPIPE {
		t.Errorf("write after shutdown: %v", e)
	}
	b.write("still open")
	if got := a.read(99); string(got) != "still open" {
		t.Errorf("other direction %q", got)
	}
}

// TestConnectedLast: on one processor, too, what can run has had its turn when who connects
// learns that it is connected. Of its turns the scheduler gives each 61st to whom it let wait,
// which may be the one that connects.
func TestConnectedLast(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := newStack(t)
	_, to := listen4(t, s)
	before := 0
	for range 4 {
		a := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if e := a.attempt(to); e != syscall.EINPROGRESS {
			t.Fatal(e)
		}
		var ran atomic.Bool
		go ran.Store(true)
		a.getInt(solSocket, syscall.SO_ERROR)
		if ran.Load() {
			before++
		}
	}
	if before == 0 {
		t.Error("who connects goes on before others that could run")
	}
}

// A megabyte crosses the pair while the writer is stopped and started by the
// buffer's limits, from pieces that lie in an iovec.
func TestStreamBulk(t *testing.T) {
	s := newStack(t)
	a, b := pair(t, s)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		for p := want; len(p) > 0; {
			n := min(len(p), 70000)
			iov := []syscall.Iovec{{Base: &p[0], Len: 1}, {Base: &p[0]}, {Base: &p[min(1, n-1)], Len: uint64(n - 1)}}
			m := syscall.Msghdr{Iov: &iov[0], Iovlen: 3}
			w, e := a.wait(func() (uintptr, syscall.Errno) { return a.call(syscall.SYS_SENDMSG, &m, 0) })
			if e != 0 {
				t.Error(e)
				return
			}
			p = p[w:]
		}
		a.call(syscall.SYS_SHUTDOWN, syscall.SHUT_WR)
	}()
	var got []byte
	for {
		p := b.read(50000)
		if len(p) == 0 {
			break
		}
		got = append(got, p...)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived, or differ from the %d sent", len(got), len(want))
	}
}

func TestConnectErrors(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(netip.MustParseAddrPort("127.0.0.1:1")); e != syscall.ECONNREFUSED {
		t.Errorf("closed port: %v", e)
	}
	k = open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(netip.MustParseAddrPort("192.0.2.1:1")); e != syscall.ENETUNREACH {
		t.Errorf("no route: %v", e)
	}
	b := sockaddr(netip.MustParseAddrPort("[::1]:1"))
	if _, e := k.call(syscall.SYS_CONNECT, b, len(b)); e != syscall.EAFNOSUPPORT {
		t.Errorf("other family: %v", e)
	}
	if _, e := k.call(syscall.SYS_CONNECT, b, 3); e != syscall.EAFNOSUPPORT {
		t.Errorf("short address: %v", e)
	}
	b, n := make([]byte, 28), uint32(28)
	if _, e := k.call(syscall.SYS_GETPEERNAME, b, &n); e != syscall.ENOTCONN {
		t.Errorf("getpeername: %v", e)
	}
	if _, e := k.call(syscall.SYS_ACCEPT4, b, &n, 0); e != syscall.EINVAL {
		t.Errorf("accept on a socket that does not listen: %v", e)
	}
	if _, e := k.call(syscall.SYS_SHUTDOWN, 0); e != syscall.ENOTCONN {
		t.Errorf("shutdown: %v", e)
	}
	l, to := listen4(t, s)
	o := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	b = sockaddr(to)
	if _, e := o.call(syscall.SYS_BIND, b, len(b)); e != syscall.EADDRINUSE {
		t.Errorf("bind to a port in use: %v", e)
	}
	b = sockaddr(netip.MustParseAddrPort("192.0.2.1:80"))
	if _, e := o.call(syscall.SYS_BIND, b, len(b)); e != syscall.EADDRNOTAVAIL {
		t.Errorf("bind to a foreign address: %v", e)
	}
	if l.getInt(solSocket, syscall.SO_ACCEPTCONN) != 1 || o.getInt(solSocket, syscall.SO_ACCEPTCONN) != 0 {
		t.Error("SO_ACCEPTCONN")
	}
}

func TestConnectTwice(t *testing.T) {
	s := newStack(t)
	_, to := listen4(t, s)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(to); e != 0 {
		t.Fatal(e)
	}
	b := sockaddr(to)
	if _, e := k.call(syscall.SYS_CONNECT, b, len(b)); e != 0 {
		t.Errorf("connect after completion: %v", e)
	}
	if _, e := k.call(syscall.SYS_CONNECT, b, len(b)); e != syscall.EISCONN {
		t.Errorf("connect once more: %v", e)
	}
}

// An abortive close (SO_LINGER 0) reaches the peer as a reset.
func TestReset(t *testing.T) {
	s := newStack(t)
	a, b := pair(t, s)
	l := [8]byte{0: 1}
	a.must(a.call(syscall.SYS_SETSOCKOPT, solSocket, syscall.SO_LINGER, l[:], 8))
	a.Close()
	_, e := b.wait(func() (uintptr, syscall.Errno) {
		n, e := b.Read(make([]byte, 1))
		return uintptr(n), e
	})
	if e != syscall.ECONNRESET {
		t.Errorf("read after reset: %v", e)
	}
	if _, e := b.Write([]byte("x")); e != syscall.ECONNRESET && e != syscall.EPIPE {
		t.Errorf("write after reset: %v", e)
	}
}

func TestDualStack(t *testing.T) {
	s := newStack(t)
	l := open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	a := l.bindTo("[::]:0")
	l.must(l.call(syscall.SYS_LISTEN, 8))
	k := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), a.Port())); e != 0 {
		t.Fatal(e)
	}
	c := l.accept1()
	if p := c.peer(); !p.Addr().Is4In6() || p.Addr().Unmap() != k.local().Addr() {
		t.Errorf("IPv4 peer of an IPv6 socket: %v", p)
	}
	k6 := open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if e := k6.dial(netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), a.Port())); e != 0 {
		t.Fatalf("v4-mapped connect: %v", e)
	}
	k6 = open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if e := k6.dial(netip.AddrPortFrom(netip.MustParseAddr("::1"), a.Port())); e != 0 {
		t.Fatalf("connect by IPv6: %v", e)
	}
	only := open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if e := only.setInt(solIPv6, syscall.IPV6_V6ONLY, 1); e != 0 {
		t.Fatal(e)
	}
	a = only.bindTo("[::]:0")
	only.must(only.call(syscall.SYS_LISTEN, 8))
	k = open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), a.Port())); e != syscall.ECONNREFUSED {
		t.Errorf("IPv4 to an IPV6_V6ONLY socket: %v", e)
	}
}

// The unspecified address means this host.
func TestConnectToAny(t *testing.T) {
	s := newStack(t)
	l := open(t, s, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	a := l.bindTo("[::]:0")
	l.must(l.call(syscall.SYS_LISTEN, 8))
	for _, to := range []string{"0.0.0.0", "::", "::ffff:0.0.0.0"} {
		ip := netip.MustParseAddr(to)
		domain := uintptr(syscall.AF_INET6)
		if ip.Is4() {
			domain = syscall.AF_INET
		}
		k := open(t, s, domain, syscall.SOCK_STREAM, 0)
		if e := k.dial(netip.AddrPortFrom(ip, a.Port())); e != 0 {
			t.Errorf("connect to %s: %v", to, e)
		}
	}
}

func TestPoll(t *testing.T) {
	s := newStack(t)
	if m := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0).Poll(); m&file.PollHup == 0 || m&file.PollOut == 0 {
		t.Errorf("fresh stream socket: %#x", m)
	}
	if m := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0).Poll(); m != file.PollOut|0x100 {
		t.Errorf("fresh datagram socket: %#x", m)
	}
	a, b := pair(t, s)
	if m := b.Poll(); m&file.PollIn != 0 || m&file.PollOut == 0 {
		t.Errorf("idle connection: %#x", m)
	}
	a.Close()
	if b.read(1); b.Poll()&(file.PollIn|file.PollRdHup) != file.PollIn|file.PollRdHup {
		t.Errorf("peer closed: %#x", b.Poll())
	}
}
