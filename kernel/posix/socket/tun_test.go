package socket

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// opened is a tunnel of a stack, as a program has it.
type opened struct {
	*tunnel
	t *testing.T
	s *Stack
}

func openTunnel(t *testing.T, s *Stack, name string, flags uint16) (o opened, got string, e syscall.Errno) {
	t.Helper()
	ready := &service{made: make(chan struct{})}
	ready.stack.Store(s)
	close(ready.made)
	was := serving.Swap(ready)
	defer serving.Store(was)
	o = opened{new(tunnel), t, s}
	t.Cleanup(func() { o.Close() })
	r := make([]byte, ifreqSize)
	copy(r, name)
	binary.NativeEndian.PutUint16(r[ifName:], flags)
	_, e = o.Ioctl(tunSetIff, unsafe.Pointer(&r[0]))
	got, _, _ = strings.Cut(string(r[:ifName]), "\x00")
	return o, got, e
}

// set makes a request about the tunnel's interface, with a union of these bytes.
func (o opened) set(request uintptr, union ...byte) syscall.Errno {
	r := make([]byte, ifreqSize)
	copy(r, o.link.Load().name)
	copy(r[ifName:], union)
	return o.s.ifreq(request, r)
}

// up gives the interface 10.9.0.1/24 and brings it up.
func (o opened) up() {
	o.t.Helper()
	for _, c := range []struct {
		request uintptr
		union   []byte
	}{
		{siocsifaddr, []byte{syscall.AF_INET, 0, 0, 0, 10, 9, 0, 1}},
		{siocsifnetmask, []byte{syscall.AF_INET, 0, 0, 0, 255, 255, 255, 0}},
		{siocsifflags, []byte{syscall.IFF_UP}},
	} {
		if e := o.set(c.request, c.union...); e != 0 {
			o.t.Fatalf("%#x: %v", c.request, e)
		}
	}
}

// next reads packets up to one that is wanted; the stack sends of its own, too.
func (o opened) next(wanted func(p []byte) bool) []byte {
	o.t.Helper()
	p := make([]byte, 2000)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		n, e := o.Read(p)
		if e == 0 && wanted(p[:n]) {
			return p[:n]
		}
		if e != 0 && e != syscall.EAGAIN {
			o.t.Fatal(e)
		}
	}
	o.t.Fatal("no such packet")
	return nil
}

func isUDP(p []byte) bool { return p[0]>>4 == 4 && p[9] == syscall.IPPROTO_UDP }

// turn swaps the addresses of a packet: checksums stay right.
func turn(p []byte) {
	var src [4]byte
	copy(src[:], p[12:16])
	copy(p[12:16], p[16:20])
	copy(p[16:20], src[:])
}

// TestTunnel: what the stack sends by the interface the program reads, and what the program
// writes the stack receives, while it is up.
func TestTunnel(t *testing.T) {
	s := newStack(t)
	o, name, e := openTunnel(t, s, "", iffTun|iffNoPI|0x4000)
	if e != 0 || name != "tun0" {
		t.Fatalf("%q, %v", name, e)
	}
	if _, e := o.Write([]byte{0x45}); e != syscall.EIO {
		t.Errorf("written to one that is down: %v", e)
	}
	o.up()
	if got := s.Links()[1]; got.Name != "tun0" || got.Type != typeNone || got.MTU != tunMTU ||
		got.Flags != syscall.IFF_UP|syscall.IFF_RUNNING|lowerUp|syscall.IFF_POINTOPOINT|syscall.IFF_NOARP|syscall.IFF_MULTICAST {
		t.Errorf("%+v", got)
	}
	k := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if e := k.sendTo("hello", netip.MustParseAddrPort("10.9.0.2:7")); e != 0 {
		t.Fatal(e)
	}
	p := o.next(isUDP)
	if got := netip.AddrFrom4([4]byte(p[12:16])); got != netip.MustParseAddr("10.9.0.1") {
		t.Errorf("from %s", got)
	}
	turn(p)
	port := [2]byte(p[20:22])
	copy(p[20:22], p[22:24])
	copy(p[22:24], port[:])
	if n, e := o.Write(p); n != len(p) || e != 0 {
		t.Fatal(n, e)
	}
	if got, _, from := k.recvFrom(100, 0); got != "hello" || from != netip.MustParseAddrPort("10.9.0.2:7") {
		t.Errorf("%q from %s", got, from)
	}
	if n, e := o.Write(echoRequest()); n == 0 || e != 0 {
		t.Fatal(n, e)
	}
	if p := o.next(func(p []byte) bool { return p[0]>>4 == 4 && p[9] == syscall.IPPROTO_ICMP }); header.ICMPv4(p[20:]).Type() != header.ICMPv4EchoReply {
		t.Errorf("% x", p)
	}
	for _, bad := range [][]byte{nil, {0x10}, make([]byte, maxTunMTU+1)} {
		if _, e := o.Write(bad); e != syscall.EINVAL {
			t.Errorf("%d bytes: %v", len(bad), e)
		}
	}
	if e := o.set(siocsifmtu, 0x90, 0x05); e != 0 || s.Links()[1].MTU != 0x590 {
		t.Errorf("%v, MTU %d", e, s.Links()[1].MTU)
	}
	if e := o.set(siocsifmtu, 1); e != syscall.EINVAL {
		t.Error(e)
	}
	if o.set(siocsifflags, 0); s.Links()[1].Flags&syscall.IFF_UP != 0 {
		t.Error("it is up")
	}
	if _, e := o.Write(nil); e != syscall.EIO {
		t.Error(e)
	}
	if o.Close(); len(s.Links()) != 1 || len(s.Routes()) != 0 || s.tunLinkOf(o.link.Load().id) != nil {
		t.Errorf("left: %+v, %+v", s.Links(), s.Routes())
	}
}

// echoRequest is a ping from 10.9.0.2 to 10.9.0.1.
func echoRequest() []byte {
	p := make([]byte, header.IPv4MinimumSize+header.ICMPv4MinimumSize)
	ip, icmp := header.IPv4(p), header.ICMPv4(p[header.IPv4MinimumSize:])
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(len(p)), TTL: 64, Protocol: syscall.IPPROTO_ICMP,
		SrcAddr: address(netip.MustParseAddr("10.9.0.2")), DstAddr: address(netip.MustParseAddr("10.9.0.1"))})
	ip.SetChecksum(^ip.CalculateChecksum())
	icmp.SetType(header.ICMPv4Echo)
	icmp.SetChecksum(^checksum.Checksum(icmp, 0))
	return p
}

// TestTap: frames have Ethernet's header, and addresses are asked for.
func TestTap(t *testing.T) {
	s := newStack(t)
	o, name, e := openTunnel(t, s, "mine%d", iffTap|iffNoPI)
	if e != 0 || name != "mine0" {
		t.Fatalf("%q, %v", name, e)
	}
	o.up()
	if got := s.Links()[1]; got.Type != syscall.ARPHRD_ETHER || got.MTU != tunMTU || len(got.Hardware) != 6 {
		t.Errorf("%+v", got)
	}
	open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0).sendTo("hello", netip.MustParseAddrPort("10.9.0.2:7"))
	p := o.next(func(p []byte) bool { return header.Ethernet(p).Type() == header.ARPProtocolNumber })
	if arp := header.ARP(p[header.EthernetMinimumSize:]); !arp.IsValid() || [4]byte(arp.ProtocolAddressTarget()) != [4]byte{10, 9, 0, 2} {
		t.Errorf("% x", p)
	}
	if _, e := o.Write(p[:header.EthernetMinimumSize-1]); e != syscall.EINVAL {
		t.Error(e)
	}
}

// TestTunnelRequests: names and flags that cannot be had, and who may be changed.
func TestTunnelRequests(t *testing.T) {
	s := newStack(t)
	first, _, _ := openTunnel(t, s, "wg0", iffTun|iffNoPI)
	for _, c := range []struct {
		name  string
		flags uint16
		got   string
		want  syscall.Errno
	}{
		{"wg0", iffTun | iffNoPI, "wg0", syscall.EBUSY},
		{"lo", iffTun | iffNoPI, "lo", syscall.EBUSY},
		{"wg%d", iffTun | iffNoPI, "wg1", 0},
		{"a/b", iffTun | iffNoPI, "a/b", syscall.EINVAL},
		{"sixteen-letters-", iffTun | iffNoPI, "sixteen-letters-", syscall.EINVAL},
		{"", iffTun, "", syscall.EINVAL},
		{"", iffTun | iffTap | iffNoPI, "", syscall.EINVAL},
		{"", iffNoPI, "", syscall.EINVAL},
	} {
		if _, got, e := openTunnel(t, s, c.name, c.flags); got != c.got || e != c.want {
			t.Errorf("%q, %#x: %q, %v; want %q, %v", c.name, c.flags, got, e, c.got, c.want)
		}
	}
	r := make([]byte, ifreqSize)
	copy(r, "lo")
	if e := s.ifreq(siocsifflags, r); e != syscall.EPERM {
		t.Error(e)
	}
	if e := first.set(siocsifnetmask, syscall.AF_INET, 0, 0, 0, 255); e != syscall.EADDRNOTAVAIL {
		t.Error(e)
	}
	if _, e := first.Ioctl(tunGetIff, unsafe.Pointer(&r[0])); e != 0 || string(r[:4]) != "wg0\x00" || binary.NativeEndian.Uint16(r[ifName:]) != iffTun|iffNoPI {
		t.Errorf("%q, %v", r, e)
	}
	if e := first.begin(s, "", false); e != syscall.EINVAL {
		t.Error("a second interface:", e)
	}
	fresh := new(tunnel)
	if _, e := fresh.Read(r); e != syscall.EBADFD {
		t.Error(e)
	}
	if _, e := fresh.Ioctl(tunGetIff, unsafe.Pointer(&r[0])); e != syscall.EBADFD || fresh.Close() != 0 {
		t.Error(e)
	}
	// One that goes leaves its number, and the names of the others.
	if first.Close(); s.nicByName("wg1") == 0 || s.nicByName("wg0") != 0 {
		t.Errorf("%+v", s.Links())
	}
}
