package netlink

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/posix/file"
)

// table is a fixed Source.
type table struct {
	links  []Link
	addrs  []Addr
	routes []Route
}

func (t *table) Links() []Link   { return t.links }
func (t *table) Addrs() []Addr   { return t.addrs }
func (t *table) Routes() []Route { return t.routes }

func sample() *table {
	return &table{
		links: []Link{
			{Index: 1, Name: "lo", Type: syscall.ARPHRD_LOOPBACK, Flags: syscall.IFF_UP | syscall.IFF_RUNNING | syscall.IFF_LOOPBACK, MTU: 65536, Hardware: make([]byte, 6)},
			{Index: 2, Name: "eth0", Type: syscall.ARPHRD_ETHER, Flags: syscall.IFF_UP, MTU: 1500, Hardware: []byte{2, 0, 0, 0, 0, 1}},
		},
		addrs: []Addr{
			{Index: 1, Name: "lo", Prefix: netip.MustParsePrefix("127.0.0.1/8")},
			{Index: 2, Name: "eth0", Prefix: netip.MustParsePrefix("10.0.2.15/24")},
			{Index: 2, Name: "eth0", Prefix: netip.MustParsePrefix("fe80::1/64"), Tentative: true},
		},
		routes: []Route{
			{2, netip.MustParsePrefix("10.0.2.0/24"), netip.Addr{}},
			{2, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("10.0.2.2")},
		},
	}
}

func open(t *testing.T, src Source) *Socket {
	t.Helper()
	k, e := New(src, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
	if e != 0 {
		t.Fatal(e)
	}
	return k.(*Socket)
}

// rib asks as syscall.NetlinkRIB does and parses with package syscall.
func rib(t *testing.T, k *Socket, typ uint16, flags uint16, body []byte) []syscall.NetlinkMessage {
	t.Helper()
	req := make([]byte, headerLen, headerLen+len(body))
	h := (*syscall.NlMsghdr)(unsafe.Pointer(&req[0]))
	*h = syscall.NlMsghdr{Len: uint32(headerLen + len(body)), Type: typ, Flags: syscall.NLM_F_REQUEST | flags, Seq: 1}
	if _, e := k.Write(append(req, body...)); e != 0 {
		t.Fatal(e)
	}
	var all []syscall.NetlinkMessage
	for {
		b := make([]byte, 4096)
		n, e := k.Read(b)
		if e != 0 {
			return all
		}
		msgs, err := syscall.ParseNetlinkMessage(b[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range msgs {
			if m.Header.Seq != 1 || m.Header.Pid != k.pid {
				t.Fatalf("header %+v", m.Header)
			}
		}
		all = append(all, msgs...)
	}
}

func attrs(t *testing.T, m *syscall.NetlinkMessage) map[uint16][]byte {
	t.Helper()
	l, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint16][]byte{}
	for _, a := range l {
		all[a.Attr.Type] = a.Value
	}
	return all
}

const dump = syscall.NLM_F_DUMP

func TestLinks(t *testing.T) {
	k := open(t, sample())
	msgs := rib(t, k, syscall.RTM_GETLINK, dump, []byte{0})
	if len(msgs) != 3 || msgs[2].Header.Type != syscall.NLMSG_DONE {
		t.Fatalf("%d messages", len(msgs))
	}
	m := &msgs[1]
	i := (*syscall.IfInfomsg)(unsafe.Pointer(&m.Data[0]))
	a := attrs(t, m)
	if i.Index != 2 || i.Type != syscall.ARPHRD_ETHER || i.Flags != syscall.IFF_UP || m.Header.Flags != syscall.NLM_F_MULTI {
		t.Errorf("%+v %+v", m.Header, i)
	}
	if string(a[syscall.IFLA_IFNAME]) != "eth0\x00" || a[syscall.IFLA_ADDRESS][5] != 1 || a[syscall.IFLA_MTU][1] != 1500>>8 {
		t.Errorf("attributes %v", a)
	}
	for n, want := range []byte{operUp, operDown} {
		if got := attrs(t, &msgs[n])[syscall.IFLA_OPERSTATE]; len(got) != 1 || got[0] != want {
			t.Errorf("state of link %d: %v, want %d", n, got, want)
		}
	}
}

func TestAddrsAndRoutes(t *testing.T) {
	k := open(t, sample())
	if n := len(rib(t, k, syscall.RTM_GETADDR, dump, []byte{syscall.AF_UNSPEC})); n != 4 {
		t.Errorf("%d messages for all families", n)
	}
	msgs := rib(t, k, syscall.RTM_GETADDR, dump, []byte{syscall.AF_INET6})
	if len(msgs) != 2 {
		t.Fatalf("%d messages for IPv6", len(msgs))
	}
	f := (*syscall.IfAddrmsg)(unsafe.Pointer(&msgs[0].Data[0]))
	if f.Family != syscall.AF_INET6 || f.Prefixlen != 64 || f.Flags != ifaPermanent|ifaTentative || f.Scope != scopeLink || f.Index != 2 {
		t.Errorf("%+v", f)
	}
	if a := attrs(t, &msgs[0]); a[syscall.IFA_ADDRESS][0] != 0xfe {
		t.Errorf("attributes %v", a)
	}
	msgs = rib(t, k, syscall.RTM_GETROUTE, dump, []byte{syscall.AF_INET})
	if len(msgs) != 3 {
		t.Fatalf("%d messages for routes", len(msgs))
	}
	if a := attrs(t, &msgs[1]); a[syscall.RTA_GATEWAY][3] != 2 || a[syscall.RTA_OIF][0] != 2 || a[syscall.RTA_DST] != nil {
		t.Errorf("default route %v", a)
	}
}

// One link by number or name; an error for others and for changes.
func TestSingleAndErrors(t *testing.T) {
	k := open(t, sample())
	body := make([]byte, syscall.SizeofIfInfomsg)
	body[4] = 2
	if msgs := rib(t, k, syscall.RTM_GETLINK, 0, body); len(msgs) != 1 || msgs[0].Header.Flags != 0 {
		t.Errorf("by number: %v", msgs)
	}
	body[4] = 0
	named := append(append([]byte{}, body...), 7, 0, syscall.IFLA_IFNAME, 0, 'l', 'o', 0, 0)
	if msgs := rib(t, k, syscall.RTM_GETLINK, syscall.NLM_F_ACK, named); len(msgs) != 2 || msgs[1].Data[0] != 0 {
		t.Errorf("by name, with acknowledgement: %v", msgs)
	}
	body[4] = 9
	for _, c := range []struct {
		typ  uint16
		want syscall.Errno
	}{{syscall.RTM_GETLINK, syscall.ENODEV}, {syscall.RTM_NEWADDR, syscall.EOPNOTSUPP}, {syscall.RTM_GETROUTE, syscall.EOPNOTSUPP}} {
		msgs := rib(t, k, c.typ, 0, body)
		if len(msgs) != 1 || msgs[0].Header.Type != syscall.NLMSG_ERROR {
			t.Fatalf("type %d: %v", c.typ, msgs)
		}
		if got := syscall.Errno(-*(*int32)(unsafe.Pointer(&msgs[0].Data[0]))); got != c.want {
			t.Errorf("type %d: %v", c.typ, got)
		}
	}
}

// A dump larger than a page arrives in datagrams that fit one.
func TestManyLinks(t *testing.T) {
	src := &table{}
	for i := range 300 {
		src.links = append(src.links, Link{Index: i + 1, Name: fmt.Sprint("eth", i), Hardware: make([]byte, 6)})
	}
	if n := len(rib(t, open(t, src), syscall.RTM_GETLINK, dump, nil)); n != 301 {
		t.Errorf("%d messages", n)
	}
}

// Malformed requests neither crash nor answer.
func FuzzServe(f *testing.F) {
	f.Add([]byte{17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{32, 0, 0, 0, 18, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, d := range serve(sample(), 1, p) {
			if _, err := syscall.ParseNetlinkMessage(d); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestCalls(t *testing.T) {
	k := open(t, sample())
	if k.Poll() != file.PollOut {
		t.Errorf("poll %#x", k.Poll())
	}
	var name [12]byte
	n := uint32(len(name))
	a := [6]uintptr{2: uintptr(unsafe.Pointer(&n))}
	p := [6]unsafe.Pointer{1: unsafe.Pointer(&name), 2: unsafe.Pointer(&n)}
	if _, e := k.SocketCall(syscall.SYS_GETSOCKNAME, &a, &p); e != 0 || n != 12 || name[0] != syscall.AF_NETLINK || name[4] != byte(k.pid) {
		t.Errorf("getsockname: %v % x", e, name)
	}
	rest := []byte{17, 0, 0, 0, 18, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	a[2], p[1] = uintptr(len(rest)), unsafe.Pointer(&rest[0])
	if n, e := k.SocketCall(syscall.SYS_SENDTO, &a, &p); n != 17 || e != 0 {
		t.Errorf("sendto: %d %v", n, e)
	}
	var b [8]byte
	iov := syscall.Iovec{Base: &b[0], Len: 8}
	m := syscall.Msghdr{Iov: &iov, Iovlen: 1}
	a[2], p[1] = syscall.MSG_PEEK|syscall.MSG_TRUNC, unsafe.Pointer(&m)
	if n, e := k.SocketCall(syscall.SYS_RECVMSG, &a, &p); n < 100 || e != 0 || m.Flags != syscall.MSG_TRUNC || k.Poll()&file.PollIn == 0 {
		t.Errorf("recvmsg: %d %v flags %#x", n, e, m.Flags)
	}
	if _, e := New(sample(), syscall.SOCK_RAW, syscall.NETLINK_ROUTE+1); e != syscall.EPROTONOSUPPORT {
		t.Errorf("other netlink protocol: %v", e)
	}
}
