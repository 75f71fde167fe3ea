package socket

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"
)

func udp4(t testing.TB, s *Stack) (sock, netip.AddrPort) {
	t.Helper()
	k := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	return k, k.bindTo("127.0.0.1:0")
}

func (k sock) sendTo(p string, to netip.AddrPort) syscall.Errno {
	b := sockaddr(to)
	n, e := k.call(syscall.SYS_SENDTO, []byte(p), len(p), 0, b, len(b))
	if e == 0 && int(n) != len(p) {
		k.t.Errorf("sendto took %d of %d bytes", n, len(p))
	}
	return e
}

// recvFrom waits for one datagram and returns up to n bytes of it and the
// call's return value.
func (k sock) recvFrom(n int, flags int) (string, int, netip.AddrPort) {
	k.t.Helper()
	p, b, l := make([]byte, n), make([]byte, sizeofIn6), uint32(sizeofIn6)
	m := k.must(k.wait(func() (uintptr, syscall.Errno) {
		return k.call(syscall.SYS_RECVFROM, p, n, flags, b, &l)
	}))
	return string(p[:min(m, n)]), m, addrPort(b[:l])
}

func TestDatagram(t *testing.T) {
	s := newStack(t)
	a, aa := udp4(t, s)
	b, ba := udp4(t, s)
	for _, p := range []string{"first", "", "third"} {
		if e := a.sendTo(p, ba); e != 0 {
			t.Fatal(e)
		}
	}
	if p, n, from := b.recvFrom(3, syscall.MSG_PEEK); p != "fir" || n != 3 || from != aa {
		t.Errorf("peek: %q %d %v", p, n, from)
	}
	if p, n, _ := b.recvFrom(3, syscall.MSG_TRUNC); p != "fir" || n != 5 {
		t.Errorf("MSG_TRUNC: %q %d", p, n)
	}
	if _, n, from := b.recvFrom(0, 0); n != 0 || from != aa {
		t.Errorf("empty datagram: %d %v", n, from)
	}
	if p, _, _ := b.recvFrom(2, 0); p != "th" {
		t.Errorf("truncated: %q", p)
	}
	if _, e := b.Read(make([]byte, 9)); e != syscall.EAGAIN {
		t.Errorf("the rest of a datagram is lost: %v", e)
	}
	if e := a.sendTo(string(make([]byte, 65508)), ba); e != syscall.EMSGSIZE {
		t.Errorf("too long: %v", e)
	}
	if _, e := a.Write([]byte("x")); e != syscall.EDESTADDRREQ {
		t.Errorf("no destination: %v", e)
	}
}

func TestDatagramConnected(t *testing.T) {
	s := newStack(t)
	a, aa := udp4(t, s)
	b, ba := udp4(t, s)
	if e := a.dial(ba); e != 0 {
		t.Fatal(e)
	}
	a.write("to the peer")
	if p, _, from := b.recvFrom(99, 0); p != "to the peer" || from != aa {
		t.Errorf("%q from %v", p, from)
	}
	c, _ := udp4(t, s)
	c.sendTo("stranger", aa)
	if _, e := a.Read(make([]byte, 9)); e != syscall.EAGAIN {
		t.Errorf("a connected socket hears a stranger: %v", e)
	}
	un := make([]byte, 16) // AF_UNSPEC dissolves the association
	a.must(a.call(syscall.SYS_CONNECT, un, 16))
	b.Close()
	a2 := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	a2.dial(ba)
	a2.write("nobody there")
	_, e := a2.wait(func() (uintptr, syscall.Errno) {
		n, e := a2.Read(make([]byte, 9))
		return uintptr(n), e
	})
	if e != syscall.ECONNREFUSED {
		t.Errorf("port unreachable: %v", e)
	}
}

// recvMsg receives with room for control messages.
func (k sock) recvMsg(n, control int) (string, syscall.Msghdr, []byte) {
	k.t.Helper()
	p, oob, name := make([]byte, n), make([]byte, control+1), make([]byte, sizeofIn6)
	iov := syscall.Iovec{Base: &p[0], Len: uint64(n)}
	m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Name: &name[0], Namelen: sizeofIn6, Control: &oob[0], Controllen: uint64(control)}
	got := k.must(k.wait(func() (uintptr, syscall.Errno) { return k.call(syscall.SYS_RECVMSG, &m, 0) }))
	return string(p[:got]), m, oob[:m.Controllen]
}

func TestControlMessages(t *testing.T) {
	s := newStack(t)
	a, _ := udp4(t, s)
	b, ba := udp4(t, s)
	for _, o := range []int{syscall.IP_PKTINFO, syscall.IP_RECVTTL, syscall.IP_RECVTOS, ipRecvOrigDst} {
		if e := b.setInt(solIP, o, 1); e != 0 {
			t.Fatal(o, e)
		}
	}
	var ttl [24]byte
	binary.NativeEndian.PutUint64(ttl[:], 20)
	binary.NativeEndian.PutUint32(ttl[12:], syscall.IP_TTL)
	ttl[16] = 7
	name, body := sockaddr(ba), []byte("marked")
	iov := syscall.Iovec{Base: &body[0], Len: uint64(len(body))}
	m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Name: &name[0], Namelen: sizeofIn, Control: &ttl[0], Controllen: 24}
	a.must(a.call(syscall.SYS_SENDMSG, &m, 0))
	p, m, oob := b.recvMsg(99, 200)
	if p != "marked" || m.Flags != 0 || m.Namelen != sizeofIn {
		t.Errorf("%q flags %#x name %d", p, m.Flags, m.Namelen)
	}
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) != 4 {
		t.Fatalf("%d control messages, %v", len(msgs), err)
	}
	for _, c := range msgs {
		switch c.Header.Type {
		case syscall.IP_TTL:
			if c.Data[0] != 7 {
				t.Errorf("TTL %d", c.Data[0])
			}
		case ipRecvOrigDst:
			if want := sockaddr(ba); !bytes.Equal(c.Data, want) {
				t.Errorf("sent to % x, want % x", c.Data, want)
			}
		case syscall.IP_PKTINFO:
			if c.Data[0] != 1 || !bytes.Equal(c.Data[4:12], []byte{127, 0, 0, 1, 127, 0, 0, 1}) {
				t.Errorf("pktinfo % x", c.Data)
			}
		}
	}
	a.sendTo("again", ba)
	if _, m, oob := b.recvMsg(2, 20); m.Flags != syscall.MSG_TRUNC|syscall.MSG_CTRUNC || len(oob) > 20 {
		t.Errorf("flags %#x, %d bytes of control", m.Flags, len(oob))
	}
	binary.NativeEndian.PutUint64(ttl[:], 99)
	m = syscall.Msghdr{Iov: &iov, Iovlen: 1, Name: &name[0], Namelen: sizeofIn, Control: &ttl[0], Controllen: 24}
	if _, e := a.call(syscall.SYS_SENDMSG, &m, 0); e != syscall.EINVAL {
		t.Errorf("control message longer than its buffer: %v", e)
	}
}

// TestClassOfOne: a packet's own traffic class (TOS, with ECN) is that packet's only.
func TestClassOfOne(t *testing.T) {
	for _, c := range []struct {
		family            uintptr
		level, set, recv  int
		ofMessage, option int
	}{
		{syscall.AF_INET, solIP, syscall.IP_TOS, syscall.IP_RECVTOS, syscall.IP_TOS, syscall.IP_TOS},
		{syscall.AF_INET6, solIPv6, syscall.IPV6_TCLASS, syscall.IPV6_RECVTCLASS, syscall.IPV6_TCLASS, syscall.IPV6_TCLASS},
	} {
		s := newStack(t)
		host := map[uintptr]string{syscall.AF_INET: "127.0.0.1:0", syscall.AF_INET6: "[::1]:0"}[c.family]
		a, b := open(t, s, c.family, syscall.SOCK_DGRAM, 0), open(t, s, c.family, syscall.SOCK_DGRAM, 0)
		a.bindTo(host)
		to := b.bindTo(host)
		if e := b.setInt(c.level, c.recv, 1); e != 0 {
			t.Fatal(e)
		}
		if e := a.setInt(c.level, c.set, 0x20); e != 0 {
			t.Fatal(e)
		}
		for _, own := range []int{-1, 2, 1, 0, -1} {
			want := byte(0x20)
			name, body := sockaddr(to), []byte("x")
			iov := syscall.Iovec{Base: &body[0], Len: 1}
			m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Name: &name[0], Namelen: uint32(len(name))}
			if own >= 0 {
				b := cmsg(uint32(c.level), uint32(c.ofMessage), byte(own), 0, 0, 0)
				m.Control, m.Controllen = &b[0], uint64(len(b))
				want = byte(own)
			}
			a.must(a.call(syscall.SYS_SENDMSG, &m, 0))
			_, _, oob := b.recvMsg(9, 100)
			msgs, _ := syscall.ParseSocketControlMessage(oob)
			if len(msgs) != 1 || msgs[0].Data[0] != want {
				t.Errorf("family %d, own class %d: %+v, want %#x", c.family, own, msgs, want)
			}
		}
		wrong := cmsg(uint32(c.level), uint32(c.ofMessage), 0, 1, 0, 0)
		var o outgoing
		if e := (&Socket{}).parseControl(wrong, &o); e != syscall.EINVAL {
			t.Errorf("a class of 256: %v", e)
		}
	}
}

// An IPv6 socket sees IPv4 packets v4-mapped, in names and in IPV6_PKTINFO.
func TestPktinfoMapped(t *testing.T) {
	s := newStack(t)
	b := open(t, s, syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	to := b.bindTo("[::]:0")
	if e := b.setInt(solIPv6, syscall.IPV6_RECVPKTINFO, 1); e != 0 {
		t.Fatal(e)
	}
	a, aa := udp4(t, s)
	a.sendTo("x", netip.AddrPortFrom(aa.Addr(), to.Port()))
	_, m, oob := b.recvMsg(9, 100)
	if m.Namelen != sizeofIn6 {
		t.Errorf("name of %d bytes", m.Namelen)
	}
	msgs, _ := syscall.ParseSocketControlMessage(oob)
	if len(msgs) != 1 || msgs[0].Header.Type != syscall.IPV6_PKTINFO {
		t.Fatalf("%+v", msgs)
	}
	if ip := netip.AddrFrom16([16]byte(msgs[0].Data)); ip != netip.MustParseAddr("::ffff:127.0.0.1") {
		t.Errorf("destination %v", ip)
	}
}

func TestMulticastLoop(t *testing.T) {
	s := newStack(t)
	b := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if e := b.setInt(solSocket, syscall.SO_REUSEADDR, 1); e != 0 {
		t.Fatal(e)
	}
	to := b.bindTo("224.0.0.251:0")
	mreqn := []byte{224, 0, 0, 251, 0, 0, 0, 0, 1, 0, 0, 0}
	b.must(b.call(syscall.SYS_SETSOCKOPT, solIP, syscall.IP_ADD_MEMBERSHIP, mreqn, 12))
	if _, e := b.call(syscall.SYS_SETSOCKOPT, solIP, syscall.IP_ADD_MEMBERSHIP, mreqn, 12); e != syscall.EADDRINUSE {
		t.Errorf("joined twice: %v", e)
	}
	a, _ := udp4(t, s)
	a.must(a.call(syscall.SYS_SETSOCKOPT, solIP, syscall.IP_MULTICAST_IF, []byte{127, 0, 0, 1}, 4))
	if e := a.sendTo("group", to); e != 0 {
		t.Fatal(e)
	}
	if p, _, _ := b.recvFrom(9, 0); p != "group" {
		t.Errorf("%q", p)
	}
	b.must(b.call(syscall.SYS_SETSOCKOPT, solIP, syscall.IP_DROP_MEMBERSHIP, mreqn, 12))
	a.sendTo("nobody", to)
	if _, e := b.Read(make([]byte, 9)); e != syscall.EAGAIN {
		t.Errorf("after leaving: %v", e)
	}
}

// Echo by the unprivileged ping socket: the stack answers for lo.
func TestPing(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP)
	echo := []byte{8, 0, 0, 0, 0, 0, 0, 1, 'h', 'i'}
	if e := k.sendTo(string(echo), netip.MustParseAddrPort("127.0.0.1:0")); e != 0 {
		t.Fatal(e)
	}
	p, _, _ := k.recvFrom(99, 0)
	if len(p) != len(echo) || p[0] != 0 || p[8:] != "hi" {
		t.Errorf("reply % x", p)
	}
}

// A raw ICMP socket sees the request and the reply, with their IP headers.
func TestRaw(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)
	echo := []byte{8, 0, 0xf7, 0xfe, 0, 0, 0, 1}
	if e := k.sendTo(string(echo), netip.MustParseAddrPort("127.0.0.1:0")); e != 0 {
		t.Fatal(e)
	}
	for range 2 {
		p, _, _ := k.recvFrom(99, 0)
		if len(p) != 28 || p[0] != 0x45 || p[20] != 0 && p[20] != 8 {
			t.Errorf("% x", p)
		}
	}
}

// An IPPROTO_RAW socket sends packets with their IP header.
func TestRawHeaderIncluded(t *testing.T) {
	s := newStack(t)
	r := open(t, s, syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_RAW)
	u, to := udp4(t, s)
	m := []byte("raw")
	p := udpPacket(m, loopback4, loopback4)
	binary.BigEndian.PutUint16(p[22:], to.Port())
	binary.BigEndian.PutUint16(p[26:], 0) // no checksum
	if e := r.sendTo(string(p), netip.MustParseAddrPort("127.0.0.1:0")); e != 0 {
		t.Fatal(e)
	}
	if got, _, from := u.recvFrom(9, 0); got != "raw" || from.Port() != clientPort {
		t.Errorf("%q from %v", got, from)
	}
}
