package file

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

const (
	stream    = syscall.SOCK_STREAM
	datagram  = syscall.SOCK_DGRAM
	seqpacket = syscall.SOCK_SEQPACKET
	nonblock  = syscall.SOCK_NONBLOCK
)

func unixSock(t testing.TB, typ int) int {
	t.Helper()
	Full()
	fd := must(t, syscall.SYS_SOCKET, syscall.AF_UNIX, typ, 0)
	t.Cleanup(func() { closeFD(fd) })
	return fd
}

func unixPair(t testing.TB, typ int) (a, b int) {
	Full()
	var fds [2]int32
	must(t, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, typ, 0, ptr(&fds))
	t.Cleanup(func() { closeFD(int(fds[0])); closeFD(int(fds[1])) })
	return int(fds[0]), int(fds[1])
}

// sockaddr is an address as bind takes it; @ stands for the abstract zero.
func sockaddr(name string) []byte {
	a := append([]byte{syscall.AF_UNIX, 0}, name...)
	if strings.HasPrefix(name, "@") {
		a[2] = 0
	} else if name != "" {
		a = append(a, 0)
	}
	return a
}

func bind(t testing.TB, fd int, name string) {
	t.Helper()
	a := sockaddr(name)
	must(t, syscall.SYS_BIND, fd, a, len(a))
}

func connect(fd int, name string) syscall.Errno {
	a := sockaddr(name)
	_, e := invoke(syscall.SYS_CONNECT, fd, a, len(a))
	return e
}

func nameOf(t testing.TB, nr uintptr, fd int) string {
	t.Helper()
	a := make([]byte, 200)
	n := uint32(len(a))
	must(t, nr, fd, a, ptr(&n))
	return string(a[2:n])
}

func TestUnixStreamConnection(t *testing.T) {
	for _, name := range []string{"/tmp/sock", "@abstract"} {
		t.Run(name, func(t *testing.T) {
			defer invoke(syscall.SYS_UNLINKAT, here, name, 0)
			l := unixSock(t, stream)
			fails(t, syscall.EINVAL, syscall.SYS_LISTEN, l, 5)
			bind(t, l, name)
			other := unixSock(t, stream)
			a := sockaddr(name)
			fails(t, syscall.EADDRINUSE, syscall.SYS_BIND, other, a, len(a))
			if e := connect(other, name); e != syscall.ECONNREFUSED {
				t.Fatal("before listen:", e)
			}
			must(t, syscall.SYS_LISTEN, l, 5)
			accepted := make(chan int)
			go func() { accepted <- must(t, syscall.SYS_ACCEPT4, l, 0, 0, 0) }()
			if e := connect(other, name); e != 0 {
				t.Fatal(e)
			}
			conn := <-accepted
			defer closeFD(conn)
			if got := nameOf(t, syscall.SYS_GETPEERNAME, other); got != string(a[2:]) {
				t.Errorf("peer %q", got)
			}
			if got := nameOf(t, syscall.SYS_GETPEERNAME, conn); got != "" {
				t.Errorf("peer of accepted %q", got)
			}
			write(other, []byte("ping"))
			b := make([]byte, 2)
			for _, want := range []string{"pi", "ng"} {
				if n, e := read(conn, b); string(b[:n]) != want || e != 0 {
					t.Fatal(n, e)
				}
			}
			must(t, syscall.SYS_SHUTDOWN, other, syscall.SHUT_WR)
			if n, e := read(conn, b); n != 0 || e != 0 {
				t.Fatal("after shutdown:", n, e)
			}
			write(conn, []byte("x"))
			closeFD(conn)
			if n, e := read(other, b); n != 1 || e != 0 {
				t.Fatal(n, e)
			}
			if _, e := write(other, b); e != syscall.EPIPE {
				t.Fatal(e)
			}
			closeFD(l)
			if e := connect(unixSock(t, stream), name); e != syscall.ECONNREFUSED {
				t.Fatal("after close:", e)
			}
		})
	}
}

func TestUnixBacklogAndCloseOfListener(t *testing.T) {
	l := unixSock(t, stream|nonblock)
	bind(t, l, "@backlog")
	must(t, syscall.SYS_LISTEN, l, 1)
	fails(t, syscall.EAGAIN, syscall.SYS_ACCEPT4, l)
	var clients []int
	for range 2 {
		c := unixSock(t, stream|nonblock)
		if e := connect(c, "@backlog"); e != 0 {
			t.Fatal(e)
		}
		clients = append(clients, c)
	}
	if e := connect(unixSock(t, stream|nonblock), "@backlog"); e != syscall.EAGAIN {
		t.Fatal(e)
	}
	closeFD(l)
	if n, e := read(clients[0], make([]byte, 1)); n != 0 || e != 0 {
		t.Fatal("connection that was never accepted:", n, e)
	}
}

func TestUnixDatagram(t *testing.T) {
	for _, typ := range []int{datagram, seqpacket} {
		a, b := unixPair(t, typ|nonblock)
		write(a, []byte("first"))
		write(a, []byte("second"))
		buf := make([]byte, 3)
		if n, _ := read(b, buf); string(buf[:n]) != "fir" {
			t.Fatal(string(buf[:n]))
		}
		buf = make([]byte, 30)
		if n, _ := read(b, buf); string(buf[:n]) != "second" {
			t.Fatal("the rest of a message must be lost:", string(buf[:n]))
		}
		fails(t, syscall.EAGAIN, syscall.SYS_READ, b, buf, 30)
		fails(t, syscall.EMSGSIZE, syscall.SYS_WRITE, a, make([]byte, unixBuffer+1), unixBuffer+1)
	}
	s := unixSock(t, datagram|nonblock)
	bind(t, s, "@server")
	c := unixSock(t, datagram|nonblock)
	bind(t, c, "") // a name is picked
	to := sockaddr("@server")
	must(t, syscall.SYS_SENDTO, c, []byte("hello"), 5, 0, to, len(to))
	buf, from := make([]byte, 30), make([]byte, 110)
	size := uint32(len(from))
	if n := must(t, syscall.SYS_RECVFROM, s, buf, 30, 0, from, ptr(&size)); string(buf[:n]) != "hello" || size != 8 || from[2] != 0 {
		t.Fatal(n, from[:size])
	}
	must(t, syscall.SYS_SENDTO, s, []byte("back"), 4, 0, from[:size], int(size))
	if n, _ := read(c, buf); string(buf[:n]) != "back" {
		t.Fatal(n)
	}
	closeFD(s)
	fails(t, syscall.ECONNREFUSED, syscall.SYS_SENDTO, c, []byte("x"), 1, 0, to, len(to))
}

func TestUnixFlowControl(t *testing.T) {
	a, b := unixPair(t, stream)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	var wg sync.WaitGroup
	wg.Go(func() {
		if n, e := write(a, data); n != len(data) || e != 0 {
			t.Error(n, e)
		}
		closeFD(a)
	})
	var got []byte
	buf := make([]byte, 60001)
	for {
		n, e := read(b, buf)
		if e != 0 {
			t.Fatal(e)
		}
		if n == 0 {
			break
		}
		got = append(got, buf[:n]...)
	}
	wg.Wait()
	if !bytes.Equal(got, data) {
		t.Error("other bytes came out")
	}
}

// message sends or receives one byte with control data.
func message(nr uintptr, fd int, control []byte, flags int) (n uintptr, m syscall.Msghdr, e syscall.Errno) {
	b := []byte{'x'}
	iov := syscall.Iovec{Base: &b[0], Len: 1}
	m = syscall.Msghdr{Iov: &iov, Iovlen: 1, Control: unsafe.SliceData(control), Controllen: uint64(len(control))}
	n, e = invoke(nr, fd, ptr(&m), flags)
	return n, m, e
}

func TestUnixRights(t *testing.T) {
	a, b := unixPair(t, stream)
	r, w := pipes(t, 0)
	if _, _, e := message(syscall.SYS_SENDMSG, a, syscall.UnixRights(w, r), 0); e != 0 {
		t.Fatal(e)
	}
	closeFD(w) // it travels
	control := make([]byte, syscall.CmsgSpace(8))
	_, m, e := message(syscall.SYS_RECVMSG, b, control, msgCmsgCloexec)
	if e != 0 {
		t.Fatal(e)
	}
	msgs, err := syscall.ParseSocketControlMessage(control[:m.Controllen])
	if err != nil || len(msgs) != 1 {
		t.Fatal(err, msgs)
	}
	fds, err := syscall.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 2 {
		t.Fatal(err, fds)
	}
	if must(t, syscall.SYS_FCNTL, fds[0], syscall.F_GETFD) != 1 {
		t.Error("MSG_CMSG_CLOEXEC")
	}
	write(fds[0], []byte("through"))
	buf := make([]byte, 9)
	if n, _ := read(r, buf); string(buf[:n]) != "through" {
		t.Error(string(buf[:n]))
	}
	closeFD(fds[0])
	closeFD(fds[1])
	if n, e := read(r, buf); n != 0 || e != 0 {
		t.Error("the write end is still open:", n, e)
	}
	// No room, and never read: both close what travels.
	for _, room := range []int{16, -1} {
		r, w := pipes(t, 0)
		message(syscall.SYS_SENDMSG, a, syscall.UnixRights(w), 0)
		closeFD(w)
		if room >= 0 {
			if _, m, _ := message(syscall.SYS_RECVMSG, b, make([]byte, room), 0); m.Flags&msgCtrunc == 0 {
				t.Error("no MSG_CTRUNC")
			}
		} else {
			closeFD(b)
		}
		if n, e := read(r, buf); n != 0 || e != 0 {
			t.Error("leaked:", n, e)
		}
	}
	if _, _, e := message(syscall.SYS_SENDMSG, a, syscall.UnixRights(55555), 0); e != syscall.EBADF {
		t.Error(e)
	}
}

func TestUnixCredentials(t *testing.T) {
	a, b := unixPair(t, datagram)
	on := int32(1)
	must(t, syscall.SYS_SETSOCKOPT, b, syscall.SOL_SOCKET, soPassCred, ptr(&on), 4)
	cred := syscall.Ucred{Pid: int32(syscall.Getpid())}
	message(syscall.SYS_SENDMSG, a, syscall.UnixCredentials(&cred), 0)
	control := make([]byte, syscall.CmsgSpace(12))
	_, m, _ := message(syscall.SYS_RECVMSG, b, control, 0)
	msgs, err := syscall.ParseSocketControlMessage(control[:m.Controllen])
	if err != nil || len(msgs) != 1 {
		t.Fatal(err, msgs)
	}
	if got, err := syscall.ParseUnixCredentials(&msgs[0]); err != nil || *got != cred {
		t.Error(got, err)
	}
	var size int32 = 12
	must(t, syscall.SYS_GETSOCKOPT, a, syscall.SOL_SOCKET, soPeercred, ptr(&cred), ptr(&size))
}

func TestSocketErrors(t *testing.T) {
	Full()
	fails(t, syscall.EAFNOSUPPORT, syscall.SYS_SOCKET, syscall.AF_INET, stream, 0)
	fails(t, syscall.EAFNOSUPPORT, syscall.SYS_SOCKET, 1000, stream, 0)
	fails(t, syscall.ESOCKTNOSUPPORT, syscall.SYS_SOCKET, syscall.AF_UNIX, 9, 0)
	fails(t, syscall.ENOTSOCK, syscall.SYS_LISTEN, 1, 1)
	s := unixSock(t, stream)
	fails(t, syscall.ENOTCONN, syscall.SYS_GETPEERNAME, s)
	fails(t, syscall.EINVAL, syscall.SYS_ACCEPT, s)
	fails(t, syscall.EINVAL, syscall.SYS_READ, s, make([]byte, 1), 1)
	fails(t, syscall.ENOTCONN, syscall.SYS_WRITE, s, make([]byte, 1), 1)
	if e := connect(s, "/no/such"); e != syscall.ENOENT {
		t.Error(e)
	}
	if e := connect(s, "/etc/hosts"); e != syscall.ECONNREFUSED {
		t.Error(e)
	}
}

func TestReceiveTimeout(t *testing.T) {
	a, _ := unixPair(t, stream)
	limit := syscall.Timeval{Usec: 5000}
	must(t, syscall.SYS_SETSOCKOPT, a, syscall.SOL_SOCKET, soRcvtimeo, ptr(&limit), 16)
	fails(t, syscall.EAGAIN, syscall.SYS_READ, a, make([]byte, 1), 1)
	fails(t, syscall.EAGAIN, syscall.SYS_RECVFROM, a, make([]byte, 1), 1, msgDontwait)
}

func TestSocketTransfersStayOnStack(t *testing.T) {
	a, b := unixPair(t, datagram|nonblock)
	buf := make([]byte, 1)
	if n := testing.AllocsPerRun(100, func() {
		Handle(syscall.SYS_RECVFROM, uintptr(b), 0, 1, 0, 0, 0, nil, unsafe.Pointer(&buf[0]), nil, nil, nil, nil)
	}); n != 0 {
		t.Error("allocations in recvfrom:", n)
	}
	_ = a
}

func TestMmsgAndVectors(t *testing.T) {
	a, b := unixPair(t, datagram|nonblock)
	words := []string{"one", "three", "eleven"}
	var out [3]mmsghdr
	var iov [3]syscall.Iovec
	for k, w := range words {
		p := []byte(w)
		iov[k] = syscall.Iovec{Base: &p[0], Len: uint64(len(p))}
		out[k].Hdr.Iov, out[k].Hdr.Iovlen = &iov[k], 1
	}
	if n := must(t, sysSendmmsg, a, ptr(&out[0]), 3, 0); n != 3 || out[2].Len != 6 {
		t.Fatal(n, out[2].Len)
	}
	for k := range iov {
		p := make([]byte, 20)
		iov[k] = syscall.Iovec{Base: &p[0], Len: 20}
	}
	if n := must(t, sysRecvmmsg, b, ptr(&out[0]), 3, 0); n != 3 || out[1].Len != 5 {
		t.Fatal(n, out[1].Len)
	}
	for k := range iov { // one vector is one datagram
		iov[k].Len = 2
	}
	if n := must(t, syscall.SYS_WRITEV, a, ptr(&iov[0]), 3); n != 6 {
		t.Fatal(n)
	}
	p := make([]byte, 20)
	if n, _ := read(b, p); string(p[:n]) != "onthel" {
		t.Error(string(p[:n]))
	}
}

// TestUnixTable: each socket has a line of Linux's form.
func TestUnixTable(t *testing.T) {
	Full()
	Tree()
	var fds [2]int32
	if e := sysSocketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET, &fds); e != 0 {
		t.Fatal(e)
	}
	t.Cleanup(func() {
		for _, fd := range fds {
			must(t, syscall.SYS_CLOSE, uintptr(fd), 0, 0)
		}
	})
	got := string(procUnix())
	if n := strings.Count(got, ": 00000002 00000000 00000000 0005 03 "); n != 2 {
		t.Errorf("%d lines of connected sockets in\n%s", n, got)
	}
	if want, err := os.ReadFile("/proc/net/unix"); err == nil {
		heading, _, _ := strings.Cut(string(want), "\n")
		if first, _, _ := strings.Cut(got, "\n"); first != heading {
			t.Errorf("%q, Linux has %q", first, heading)
		}
	}
}
