package socket

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/dhcp"
)

// files collects what a stack writes.
type files struct {
	mu  sync.Mutex
	all map[string]string
}

func (f *files) write(name string, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[string]string{}
	}
	f.all[name] = string(b)
}

func (f *files) read(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[name]
}

// linked returns two stacks joined by an Ethernet cable as eth0; the second
// has the address 10.0.2.2/24.
func linked(t testing.TB) (guest, host *Stack, written *files) {
	t.Helper()
	written = &files{}
	guest, err := New(Options{Logf: logTo(t), WriteFile: written.write, NameHost: func(name, address string) {
		if name != "" {
			written.write("hostname", []byte(name))
		}
		if address != "" {
			written.write("address", []byte(address))
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guest.Close)
	host = newStack(t)
	a, b := pipe.New("\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02", 1514)
	if err := guest.AddNIC(ethernet.New(a), "eth0"); err != nil {
		t.Fatal(err)
	}
	if err := host.AddNIC(ethernet.New(b), "eth0"); err != nil {
		t.Fatal(err)
	}
	if err := host.Configure("eth0", Config{Address: netip.MustParsePrefix("10.0.2.2/24")}); err != nil {
		t.Fatal(err)
	}
	return guest, host, written
}

// serveDHCP is a server on a socket of the host stack: it leases 10.0.2.15.
// change edits each reply; nil replies are not sent.
func serveDHCP(t testing.TB, host *Stack, change func(*dhcpv4.DHCPv4) *dhcpv4.DHCPv4) {
	t.Helper()
	k := open(t, host, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	k.bindTo("0.0.0.0:67")
	k.must(0, k.setInt(solSocket, syscall.SO_BROADCAST, 1))
	k.must(k.call(syscall.SYS_SETSOCKOPT, solSocket, syscall.SO_BINDTODEVICE, []byte("eth0\x00"), 5))
	answer := func(p []byte) {
		m, err := dhcpv4.FromBytes(p)
		if err != nil {
			t.Errorf("the client sent nonsense: %v", err)
			return
		}
		typ := dhcpv4.MessageTypeOffer
		if m.MessageType() == dhcpv4.MessageTypeRequest {
			typ = dhcpv4.MessageTypeAck
		}
		r, _ := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(typ),
			dhcpv4.WithYourIP([]byte{10, 0, 2, 15}), dhcpv4.WithNetmask([]byte{255, 255, 255, 0}),
			dhcpv4.WithRouter([]byte{10, 0, 2, 2}), dhcpv4.WithDNS([]byte{10, 0, 2, 3}), dhcpv4.WithLeaseTime(86400),
			dhcpv4.WithOption(dhcpv4.OptDomainName("example.org")), dhcpv4.WithOption(dhcpv4.OptHostName("egg")),
			dhcpv4.WithOption(dhcpv4.OptServerIdentifier([]byte{10, 0, 2, 2})))
		if r = change(r); r != nil {
			k.sendTo(string(r.ToBytes()), netip.MustParseAddrPort("255.255.255.255:68"))
		}
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		b := make([]byte, 1500)
		for {
			n, e := k.Read(b)
			if e == 0 && n > 0 { // zero once the socket is closed
				answer(b[:n])
				continue
			}
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
}

func same(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 { return m }

func TestDHCP(t *testing.T) {
	guest, host, written := linked(t)
	serveDHCP(t, host, same)
	if err := guest.Configure("eth0", Config{Timeout: patience}); err != nil {
		t.Fatal(err)
	}
	if got := written.read("/etc/resolv.conf"); got != "search example.org\nnameserver 10.0.2.3\n" {
		t.Errorf("resolv.conf %q", got)
	}
	if written.read("hostname") != "egg" || written.read("address") != "10.0.2.15" {
		t.Errorf("hostname %q, address %q", written.read("hostname"), written.read("address"))
	}
	var addrs, routes []string
	for _, a := range guest.Addrs() {
		addrs = append(addrs, a.Prefix.String())
	}
	for _, r := range guest.Routes() {
		if r.Dst.Addr().Is4() {
			routes = append(routes, r.Dst.String()+" "+r.Gateway.String())
		}
	}
	if !strings.Contains(strings.Join(addrs, " "), "10.0.2.15/24") {
		t.Errorf("addresses %v", addrs)
	}
	if strings.Join(routes, ", ") != "10.0.2.0/24 invalid IP, 0.0.0.0/0 10.0.2.2" {
		t.Errorf("routes %v", routes)
	}
	l := open(t, host, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	to := l.bindTo("10.0.2.2:80")
	l.must(l.call(syscall.SYS_LISTEN, 4))
	k := open(t, guest, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(to); e != 0 {
		t.Fatalf("over the link: %v", e)
	}
	if c := l.accept1(); c.peer().Addr() != netip.MustParseAddr("10.0.2.15") {
		t.Errorf("peer %v", c.peer())
	}
	for _, i := range guest.InterfaceStats() {
		if i.RxPackets == 0 && i.Name == "eth0" || i.TxBytes == 0 && i.Name == "eth0" {
			t.Errorf("%+v", i)
		}
	}
	if !strings.Contains(guest.Dev(), "eth0: ") || guest.TransportStats().TCPOpened != 1 {
		t.Errorf("%s %+v", guest.Dev(), guest.TransportStats())
	}
}

// Another host that answers for the offered address: it is declined.
func TestDHCPConflict(t *testing.T) {
	guest, host, _ := linked(t)
	declined := make(chan bool, 1)
	if err := host.addAddress(firstID, address(netip.MustParseAddr("10.0.2.15")), 24); err != nil {
		t.Fatal(err)
	}
	serveDHCP(t, host, same)
	if err := guest.Configure("eth0", Config{Timeout: patience}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 500 {
			if !strings.Contains(addrList(guest), "10.0.2.15/24") {
				declined <- true
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		declined <- false
	}()
	if !<-declined {
		t.Error("the address is still in use")
	}
}

func addrList(s *Stack) string {
	var b strings.Builder
	for _, a := range s.Addrs() {
		b.WriteString(a.Prefix.String() + " ")
	}
	return b.String()
}

func TestConfigureErrors(t *testing.T) {
	guest, _, _ := linked(t)
	if err := guest.Configure("eth7", Config{}); !errors.Is(err, ErrNoInterface) {
		t.Errorf("no such interface: %v", err)
	}
	err := guest.Configure("eth0", Config{Timeout: 10 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "no DHCP answer on eth0") {
		t.Errorf("silent network: %v", err)
	}
}

var staticGuest = Config{Address: netip.MustParsePrefix("10.0.2.7/24"),
	Gateway: netip.MustParseAddr("10.0.2.2"), DNS: []netip.Addr{netip.MustParseAddr("10.0.2.2")}}

func TestStatic(t *testing.T) {
	guest, host, written := linked(t)
	if err := guest.Configure("eth0", staticGuest); err != nil {
		t.Fatal(err)
	}
	if got := written.read("/etc/resolv.conf"); got != "nameserver 10.0.2.2\n" {
		t.Errorf("resolv.conf %q", got)
	}
	for end := time.Now().Add(10 * time.Second); host.net.Stats().ARP.RequestsReceived.Value() == 0; {
		if time.Now().After(end) {
			t.Fatal("the address was not announced")
		}
		time.Sleep(time.Millisecond)
	}
	k := open(t, guest, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if e := k.dial(netip.MustParseAddrPort("10.0.2.2:9")); e != syscall.ECONNREFUSED {
		t.Errorf("closed port of a neighbour: %v", e)
	}
	if guest.writeResolv(&dhcp.Lease{}); written.read("/etc/resolv.conf") == "" {
		t.Error("a lease without servers emptied resolv.conf")
	}
	// Broadcast needs permission, and reaches the other side.
	h := open(t, host, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	h.bindTo("0.0.0.0:5000")
	u := open(t, guest, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	all := netip.MustParseAddrPort("10.0.2.255:5000")
	if e := u.sendTo("all", all); e != syscall.EACCES {
		t.Errorf("broadcast without SO_BROADCAST: %v", e)
	}
	u.must(0, u.setInt(solSocket, syscall.SO_BROADCAST, 1))
	if e := u.sendTo("all", all); e != 0 {
		t.Fatal(e)
	}
	if p, _, from := h.recvFrom(9, 0); p != "all" || from.Addr() != netip.MustParseAddr("10.0.2.7") {
		t.Errorf("%q from %v", p, from)
	}
}

// The interfaces as package net will see them.
func TestInterfaces(t *testing.T) {
	guest, _, _ := linked(t)
	l := guest.Links()
	if len(l) != 2 || l[0].Name != "lo" || l[0].Flags&syscall.IFF_LOOPBACK == 0 || l[1].Name != "eth0" || l[1].Index != 2 ||
		l[1].MTU != 1500 || l[1].Hardware[5] != 1 || l[1].Flags&syscall.IFF_MULTICAST == 0 || l[1].Type != syscall.ARPHRD_ETHER {
		t.Errorf("%+v", l)
	}
	k := open(t, guest, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	k.must(k.call(syscall.SYS_SETSOCKOPT, solIP, syscall.IP_ADD_MEMBERSHIP, []byte{224, 0, 0, 251, 0, 0, 0, 0, 2, 0, 0, 0}, 12))
	if s := guest.IGMP(); !strings.Contains(s, "eth0") || !strings.Contains(s, "FB0000E0") {
		t.Errorf("igmp %q", s)
	}
	if s := guest.IGMP6(); !strings.Contains(s, "eth0") || !strings.Contains(s, "ff020000000000000000000000000001") {
		t.Errorf("igmp6 %q", s)
	}
	k.Close()
	if s := guest.IGMP(); strings.Contains(s, "FB0000E0") {
		t.Errorf("group left behind: %q", s)
	}
}

// A server listens before the interfaces are there; what needs one waits for
// the bring-up, and reaches this machine when that fails.
func TestRegister(t *testing.T) {
	begin := make(chan struct{})
	var log files
	Register(Options{Logf: func(f string, a ...any) { log.write("log", []byte(f)) }}, func(*Stack) error {
		<-begin
		return os.ErrNotExist
	})
	stream := func() sock {
		k, e := file.SocketFamily[syscall.AF_INET](syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if e != 0 {
			t.Fatal(e)
		}
		return sock{k.(*Socket), t}
	}
	server := stream()
	defer server.Close()
	server.must(0, server.setInt(solSocket, syscall.SO_REUSEADDR, 1))
	server.bindTo("0.0.0.0:0")
	server.must(server.call(syscall.SYS_LISTEN, 1))
	interfaces := &server.stack.interfaces
	select {
	case <-interfaces.wanted:
		t.Error("a server that has not accepted yet wanted the network")
	default:
	}
	if _, e := server.call(syscall.SYS_ACCEPT4, 0, 0, 0); e != syscall.EAGAIN {
		t.Errorf("accept: %v", e)
	}
	interfaces.yield() // ends, as it is wanted now
	for _, a := range []string{"127.0.0.2:0", "127.0.0.1:0"} {
		k := stream()
		k.bindTo(a)
		k.Close()
	}
	k := stream()
	defer k.stack.Close()
	defer k.Close()
	bound := make(chan syscall.Errno)
	go func() {
		b := sockaddr(netip.MustParseAddrPort("10.0.2.15:0"))
		_, e := k.call(syscall.SYS_BIND, b, len(b))
		bound <- e
	}()
	select {
	case <-bound:
		t.Fatal("an address was looked for before there can be any")
	case <-time.After(10 * time.Millisecond):
	}
	close(begin)
	if e := <-bound; e != syscall.EADDRNOTAVAIL {
		t.Errorf("an address that nobody has: %v", e)
	}
	if log.read("log") == "" {
		t.Error("the failure was not logged")
	}
	if e := k.dial(netip.MustParseAddrPort("127.0.0.1:9")); e != syscall.ECONNREFUSED {
		t.Errorf("loopback without a device: %v", e)
	}
	n, e := file.SocketFamily[syscall.AF_NETLINK](syscall.AF_NETLINK, syscall.SOCK_RAW, 0)
	if e != 0 || n.Close() != 0 {
		t.Errorf("netlink: %v", e)
	}
}

// What package net parses for Interface.MulticastAddrs is there.
func TestProcNet(t *testing.T) {
	s := newStack(t)
	s.plantProc()
	for _, name := range []string{"proc/net/igmp", "proc/net/igmp6", "proc/net/dev"} {
		i, e := file.Tree().Lookup(file.Tree().Root(), name, true)
		if e != 0 || !strings.Contains(string(i.Generate()), "lo") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// Two machines talk by their link-local addresses, which name the interface.
func TestLinkLocal(t *testing.T) {
	guest, host, _ := linked(t)
	l := open(t, host, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	port := l.bindTo("[::]:0").Port()
	l.must(l.call(syscall.SYS_LISTEN, 4))
	b := sockaddr(netip.AddrPortFrom(netip.MustParseAddr("fe80::ff:fe00:2"), port))
	binary.NativeEndian.PutUint32(b[24:], 2)
	var e syscall.Errno
	for range 300 { // the addresses become usable after duplicate detection
		k := open(t, guest, syscall.AF_INET6, syscall.SOCK_STREAM, 0)
		if _, e = k.call(syscall.SYS_CONNECT, b, len(b)); e == syscall.EINPROGRESS {
			c := l.accept1()
			if from := c.peer().Addr(); from != netip.MustParseAddr("fe80::ff:fe00:1") {
				t.Errorf("peer %v", from)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("connect: %v", e)
}
