package ours

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// udpPair is two sockets over loopback, with what RawConn gives of each.
func udpPair(t *testing.T) (from, to *net.UDPConn, control func(c *net.UDPConn, f func(fd int) error)) {
	t.Helper()
	to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	from, err = net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close(); to.Close() })
	to.SetReadDeadline(time.Now().Add(30 * time.Second))
	return from, to, func(c *net.UDPConn, f func(fd int) error) {
		t.Helper()
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) { err = f(int(fd)) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestMessages: segments with a class of their own, as QUIC sends them, arrive with that
// class and from where they were sent to, in one read if that is wanted.
func TestMessages(t *testing.T) {
	from, to, control := udpPair(t)
	for level, names := range map[int][]int{unix.IPPROTO_IP: {unix.IP_RECVTOS, unix.IP_RECVORIGDSTADDR}, unix.SOL_UDP: {unix.UDP_GRO}} {
		for _, name := range names {
			control(to, func(fd int) error { return unix.SetsockoptInt(fd, level, name, 1) })
		}
	}
	const ect0 = 2
	out := append(message(unix.IPPROTO_IP, unix.IP_TOS, ect0, 0, 0, 0), message(unix.SOL_UDP, unix.UDP_SEGMENT, 100, 0)...)
	if _, _, err := from.WriteMsgUDP([]byte(strings.Repeat("0123456789", 25)), out, nil); err != nil {
		t.Fatal(err)
	}
	b, oob := make([]byte, 1<<16), make([]byte, 256)
	n, oobn, _, _, err := to.ReadMsgUDP(b, oob)
	if n != 250 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	all, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		t.Fatal(err)
	}
	found := map[[2]int32][]byte{}
	for _, m := range all {
		found[[2]int32{m.Header.Level, m.Header.Type}] = m.Data
	}
	if tos := found[[2]int32{unix.IPPROTO_IP, unix.IP_TOS}]; len(tos) == 0 || tos[0] != ect0 {
		t.Errorf("class %v", tos)
	}
	if size := found[[2]int32{unix.SOL_UDP, unix.UDP_GRO}]; len(size) < 4 || binary.NativeEndian.Uint32(size) != 100 {
		t.Errorf("segments of %v", size)
	}
	if at := found[[2]int32{unix.IPPROTO_IP, unix.IP_ORIGDSTADDR}]; len(at) < 8 || int(binary.BigEndian.Uint16(at[2:])) != to.LocalAddr().(*net.UDPAddr).Port || at[4] != 127 {
		t.Errorf("sent to %v", at)
	}
}

func message(level, typ int, data ...byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(data)))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = int32(level), int32(typ)
	h.SetLen(unix.CmsgLen(len(data)))
	copy(b[unix.CmsgLen(0):], data)
	return b
}

// TestFilterInKernel: a reader that waits is woken by what its filter lets in only.
func TestFilterInKernel(t *testing.T) {
	from, to, control := udpPair(t)
	code := []unix.SockFilter{{Code: 0x30, K: 8}, {Code: 0x15, K: 'y', Jf: 1}, {Code: 0x06, K: 100}, {Code: 0x06}}
	control(to, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
	})
	go func() {
		for _, word := range []string{"no", "none", "yes"} {
			time.Sleep(5 * time.Millisecond)
			from.Write([]byte(word))
		}
	}()
	b := make([]byte, 10)
	if n, err := to.Read(b); err != nil || string(b[:n]) != "yes" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// TestPackets: a packet socket sees what goes over lo, and on a network card asks for an
// address by ARP and hears the answer.
func TestPackets(t *testing.T) {
	htons := func(v uint16) uint16 { return v<<8 | v>>8 }
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(htons(unix.ETH_P_ALL)))
	if err == unix.EPERM {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 30})
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: lo.Index}); err != nil {
		t.Fatal(err)
	}
	from, _, _ := udpPair(t)
	from.Write([]byte("over loopback"))
	awaitFrame(t, fd, func(frame []byte, from *unix.SockaddrLinklayer) bool {
		return strings.HasSuffix(string(frame), "over loopback") && from.Pkttype == unix.PACKET_HOST && from.Hatype == unix.ARPHRD_LOOPBACK
	})
	card, err := net.InterfaceByName("eth0")
	if err != nil || os.Getenv("ROUTER") == "" {
		return // there is no network, or not QEMU's
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ARP), Ifindex: card.Index}); err != nil {
		t.Fatal(err)
	}
	own := []byte{10, 0, 2, 15}
	request := append([]byte("\xff\xff\xff\xff\xff\xff"), card.HardwareAddr...)
	request = append(append(request, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1), card.HardwareAddr...)
	request = append(append(append(request, own...), 0, 0, 0, 0, 0, 0), net.ParseIP(os.Getenv("ROUTER")).To4()...)
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrLinklayer{Ifindex: card.Index}); err != nil {
		t.Fatal(err)
	}
	awaitFrame(t, fd, func(frame []byte, from *unix.SockaddrLinklayer) bool {
		return len(frame) >= 42 && frame[21] == 2 && net.IP(frame[28:32]).String() == os.Getenv("ROUTER") && from.Pkttype == unix.PACKET_HOST
	})
}

func awaitFrame(t *testing.T, fd int, wanted func([]byte, *unix.SockaddrLinklayer) bool) {
	t.Helper()
	for b := make([]byte, 2000); ; {
		n, from, err := unix.Recvfrom(fd, b, 0)
		if err != nil {
			t.Fatal(err)
		}
		if at, ok := from.(*unix.SockaddrLinklayer); ok && wanted(b[:n], at) {
			return
		}
	}
}

// TestClassNet: each interface has its folder with what is known of it.
func TestClassNet(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		read := func(name string) string {
			b, err := os.ReadFile(filepath.Join("/sys/class/net", i.Name, name))
			if err != nil {
				t.Error(err)
			}
			return strings.TrimSpace(string(b))
		}
		if read("mtu") != itoa(i.MTU) || read("ifindex") != itoa(i.Index) || i.HardwareAddr != nil && read("address") != i.HardwareAddr.String() ||
			!strings.HasPrefix(read("flags"), "0x") || read("statistics/rx_bytes") == "" || read("operstate") == "" {
			t.Errorf("%s: mtu %s, index %s, address %s", i.Name, read("mtu"), read("ifindex"), read("address"))
		}
	}
	entries, err := os.ReadDir("/sys/class/net")
	if err != nil || len(entries) < len(all) {
		t.Errorf("%d interfaces, %v", len(entries), err)
	}
}
