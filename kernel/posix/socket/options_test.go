package socket

import (
	"encoding/binary"
	"math"
	"syscall"
	"testing"
)

// Values that are read back as they were set.
func TestOptionRoundTrip(t *testing.T) {
	s := newStack(t)
	tcp := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	udp := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	six := open(t, s, syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	for _, c := range []struct {
		k              sock
		level, name, v int
	}{
		{tcp, solSocket, syscall.SO_REUSEADDR, 1}, {tcp, solSocket, soReusePort, 1},
		{tcp, solSocket, syscall.SO_KEEPALIVE, 1}, {udp, solSocket, syscall.SO_BROADCAST, 1},
		{tcp, solSocket, syscall.SO_PRIORITY, 5}, {tcp, solSocket, syscall.SO_MARK, 7},
		{tcp, solSocket, syscall.SO_OOBINLINE, 1}, {udp, solSocket, syscall.SO_TIMESTAMP, 1},
		{tcp, solTCP, syscall.TCP_NODELAY, 1}, {tcp, solTCP, syscall.TCP_NODELAY, 0},
		{tcp, solTCP, syscall.TCP_KEEPIDLE, 15}, {tcp, solTCP, syscall.TCP_KEEPINTVL, 16},
		{tcp, solTCP, syscall.TCP_KEEPCNT, 4}, {tcp, solTCP, tcpUserTimeout, 5000},
		{tcp, solTCP, syscall.TCP_DEFER_ACCEPT, 3}, {tcp, solTCP, syscall.TCP_CORK, 1},
		{tcp, solTCP, syscall.TCP_QUICKACK, 0}, {tcp, solTCP, syscall.TCP_LINGER2, 9},
		{udp, solIP, syscall.IP_TTL, 3}, {udp, solIP, syscall.IP_TOS, 0x10}, {udp, solIP, syscall.IP_MULTICAST_TTL, 2},
		{udp, solIP, syscall.IP_MULTICAST_LOOP, 0}, {udp, solIP, syscall.IP_PKTINFO, 1}, {udp, solIP, syscall.IP_RECVTTL, 1},
		{udp, solIP, syscall.IP_RECVTOS, 1}, {six, solIPv6, syscall.IPV6_V6ONLY, 1},
		{six, solIPv6, syscall.IPV6_RECVPKTINFO, 1}, {six, solIPv6, syscall.IPV6_RECVHOPLIMIT, 1},
		{six, solIPv6, syscall.IPV6_RECVTCLASS, 1}, {six, solIPv6, syscall.IPV6_UNICAST_HOPS, 9},
		{six, solIPv6, syscall.IPV6_TCLASS, 0x20}, {six, solIPv6, syscall.IPV6_MULTICAST_HOPS, 4},
		{six, solIPv6, syscall.IPV6_MULTICAST_LOOP, 0}, {six, solIPv6, syscall.IPV6_MULTICAST_IF, 1},
	} {
		if e := c.k.setInt(c.level, c.name, c.v); e != 0 {
			t.Errorf("set %d/%d: %v", c.level, c.name, e)
			continue
		}
		if got := c.k.getInt(c.level, c.name); got != c.v {
			t.Errorf("option %d/%d is %d, was set to %d", c.level, c.name, got, c.v)
		}
	}
}

func TestOptionDefaults(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	for _, c := range []struct{ level, name, want int }{
		{solSocket, syscall.SO_TYPE, syscall.SOCK_STREAM}, {solSocket, soProtocol, syscall.IPPROTO_TCP},
		{solSocket, soDomain, syscall.AF_INET}, {solSocket, syscall.SO_ERROR, 0},
		{solIP, syscall.IP_TTL, 64}, {solIP, syscall.IP_MULTICAST_TTL, 1}, {solIP, syscall.IP_MULTICAST_LOOP, 1},
	} {
		if got := k.getInt(c.level, c.name); got != c.want {
			t.Errorf("option %d/%d is %d, want %d", c.level, c.name, got, c.want)
		}
	}
	six := open(t, s, syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	if got := six.getInt(solIPv6, syscall.IPV6_UNICAST_HOPS); got != 64 {
		t.Errorf("hop limit %d", got)
	}
	if e := k.setInt(solSocket, syscall.SO_SNDBUF, 50000); e != 0 || k.getInt(solSocket, syscall.SO_SNDBUF) != 100000 {
		t.Errorf("SO_SNDBUF %d %v", k.getInt(solSocket, syscall.SO_SNDBUF), e)
	}
	if e := k.setInt(solSocket, syscall.SO_RCVBUF, 1<<30); e != 0 || k.getInt(solSocket, syscall.SO_RCVBUF) > highMax {
		t.Errorf("SO_RCVBUF %d %v", k.getInt(solSocket, syscall.SO_RCVBUF), e)
	}
}

// Who may pass the limits for socket buffers gets what is asked for, doubled as always.
func TestForcedBuffers(t *testing.T) {
	s := newStack(t)
	for _, typ := range []uintptr{syscall.SOCK_STREAM, syscall.SOCK_DGRAM} {
		k := open(t, s, syscall.AF_INET, typ, 0)
		for force, plain := range map[int]int{syscall.SO_SNDBUFFORCE: syscall.SO_SNDBUF, syscall.SO_RCVBUFFORCE: syscall.SO_RCVBUF} {
			for _, c := range []struct{ ask, want int }{{32 << 20, 64 << 20}, {1, minBuffer}, {-1, minBuffer}, {math.MaxInt32, math.MaxInt32 - 1}} {
				if e := k.setInt(solSocket, force, c.ask); e != 0 || k.getInt(solSocket, plain) != c.want {
					t.Errorf("type %d option %d: %d gives %d %v, want %d", typ, force, c.ask, k.getInt(solSocket, plain), e, c.want)
				}
			}
		}
	}
}

func TestOptionErrors(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	u := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	six := open(t, s, syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	for _, c := range []struct {
		k              sock
		level, name, v int
		want           syscall.Errno
	}{
		{u, solTCP, syscall.TCP_NODELAY, 1, syscall.ENOPROTOOPT},
		{k, solIPv6, syscall.IPV6_V6ONLY, 1, syscall.ENOPROTOOPT},
		{k, solSocket, syscall.SO_TYPE, 1, syscall.ENOPROTOOPT},
		{k, 99, 1, 1, syscall.ENOPROTOOPT},
		{k, solTCP, syscall.TCP_KEEPIDLE, 0, syscall.EINVAL},
		{k, solTCP, syscall.TCP_KEEPIDLE, 40000, syscall.EINVAL},
		{u, solIP, syscall.IP_TTL, 256, syscall.EINVAL},
		{u, solIP, syscall.IP_TTL, 0, syscall.EINVAL},
		{u, solIP, syscall.IP_MULTICAST_TTL, 256, syscall.EINVAL},
		{six, solIPv6, syscall.IPV6_UNICAST_HOPS, 256, syscall.EINVAL},
		{six, solIPv6, syscall.IPV6_TCLASS, -2, syscall.EINVAL},
	} {
		if e := c.k.setInt(c.level, c.name, c.v); e != c.want {
			t.Errorf("set %d/%d to %d: %v, want %v", c.level, c.name, c.v, e, c.want)
		}
	}
	if _, e := k.call(syscall.SYS_SETSOCKOPT, solSocket, syscall.SO_KEEPALIVE, []byte{1, 0}, 2); e != syscall.EINVAL {
		t.Errorf("short value: %v", e)
	}
	if _, e := k.call(syscall.SYS_SETSOCKOPT, solSocket, syscall.SO_BINDTODEVICE, []byte("eth9"), 4); e != syscall.ENODEV {
		t.Errorf("unknown device: %v", e)
	}
}

func TestTCPInfo(t *testing.T) {
	s := newStack(t)
	a, _ := pair(t, s)
	b, n := make([]byte, 232), uint32(232)
	a.must(a.call(syscall.SYS_GETSOCKOPT, solTCP, syscall.TCP_INFO, b, &n))
	if n != 104 || b[0] != 1 || binary.NativeEndian.Uint32(b[80:]) == 0 {
		t.Errorf("%d bytes, state %d, window %d", n, b[0], binary.NativeEndian.Uint32(b[80:]))
	}
	b, n = make([]byte, 16), uint32(16)
	a.must(a.call(syscall.SYS_GETSOCKOPT, solTCP, syscall.TCP_CONGESTION, b, &n))
	if cutZero(b) != "cubic" {
		t.Errorf("congestion control %q", b)
	}
	b, n = make([]byte, 2), uint32(2)
	a.must(a.call(syscall.SYS_GETSOCKOPT, solSocket, syscall.SO_TYPE, b, &n))
	if n != 2 || b[0] != syscall.SOCK_STREAM {
		t.Errorf("short buffer: %d % x", n, b)
	}
}

// Which kinds of socket exist, and with what error the others are refused.
func TestSocketKinds(t *testing.T) {
	s := newStack(t)
	for _, c := range []struct {
		domain, typ, proto uintptr
		want               syscall.Errno
	}{
		{syscall.AF_INET, syscall.SOCK_STREAM, 6, 0},
		{syscall.AF_INET, syscall.SOCK_STREAM, 262, syscall.EPROTONOSUPPORT}, // MPTCP
		{syscall.AF_INET, syscall.SOCK_STREAM, 17, syscall.EPROTONOSUPPORT},
		{syscall.AF_INET6, syscall.SOCK_DGRAM, 17, 0},
		{syscall.AF_INET6, syscall.SOCK_DGRAM, 58, 0},
		{syscall.AF_INET, syscall.SOCK_DGRAM, 58, syscall.EPROTONOSUPPORT},
		{syscall.AF_INET, syscall.SOCK_RAW, 0, syscall.EPROTONOSUPPORT},
		{syscall.AF_INET6, syscall.SOCK_RAW, 58, 0},
		{syscall.AF_INET, syscall.SOCK_SEQPACKET, 0, syscall.ESOCKTNOSUPPORT},
		{syscall.AF_INET, 77, 0, syscall.EINVAL},
		{syscall.AF_PACKET, syscall.SOCK_RAW, 0, syscall.EAFNOSUPPORT},
	} {
		k, e := s.NewSocket(c.domain, c.typ, c.proto)
		if e != c.want {
			t.Errorf("socket(%d, %d, %d): %v, want %v", c.domain, c.typ, c.proto, e, c.want)
		}
		if e == 0 {
			k.Close()
		}
	}
}
