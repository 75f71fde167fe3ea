package socket

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"yolk/kernel/posix/file"
)

// installed gives a socket of the test a descriptor, until the test ends.
func (k sock) installed() {
	k.t.Helper()
	fd, e := file.Install(k.Socket, syscall.O_RDWR)
	if e != 0 {
		k.t.Fatal(e)
	}
	k.t.Cleanup(func() { file.Handle(syscall.SYS_CLOSE, fd, 0, 0, 0, 0, 0, nil, nil, nil, nil, nil, nil) })
}

// TestSocketTables: /proc/net has a line for each socket, with addresses as Linux writes
// them and the number that /proc/self/fd has.
func TestSocketTables(t *testing.T) {
	s := newStack(t)
	l := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	at := l.bindTo("127.0.0.1:8080")
	l.must(l.call(syscall.SYS_LISTEN, 5))
	l.installed()
	c := open(t, s, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := c.dial(at); e != 0 {
		t.Fatal(e)
	}
	u := open(t, s, syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	u.bindTo("[::1]:53")
	u.installed()
	for _, want := range []struct{ text, line string }{
		{s.tcpTable(false), fmt.Sprintf("0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 ", l.inode)},
		{s.tcpTable(false), ":1F90 01 00000000:00000000"},
		{s.udpTable(true), fmt.Sprintf("00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 %d 2 ", u.inode)},
	} {
		if !strings.Contains(want.text, want.line) {
			t.Errorf("no %s in\n%s", want.line, want.text)
		}
	}
	for _, empty := range []string{s.tcpTable(true), s.udpTable(false)} {
		if strings.Count(empty, "\n") != 1 || !strings.HasPrefix(empty, "  sl  local_address ") {
			t.Errorf("%q", empty)
		}
	}
	for _, line := range []string{"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens ", "Tcp: 1 200 120000 -1 1 1 0 0 2 "} {
		if !strings.Contains(s.procSNMP(), line) {
			t.Errorf("no %s in\n%s", line, s.procSNMP())
		}
	}
	if got := s.procInet6(); got != "00000000000000000000000000000001 01 80 10 80       lo\n" {
		t.Errorf("%q", got)
	}
}

// TestInterfaceRequests: what there is about lo, by name and by number.
func TestInterfaceRequests(t *testing.T) {
	Full()
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	ask := func(request uintptr, name string, union ...byte) ([]byte, syscall.Errno) {
		r := make([]byte, ifreqSize)
		copy(r, name)
		copy(r[ifName:], union)
		_, e := k.Ioctl(request, unsafe.Pointer(&r[0]))
		return r, e
	}
	for request, want := range map[uintptr]uint32{
		siocgifindex: 1, siocgifflags: syscall.IFF_UP | syscall.IFF_LOOPBACK | syscall.IFF_RUNNING, siocgifmtu: 65536, siocgifmetric: 0,
		siocgifhwaddr: syscall.ARPHRD_LOOPBACK,
	} {
		r, e := ask(request, "lo")
		if got := binary.NativeEndian.Uint32(r[ifName:]); e != 0 || got != want {
			t.Errorf("%#x: %d, %v, want %d", request, got, e, want)
		}
	}
	for request, want := range map[uintptr]string{siocgifaddr: "\x7f\x00\x00\x01", siocgifnetmask: "\xff\x00\x00\x00", siocgifbrdaddr: "\x7f\xff\xff\xff"} {
		if r, e := ask(request, "lo"); e != 0 || string(r[ifName+4:ifName+8]) != want || r[ifName] != syscall.AF_INET {
			t.Errorf("%#x: % x, %v", request, r, e)
		}
	}
	if r, e := ask(siocgifname, "other", 1); e != 0 || string(r[:3]) != "lo\x00" {
		t.Errorf("%q, %v", r, e)
	}
	if _, e := ask(siocgifindex, "eth7"); e != syscall.ENODEV {
		t.Error(e)
	}
	if _, e := ask(0x89ff, "lo"); e != syscall.EOPNOTSUPP {
		t.Error(e)
	}
	if _, e := ask(0x5401, "lo"); e != syscall.ENOTTY {
		t.Error(e)
	}
	var room [2 * ifreqSize]byte
	for _, c := range []struct{ length, want int32 }{{80, 40}, {39, 0}, {40, 40}} {
		conf := ifconf{c.length, unsafe.Pointer(&room[0])}
		if _, e := k.Ioctl(siocgifconf, unsafe.Pointer(&conf)); e != 0 || conf.length != c.want {
			t.Errorf("in %d bytes: %d, %v", c.length, conf.length, e)
		}
	}
	if string(room[:2]) != "lo" || room[ifName+4] != 127 {
		t.Errorf("% x", room)
	}
}

// TestTentative: an address of which it is not known yet whether others have it is listed,
// and marked.
func TestTentative(t *testing.T) {
	guest, _, _ := linked(t)
	const nic = loID + 1
	ep, err := guest.net.GetNetworkEndpoint(nic, header.IPv6ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	ep.(stack.DuplicateAddressDetector).SetDADConfigurations(stack.DADConfigurations{DupAddrDetectTransmits: 1, RetransmitTimer: time.Hour})
	added := tcpip.ProtocolAddress{Protocol: header.IPv6ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{
		Address: tcpip.AddrFrom16(netip.MustParseAddr("fe80::7").As16()), PrefixLen: 64}}
	if err := guest.net.AddProtocolAddress(nic, added, stack.AddressProperties{}); err != nil {
		t.Fatal(err)
	}
	const line = "fe800000000000000000000000000007 02 40 20 c0     eth0\n"
	if got := guest.procInet6(); !strings.Contains(got, line) {
		t.Errorf("no %q in\n%s", line, got)
	}

	// Its own is listed from the start, and who binds to it waits until it can be had.
	own := netip.MustParseAddr("fe80::ff:fe00:1")
	if !guest.tentative(own) {
		t.Fatalf("%s is not coming", own)
	}
	ep.(stack.DuplicateAddressDetector).SetDADConfigurations(stack.DADConfigurations{})
	open(t, guest, syscall.AF_INET6, syscall.SOCK_DGRAM, 0).bindTo("[fe80::ff:fe00:1%eth0]:53")
	if guest.tentative(own) {
		t.Errorf("%s is tentative, though a socket has it", own)
	}
	if guest.settle(tcpip.AddrFrom16(own.As16())) {
		t.Error("it is waited for again")
	}
}
