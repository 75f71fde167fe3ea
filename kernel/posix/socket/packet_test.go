package socket

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/bpf"
)

// A framed link is a Framer whose device is the test.
type framed struct {
	*channel.Endpoint
	tap     func([]byte, tcpip.PacketType, any)
	sent    []string
	promisc bool
}

func (f *framed) SetTap(tap func([]byte, tcpip.PacketType, any)) { f.tap = tap }
func (f *framed) SetPromiscuous(on bool) error                   { f.promisc = on; return nil }
func (f *framed) SendFrame(frame []byte, from any) bool {
	f.sent = append(f.sent, string(frame))
	f.tap(frame, tcpip.PacketOutgoing, from)
	return true
}

const (
	ownStation, otherStation = "\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02"
	eth0                     = 2
)

// framedStack has eth0 over such a link.
func framedStack(t testing.TB) (*Stack, *framed) {
	t.Helper()
	Full()
	s := newStack(t)
	f := &framed{Endpoint: channel.New(8, 1500, ownStation)}
	if err := s.AddNIC(f, "eth0"); err != nil {
		t.Fatal(err)
	}
	return s, f
}

// A packetCaller drives a packet socket by its call interface.
type packetCaller struct {
	caller
	*packetSocket
}

func openPacketSocket(t testing.TB, s *Stack, typ uintptr, protocol uint16) packetCaller {
	t.Helper()
	f, e := s.newPacket(typ, uintptr(swap16(protocol)))
	if e != 0 {
		t.Fatal(e)
	}
	k := f.(*packetSocket)
	t.Cleanup(func() {
		if k.protocol != 0 {
			k.Close()
		}
	})
	return packetCaller{caller{"yolk", sock{t: t}.callOn(k)}, k}
}

// callOn makes calls on any socket.
func (k sock) callOn(s file.Socket) func(nr uintptr, args ...any) (uintptr, syscall.Errno) {
	return func(nr uintptr, args ...any) (uintptr, syscall.Errno) {
		var a [6]uintptr
		var p [6]unsafe.Pointer
		k.arguments(args, &a, &p)
		return s.SocketCall(nr, &a, &p)
	}
}

func linkName(protocol uint16, nic uint32, to string) []byte {
	b := binary.BigEndian.AppendUint16(binary.NativeEndian.AppendUint16(nil, syscall.AF_PACKET), protocol)
	b = append(binary.NativeEndian.AppendUint32(b, nic), 0, 0, 0, byte(len(to)))
	return append(b, (to + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
}

func frameOf(to, from string, protocol uint16, data string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte(to+from), protocol), data...)
}

// take is what recvfrom has, and the name of the sender.
func (k packetCaller) take() string {
	b, name, n := make([]byte, 100), make([]byte, 40), uint32(40)
	got, e := k.call(syscall.SYS_RECVFROM, b, 100, 0, name, &n)
	if e != 0 {
		return e.Error()
	}
	return fmt.Sprintf("%q %x", b[:got], name[2:n])
}

// TestPacketReceive: which frames a socket sees, and how.
func TestPacketReceive(t *testing.T) {
	s, link := framedStack(t)
	if link.tap != nil {
		t.Error("a tap without a socket")
	}
	all := openPacketSocket(t, s, syscall.SOCK_RAW, protocolAll)
	custom := openPacketSocket(t, s, syscall.SOCK_DGRAM, 0x88b5)
	none := openPacketSocket(t, s, syscall.SOCK_RAW, 0)
	elsewhere := openPacketSocket(t, s, syscall.SOCK_RAW, protocolAll)
	if _, e := elsewhere.call(syscall.SYS_BIND, linkName(0, 1, ""), sizeofLink); e != 0 {
		t.Fatal(e)
	}
	link.tap(frameOf(ownStation, otherStation, 0x88b5, "mine"), tcpip.PacketHost, nil)
	link.tap(frameOf(ownStation, otherStation, 0x88b6, "other"), tcpip.PacketHost, nil)
	link.tap(frameOf(otherStation, ownStation, 0x88b5, "sent"), tcpip.PacketOutgoing, nil)
	link.tap(frameOf(otherStation, otherStation, 38, "length"), tcpip.PacketOtherHost, nil)
	for _, c := range []struct {
		who  packetCaller
		want string
	}{
		{custom, `"mine" 88b50200000001000006020000000002`},
		{custom, syscall.EAGAIN.Error()},
		{none, syscall.EAGAIN.Error()},
		{elsewhere, syscall.EAGAIN.Error()},
		{all, fmt.Sprintf("%q 88b50200000001000006020000000002", frameOf(ownStation, otherStation, 0x88b5, "mine"))},
		{all, fmt.Sprintf("%q 88b60200000001000006020000000002", frameOf(ownStation, otherStation, 0x88b6, "other"))},
		{all, fmt.Sprintf("%q 88b50200000001000406020000000001", frameOf(otherStation, ownStation, 0x88b5, "sent"))},
		{all, fmt.Sprintf("%q 00040200000001000306020000000002", frameOf(otherStation, otherStation, 38, "length"))},
	} {
		if got := c.who.take(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	all.Close()
	all.protocol = 0
	custom.Close()
	elsewhere.Close()
	elsewhere.protocol = 0
	if none.Close(); link.tap != nil {
		t.Error("a tap without a socket")
	}
}

// TestPacketSend: frames leave as they are, or behind a header, and the sender does not see
// them.
func TestPacketSend(t *testing.T) {
	s, link := framedStack(t)
	raw := openPacketSocket(t, s, syscall.SOCK_RAW, protocolAll)
	cooked := openPacketSocket(t, s, syscall.SOCK_DGRAM, 0x88b5)
	send := func(k packetCaller, data []byte, name []byte) string {
		n, e := k.call(syscall.SYS_SENDTO, data, len(data), 0, name, len(name))
		if e != 0 {
			return e.Error()
		}
		return fmt.Sprint(n)
	}
	whole := frameOf(otherStation, ownStation, 0x88b5, "whole")
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	expect("by no interface", send(raw, whole, nil), syscall.ENXIO.Error())
	expect("by one that is not there", send(raw, whole, linkName(0, 9, "")), syscall.ENXIO.Error())
	expect("to half a name", send(raw, whole, linkName(0, eth0, "")[:12]), syscall.EINVAL.Error())
	expect("a short frame", send(raw, whole[:13], linkName(0, eth0, "")), syscall.EINVAL.Error())
	expect("a long frame", send(raw, make([]byte, 1515), linkName(0, eth0, "")), syscall.EMSGSIZE.Error())
	expect("by name", send(raw, whole, linkName(0, eth0, "")), "19")
	_, e := raw.call(syscall.SYS_BIND, linkName(0, 9, ""), sizeofLink)
	expect("bound to nothing", e.Error(), syscall.ENODEV.Error())
	if _, e := raw.call(syscall.SYS_BIND, linkName(protocolAll, eth0, ""), sizeofLink); e != 0 {
		t.Fatal(e)
	}
	name, n := make([]byte, 40), uint32(40)
	if _, e := raw.call(syscall.SYS_GETSOCKNAME, name, &n); e != 0 || n != 18 || fmt.Sprintf("%x", name[2:n]) != "00030200000001000006020000000001" {
		t.Errorf("name %x of %d, %v", name, n, e)
	}
	expect("where it is bound to", send(raw, whole, nil), "19")
	expect("behind a header", send(cooked, []byte("data"), linkName(0x88b6, eth0, otherStation)), "4")
	if got := strings.Join(link.sent, "|"); got != string(whole)+"|"+string(whole)+"|"+string(frameOf(otherStation, ownStation, 0x88b6, "data")) {
		t.Errorf("sent %q", got)
	}
	expect("what the other sent", raw.take(), fmt.Sprintf("%q 88b60200000001000406020000000001", link.sent[2]))
	expect("and no more", raw.take(), syscall.EAGAIN.Error())
}

// TestPacketOptions: a filter, what is known beside a frame, statistics, all frames.
func TestPacketOptions(t *testing.T) {
	s, link := framedStack(t)
	k := openPacketSocket(t, s, syscall.SOCK_RAW, protocolAll)
	ip := []bpf.Instruction{{Code: 0x28, K: 12}, {Code: 0x15, K: 0x800, JF: 1}, {Code: 0x06, K: 20}, {Code: 0x06}}
	if e := k.attach(ip); e != 0 {
		t.Fatal(e)
	}
	if e := k.set(solPacket, packetAuxdata, 1); e != 0 {
		t.Fatal(e)
	}
	link.tap(frameOf(ownStation, otherStation, 0x806, "arp"), tcpip.PacketHost, nil)
	if k.Poll()&file.PollIn != 0 {
		t.Error("ready for what is refused")
	}
	link.tap(frameOf(ownStation, otherStation, 0x800, "a long packet"), tcpip.PacketHost, nil)
	b, oob := make([]byte, 100), make([]byte, 64)
	iov := syscall.Iovec{Base: &b[0], Len: 100}
	m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Control: &oob[0], Controllen: 64}
	n, e := k.call(syscall.SYS_RECVMSG, &m, 0)
	if n != 20 || e != 0 || string(b[14:n]) != "a long" || m.Controllen != 40 || binary.NativeEndian.Uint32(oob[8:]) != solPacket ||
		binary.NativeEndian.Uint32(oob[20:]) != 27 || binary.NativeEndian.Uint32(oob[24:]) != 20 {
		t.Errorf("%d bytes, %v, %q, %x", n, e, b[:n], oob[:m.Controllen])
	}
	k.set(syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1)
	for range 100 {
		link.tap(frameOf(ownStation, otherStation, 0x800, "many"), tcpip.PacketHost, nil)
	}
	stats, size := make([]byte, 8), uint32(8)
	if _, e := k.call(syscall.SYS_GETSOCKOPT, solPacket, packetStatistics, stats, &size); e != 0 || binary.NativeEndian.Uint32(stats) != 101 {
		t.Errorf("%x, %v", stats, e)
	}
	if lost := binary.NativeEndian.Uint32(stats[4:]); lost == 0 || int(lost) != 100-len(k.queue) {
		t.Errorf("%d lost, %d queued", lost, len(k.queue))
	}
	mreq := append(binary.NativeEndian.AppendUint32(nil, eth0), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, c := range []struct {
		name int
		want bool
	}{{packetAddMembership, true}, {packetAddMembership, true}, {packetDropMembership, true}, {packetDropMembership, false}} {
		if _, e := k.call(syscall.SYS_SETSOCKOPT, solPacket, c.name, mreq, len(mreq)); e != 0 || link.promisc != c.want {
			t.Errorf("option %d: %v, all frames %v", c.name, e, link.promisc)
		}
	}
	if e := k.set(solPacket, 5, 1); e != syscall.ENOPROTOOPT {
		t.Errorf("a ring: %v", e)
	}
	if _, e := s.newPacket(syscall.SOCK_STREAM, 0); e != syscall.ESOCKTNOSUPPORT {
		t.Errorf("a stream: %v", e)
	}
}

// TestPacketLoopback: what goes over lo is seen twice, as it is sent and as it comes.
func TestPacketLoopback(t *testing.T) {
	s, _ := framedStack(t)
	k := openPacketSocket(t, s, syscall.SOCK_DGRAM, protocolAll)
	a, _ := udp4(t, s)
	_, to := udp4(t, s)
	a.sendTo("datagram", to)
	for _, kind := range []string{"04", "00"} {
		if got := k.take(); !strings.Contains(got, "datagram\"") || !strings.HasSuffix(got, "0800010000000403"+kind+"06000000000000") {
			t.Errorf("%s", got)
		}
	}
	if got := k.take(); got != syscall.EAGAIN.Error() {
		t.Error(got)
	}
}

// TestClassNet: an interface's attributes and counters are as Linux writes them.
func TestClassNet(t *testing.T) {
	s, _ := framedStack(t)
	registered.Store(s)
	defer registered.Store(nil)
	if got := strings.Join(interfaceNames(), " "); got != "lo eth0" {
		t.Errorf("interfaces %s", got)
	}
	for _, c := range [][3]string{
		{"eth0", "address", "02:00:00:00:00:01"}, {"eth0", "mtu", "1500"}, {"eth0", "flags", "0x1003"}, {"eth0", "operstate", "up"},
		{"eth0", "carrier", "1"}, {"eth0", "ifindex", "2"}, {"lo", "address", "00:00:00:00:00:00"}, {"lo", "flags", "0x9"}, {"lo", "operstate", "unknown"}, {"lo", "type", "772"},
	} {
		if text := attributeOf(c[0], c[1]); text == nil || string(text()) != c[2]+"\n" {
			t.Errorf("%s of %s is not %s: %q", c[1], c[0], c[2], text())
		}
		own, err := os.ReadFile("/sys/class/net/lo/" + c[1])
		if c[0] == "lo" && err == nil && string(own) != c[2]+"\n" {
			t.Errorf("Linux has %q as %s of lo, this test %q", own, c[1], c[2])
		}
	}
	for _, name := range classNames() {
		if text := attributeOf("lo", name); (text == nil) != (name == "statistics") {
			t.Errorf("%s is listed and not there, or the reverse", name)
		}
	}
	if attributeOf("lo", "speed") != nil || findLink("eth1") != nil {
		t.Error("what is not there is found")
	}
	a, _ := udp4(t, s)
	_, to := udp4(t, s)
	a.sendTo("datagram", to)
	list := statisticsOf("lo")
	for _, name := range list.Names() {
		text, _ := list.Open(name)
		if n := string(text()); strings.HasSuffix(name, "_packets") && n != "1\n" || n == "" {
			t.Errorf("%s of lo: %q", name, n)
		}
	}
}
