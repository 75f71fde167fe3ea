package socket

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"

	"yolk/kernel/posix/file/callertest"
)

// What programs pass by address is theirs to get wrong: lengths that lie, messages
// that end in the middle, options that do not exist. The targets here act as such a
// program; what is around its buffers must stay as it is.

// FuzzAddr: an address that is taken is one that is given back.
func FuzzAddr(f *testing.F) {
	for _, a := range []string{"10.0.2.15:80", "0.0.0.0:0", "[::1]:53", "[fe80::1]:1", "[::ffff:10.0.0.1]:65535", "[ff02::1]:5353"} {
		b := sockaddr(netip.MustParseAddrPort(a))
		f.Add(b, false)
		f.Add(b[:len(b)-1], true)
		f.Add(b[:minIn6&len(b)], false)
	}
	f.Fuzz(func(t *testing.T, b []byte, six bool) {
		family := uint16(syscall.AF_INET)
		if six {
			family = syscall.AF_INET6
		}
		a, e := parseAddr(b, family)
		if e != 0 {
			if a != (tcpip.FullAddress{}) {
				t.Errorf("%v with %v", e, a)
			}
			return
		}
		out := callertest.NewFence(sizeofIn6)
		n := putAddr(out.B, a, family)
		out.Check(t, sizeofIn6, "address")
		if again, e := parseAddr(out.B[:n], family); e != 0 || again != a {
			t.Errorf("% x is %v, and back % x, which is %v, %v", b, a, out.B[:n], again, e)
		}
	})
}

// cmsg is one control message as it is in memory.
func cmsg(level, typ uint32, data ...byte) []byte {
	b := binary.NativeEndian.AppendUint64(nil, uint64(cmsgHeader+len(data)))
	b = binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(b, level), typ)
	b = append(b, data...)
	return append(b, make([]byte, cmsgAlign(len(b))-len(b))...)
}

// FuzzControl: control messages are taken apart where package syscall does it, and
// what was understood survives being written and read again.
func FuzzControl(f *testing.F) {
	ttl := cmsg(syscall.IPPROTO_IP, syscall.IP_TTL, 3, 0, 0, 0)
	info := cmsg(syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, append(bytes.Repeat([]byte{0xfd}, 16), 1, 0, 0, 0)...)
	f.Add(ttl)
	f.Add(append(slices.Clone(ttl), info...))
	f.Add(cmsg(syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	f.Add(cmsg(syscall.SOL_SOCKET, syscall.SCM_RIGHTS, 1, 0, 0, 0))
	f.Add(ttl[:17])
	f.Add(append(binary.NativeEndian.AppendUint64(nil, 1<<63), ttl[8:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:len(b):len(b)]
		var k Socket
		var o outgoing
		if k.parseControl(b, &o) != 0 {
			return
		}
		if _, err := syscall.ParseSocketControlMessage(b); err != nil {
			t.Errorf("taken, but %v: % x", err, b)
		}
		m := &o.ControlMessages
		w := control{b: make([]byte, 256)}
		if m.HasTTL {
			w.addInt(syscall.IPPROTO_IP, syscall.IP_TTL, uint32(m.TTL))
		}
		if m.HasHopLimit {
			w.addInt(syscall.IPPROTO_IPV6, syscall.IPV6_HOPLIMIT, uint32(m.HopLimit))
		}
		if o.class.v4 != 0 {
			w.addInt(syscall.IPPROTO_IP, syscall.IP_TOS, uint32(o.class.v4)-1)
		}
		if o.class.v6 != 0 {
			w.addInt(syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, uint32(o.class.v6)-1)
		}
		if m.HasIPv6PacketInfo {
			w.addPktinfo6(m.IPv6PacketInfo.Addr, m.IPv6PacketInfo.NIC)
		}
		var again outgoing
		if e := k.parseControl(w.b[:w.n], &again); e != 0 || again != o {
			t.Errorf("%+v and again %+v, %v", o, again, e)
		}
	})
}

// FuzzPutControl: whatever room there is, it holds whole messages, of those that
// more room would hold, and says so if some are missing.
func FuzzPutControl(f *testing.F) {
	f.Add(uint8(0xff), uint16(200), uint32(64))
	f.Add(uint8(0x3f), uint16(40), uint32(1))
	f.Add(uint8(0x05), uint16(15), uint32(0))
	f.Fuzz(func(t *testing.T, has uint8, room uint16, v uint32) {
		room %= 400
		bit := func(i int) bool { return has>>i&1 != 0 }
		var k Socket
		k.opts.timestamp.Store(bit(0))
		k.opts.pktinfo4.Store(bit(1))
		k.opts.pktinfo6.Store(bit(2))
		m := tcpip.ReceivableControlMessages{HasTimestamp: bit(0), HasIPPacketInfo: bit(1) || bit(2), HasTOS: bit(3), TOS: uint8(v),
			HasTTL: bit(4), TTL: uint8(v), HasTClass: bit(5), TClass: v, HasHopLimit: bit(6), HopLimit: uint8(v), HasIPv6PacketInfo: bit(7)}
		m.PacketInfo.NIC, m.IPv6PacketInfo.NIC = tcpip.NICID(v), tcpip.NICID(v)
		if v&1 != 0 {
			m.PacketInfo.DestinationAddr = tcpip.AddrFrom4([4]byte{10, 0, 0, byte(v)})
		}
		put := func(n int) (list []string, cut bool) {
			out := callertest.NewFence(n)
			c := control{b: out.B}
			k.putControl(&c, &arrival{ReadResult: tcpip.ReadResult{ControlMessages: m}})
			out.Check(t, c.n, "control messages")
			messages, err := syscall.ParseSocketControlMessage(out.B[:c.n])
			if err != nil {
				t.Fatalf("%v: % x", err, out.B[:c.n])
			}
			for _, m := range messages {
				list = append(list, string(binary.NativeEndian.AppendUint32(nil, uint32(m.Header.Type)))+string(m.Data))
			}
			return list, c.cut
		}
		all, cut := put(400)
		if cut {
			t.Fatal("400 bytes do not suffice")
		}
		some, cut := put(int(room))
		if cut != (len(some) < len(all)) {
			t.Errorf("%d of %d messages, cut: %v", len(some), len(all), cut)
		}
		for _, one := range some {
			if !slices.Contains(all, one) {
				t.Errorf("% x is not one of % x", one, all)
			}
		}
	})
}

// kinds of sockets that differ in their options.
var kinds = [...][3]uintptr{
	{syscall.AF_INET, syscall.SOCK_STREAM, 0}, {syscall.AF_INET6, syscall.SOCK_STREAM, 0},
	{syscall.AF_INET, syscall.SOCK_DGRAM, 0}, {syscall.AF_INET6, syscall.SOCK_DGRAM, 0},
	{syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP}, {syscall.AF_INET6, syscall.SOCK_RAW, syscall.IPPROTO_ICMPV6},
}

// FuzzOption: an option's value is written where it was asked for and nowhere else;
// a small number that was set is read back, others are refused, and setting what was
// read changes nothing.
func FuzzOption(f *testing.F) {
	for _, o := range flagOptions {
		f.Add(uint8(o.level>>2), int32(o.level), int32(o.name), []byte{1, 0, 0, 0}, uint32(4))
	}
	for _, o := range intOptions {
		f.Add(uint8(o.name), int32(o.level), int32(o.name), []byte{0xff, 1, 0, 0}, uint32(3))
	}
	for _, name := range []int32{syscall.SO_LINGER, syscall.SO_SNDBUF, syscall.SO_RCVBUF, syscall.SO_RCVLOWAT, syscall.SO_PRIORITY, syscall.SO_BINDTODEVICE} {
		f.Add(uint8(0), int32(solSocket), name, []byte("lo\x00\x00\x01\x00\x00\x00"), uint32(8))
	}
	for _, name := range []int32{syscall.TCP_INFO, syscall.TCP_CONGESTION, syscall.TCP_LINGER2, syscall.TCP_DEFER_ACCEPT, syscall.TCP_KEEPIDLE} {
		f.Add(uint8(0), int32(solTCP), name, []byte("reno"), uint32(300))
	}
	for _, name := range []int32{syscall.IP_ADD_MEMBERSHIP, syscall.IP_MULTICAST_IF, mcastJoin, mcastLeave} {
		f.Add(uint8(2), int32(solIP), name, []byte("\xe0\x00\x00\xfb\x7f\x00\x00\x01\x01\x00\x00\x00\x02\x00\x00\x00\xe0\x00\x00\xfb\x00\x00\x00\x00"), uint32(4))
	}
	f.Add(uint8(3), int32(solIPv6), int32(syscall.IPV6_JOIN_GROUP), []byte("\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfb\x01\x00\x00\x00"), uint32(4))
	f.Add(uint8(5), int32(syscall.IPPROTO_ICMPV6), int32(icmp6Filter), make([]byte, 32), uint32(32))
	s := newStack(f)
	f.Fuzz(func(t *testing.T, kind uint8, level, name int32, value []byte, room uint32) {
		c := kinds[int(kind)%len(kinds)]
		k := open(t, s, c[0], c[1], c[2])
		get := func(room uint32) ([]byte, syscall.Errno) {
			out, n := callertest.NewFence(int(room)), room
			_, e := k.call(syscall.SYS_GETSOCKOPT, int(level), int(name), out.B, &n)
			if e != 0 {
				n = 0
			}
			out.Check(t, int(n), "option")
			return out.B[:n], e
		}
		in := callertest.NewFence(len(value))
		copy(in.B, value)
		_, set := k.call(syscall.SYS_SETSOCKOPT, int(level), int(name), in.B, len(in.B))
		if !bytes.Equal(in.B, value) {
			t.Errorf("the caller's value was changed: % x", in.B)
		}
		all, e := get(maxOption)
		if part, e2 := get(room % 300); e2 != e || e == 0 && level != solTCP && room%300 > 0 && !bytes.HasPrefix(all, part) {
			t.Errorf("% x, %v, and with room for %d % x, %v", all, e, room%300, part, e2)
		}
		i := slices.IndexFunc(intOptions[:], func(o intOption) bool { return o.key == key{int(level), int(name)} })
		if v, bad := parseInt(int(level), value); set == 0 && bad == 0 && c[1] == syscall.SOCK_DGRAM && i >= 0 && intOptions[i].byte {
			if got := int(int32(binary.NativeEndian.Uint32(all))); v < -1 || v > 255 || v >= 0 && got != v {
				t.Errorf("option %d/%d set to %d is %d", level, name, v, got)
			}
		}
		if set != 0 || e != 0 || level == solSocket && name == syscall.SO_SNDBUF || level == solSocket && name == syscall.SO_RCVBUF {
			return // these two double what is set
		}
		if _, e := k.call(syscall.SYS_SETSOCKOPT, int(level), int(name), slices.Clone(all), len(all)); e != 0 {
			t.Errorf("option %d/%d is % x, which cannot be set: %v", level, name, all, e)
		}
		if again, e := get(maxOption); e != 0 || !bytes.Equal(again, all) {
			t.Errorf("option %d/%d was % x, and is % x when set to that, %v", level, name, all, again, e)
		}
	})
}

// FuzzMessage sends a datagram with a name and control messages, in pieces, and
// receives it into others: what arrives is what was sent, cut where it says so.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("datagram"), uint16(8), uint8(3), uint8(2), []byte{}, uint8(16), uint8(64), uint8(0))
	f.Add([]byte("datagram"), uint16(4), uint8(1), uint8(1), cmsg(syscall.IPPROTO_IP, syscall.IP_TTL, 3, 0, 0, 0), uint8(3), uint8(17), uint8(3))
	f.Add([]byte{}, uint16(0), uint8(0), uint8(0), []byte{1}, uint8(0), uint8(0), uint8(2))
	s := newStack(f)
	f.Fuzz(func(t *testing.T, data []byte, room uint16, piece, cut uint8, sendControl []byte, nameRoom, controlRoom, how uint8) {
		data = data[:min(len(data), 60000)]
		a, b := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0), open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
		from, to := a.bindTo("127.0.0.1:0"), sockaddr(b.bindTo("127.0.0.1:0"))
		for _, o := range []int{syscall.IP_PKTINFO, syscall.IP_RECVTTL, syscall.IP_RECVTOS} {
			if e := b.setInt(solIP, o, int(how>>2)&1); e != 0 {
				t.Fatal(e)
			}
		}
		iov := callertest.CutUp(data, int(piece)+1)
		m := syscall.Msghdr{Name: &to[0], Namelen: uint32(len(to)), Iov: unsafe.SliceData(iov), Iovlen: uint64(len(iov)),
			Control: unsafe.SliceData(sendControl), Controllen: uint64(len(sendControl))}
		if _, e := a.call(syscall.SYS_SENDMSG, &m, 0); e != 0 {
			m.Control, m.Controllen = nil, 0
			if n, e := a.call(syscall.SYS_SENDMSG, &m, 0); e != 0 || n != uintptr(len(data)) {
				t.Fatalf("sendmsg of %d bytes: %d, %v", len(data), n, e)
			}
		}
		out, name, control := callertest.NewFence(int(room)), callertest.NewFence(int(nameRoom)), callertest.NewFence(int(controlRoom))
		iov = callertest.CutUp(out.B, int(cut)+1)
		m = syscall.Msghdr{Name: unsafe.SliceData(name.B), Namelen: uint32(len(name.B)), Iov: unsafe.SliceData(iov), Iovlen: uint64(len(iov)),
			Control: unsafe.SliceData(control.B), Controllen: uint64(len(control.B))}
		flags := 0
		if how&1 != 0 {
			flags |= syscall.MSG_TRUNC
		}
		if how&2 != 0 {
			flags |= syscall.MSG_PEEK
		}
		n := b.must(b.wait(func() (uintptr, syscall.Errno) { return b.call(syscall.SYS_RECVMSG, &m, flags) }))
		put := min(len(data), int(room))
		want := put
		if flags&syscall.MSG_TRUNC != 0 {
			want = len(data)
		}
		if n != want || !bytes.Equal(out.B[:put], data[:put]) || m.Flags&syscall.MSG_TRUNC != 0 != (put < len(data)) {
			t.Errorf("%d bytes of %d into %d, flags %#x", n, len(data), room, m.Flags)
		}
		out.Check(t, put, "data")
		name.Check(t, min(sizeofIn, int(nameRoom)), "name")
		if m.Namelen != sizeofIn || !bytes.HasPrefix(sockaddr(from), name.B[:min(sizeofIn, len(name.B))]) {
			t.Errorf("from % x, %d bytes, want %v", name.B, m.Namelen, from)
		}
		control.Check(t, int(m.Controllen), "control messages")
	})
}

// TestLyingLengths: a length that no memory has is an error, or means less.
func TestLyingLengths(t *testing.T) {
	s := newStack(t)
	k := open(t, s, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	b := sockaddr(k.bindTo("127.0.0.1:0"))
	iov := syscall.Iovec{Base: &b[0], Len: 1}
	for _, n := range []uintptr{1 << 31, 1 << 32, 1 << 47, 1 << 62, 1 << 63, ^uintptr(0)} {
		for _, c := range []struct {
			name string
			try  func() (uintptr, syscall.Errno)
		}{
			{"setsockopt", func() (uintptr, syscall.Errno) {
				return k.call(syscall.SYS_SETSOCKOPT, solSocket, syscall.SO_KEEPALIVE, b, n)
			}},
			{"sendto, address", func() (uintptr, syscall.Errno) { return k.call(syscall.SYS_SENDTO, b, 1, 0, b, n) }},
			{"sendmsg, control", func() (uintptr, syscall.Errno) {
				return k.call(syscall.SYS_SENDMSG, &syscall.Msghdr{Name: &b[0], Namelen: 16, Iov: &iov, Iovlen: 1, Control: &b[0], Controllen: uint64(n)}, 0)
			}},
			{"sendmsg, pieces", func() (uintptr, syscall.Errno) {
				return k.call(syscall.SYS_SENDMSG, &syscall.Msghdr{Name: &b[0], Namelen: 16, Iov: &iov, Iovlen: uint64(n)}, 0)
			}},
			{"sendmsg, a piece", func() (uintptr, syscall.Errno) {
				iov := syscall.Iovec{Base: &b[0], Len: uint64(n)}
				return k.call(syscall.SYS_SENDMSG, &syscall.Msghdr{Name: &b[0], Namelen: 16, Iov: &iov, Iovlen: 1}, 0)
			}},
		} {
			func() {
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s, %#x: panic: %v", c.name, n, p)
					}
				}()
				if n, e := c.try(); e == 0 && n > 1 {
					t.Errorf("%s: %d", c.name, n)
				}
			}()
		}
	}
}
