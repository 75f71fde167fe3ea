package socket

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket/bpf"
)

// A caller makes socket calls: Linux, or a socket of ours.
type caller struct {
	name string
	call func(nr uintptr, args ...any) (uintptr, syscall.Errno)
}

// pair returns two UDP sockets of the host, and two of a stack; the first sends to the second.
func pairs(t *testing.T) [2][2]caller {
	t.Helper()
	Full()
	s := newStack(t)
	a, _ := udp4(t, s)
	b, to := udp4(t, s)
	a.must(a.call(syscall.SYS_CONNECT, sockaddr(to), sizeofIn))
	var host [2]caller
	for i := range host {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(fd) })
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		host[i] = caller{"linux", func(nr uintptr, args ...any) (uintptr, syscall.Errno) { return hostCall(fd, nr, args) }}
		if i == 1 {
			at, err := syscall.Getsockname(fd)
			if err != nil {
				t.Fatal(err)
			}
			port := uint16(at.(*syscall.SockaddrInet4).Port)
			host[0].call(syscall.SYS_CONNECT, []byte{syscall.AF_INET, 0, byte(port >> 8), byte(port), 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 16)
		}
	}
	return [2][2]caller{host, {{"yolk", a.call}, {"yolk", b.call}}}
}

// hostCall is sock.call of the host's.
func hostCall(fd int, nr uintptr, args []any) (uintptr, syscall.Errno) {
	a := [6]uintptr{uintptr(fd)}
	for i, v := range args {
		switch v := v.(type) {
		case int:
			a[i+1] = uintptr(v)
		case []byte:
			a[i+1] = uintptr(unsafe.Pointer(unsafe.SliceData(v)))
		case *uint32:
			a[i+1] = uintptr(unsafe.Pointer(v))
		case *syscall.Msghdr:
			a[i+1] = uintptr(unsafe.Pointer(v))
		}
	}
	r, _, e := syscall.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return r, e
}

func (c caller) set(level, name, v int) syscall.Errno {
	_, e := c.call(syscall.SYS_SETSOCKOPT, level, name, binary.NativeEndian.AppendUint32(nil, uint32(v)), 4)
	return e
}

func (c caller) get(level, name int) string {
	b, n := make([]byte, 4), uint32(4)
	_, e := c.call(syscall.SYS_GETSOCKOPT, level, name, b, &n)
	return fmt.Sprint(b[:n], e)
}

// send sends n bytes with a control message, if any, and says what came of it.
func (c caller) send(n int, control []byte) string {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7)
	}
	iov := syscall.Iovec{Base: unsafe.SliceData(data), Len: uint64(n)}
	m := syscall.Msghdr{Iov: &iov, Iovlen: 1}
	if len(control) > 0 {
		m.Control, m.Controllen = &control[0], uint64(len(control))
	}
	r, e := c.call(syscall.SYS_SENDMSG, &m, 0)
	if e != 0 {
		r = 0
	}
	return fmt.Sprint(r, " ", e)
}

// received lists what there is to be read, by length and control messages.
func (c caller) received(room int) (all []string) {
	for {
		data, control := make([]byte, room), make([]byte, 128)
		iov := syscall.Iovec{Base: &data[0], Len: uint64(room)}
		m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Control: &control[0], Controllen: 128}
		n, e := c.call(syscall.SYS_RECVMSG, &m, syscall.MSG_DONTWAIT)
		if e != 0 {
			return append(all, e.Error())
		}
		sum := 0
		for i, b := range data[:min(int(n), room)] {
			sum += i * int(b)
		}
		all = append(all, fmt.Sprint(n, " ", sum, control[:min(m.Controllen, 20)], m.Flags&^0x40000000))
	}
}

// alike shows where what came of the same calls parts.
func alike(t *testing.T, linux, yolk []string) {
	t.Helper()
	for i := range min(len(linux), len(yolk)) {
		if linux[i] != yolk[i] {
			t.Errorf("after %q: linux %q, yolk %q", linux[max(i-3, 0):i], linux[i], yolk[i])
			return
		}
	}
	if len(linux) != len(yolk) {
		t.Errorf("linux has %d outcomes, yolk %d", len(linux), len(yolk))
	}
}

// TestSegments: what one call sends as many datagrams, and what is refused, as on Linux.
func TestSegments(t *testing.T) {
	both := pairs(t)
	outcome := func(p [2]caller) (all []string) {
		from, to := p[0], p[1]
		for _, v := range []int{-1, 0x10000, 0xffff, 0} {
			all = append(all, from.set(solUDP, udpSegment, v).Error(), from.get(solUDP, udpSegment))
		}
		for _, c := range []struct{ n, size int }{{0, 100}, {1, 100}, {99, 100}, {100, 100}, {101, 100}, {500, 100}, {6400, 100}, {6401, 1}, {65507, 2000}, {65508, 2000}} {
			size := cmsg(solUDP, udpSegment, byte(c.size), byte(c.size>>8))
			all = append(append(all, from.send(c.n, size)), to.received(1<<16)...)
		}
		all = append(all, from.send(10, cmsg(solUDP, udpSegment, 1, 0, 0, 0)), from.send(10, cmsg(solUDP, 99, 1, 0)))
		from.set(solUDP, udpSegment, 50)
		all = append(append(all, from.send(120, nil)), to.received(1<<16)...)
		all = append(append(all, from.send(120, cmsg(solUDP, udpSegment, 60, 0))), to.received(1<<16)...)
		return all
	}
	alike(t, outcome(both[0]), outcome(both[1]))
}

// TestMerged: datagrams that came one after the other are read in one call.
func TestMerged(t *testing.T) {
	both := pairs(t)
	outcome := func(p [2]caller) (all []string) {
		from, to := p[0], p[1]
		all = append(all, to.set(solUDP, udpGRO, 1).Error(), to.get(solUDP, udpGRO))
		for _, c := range []struct{ n, size int }{{300, 100}, {250, 100}, {100, 100}, {1, 1}} {
			size := cmsg(solUDP, udpSegment, byte(c.size), byte(c.size>>8))
			all = append(append(all, from.send(c.n, size)), to.received(1<<16)...)
		}
		return all
	}
	alike(t, outcome(both[0]), outcome(both[1]))
	// What Linux does for what is sent in one call only: nothing that is not alike is merged.
	from, to := both[1][0], both[1][1]
	for _, n := range []int{100, 100, 40, 40, 0, 30, 50} {
		from.send(n, nil)
	}
	lengths := func(all []string) (s []string) {
		for _, one := range all {
			n, _, _ := strings.Cut(one, " ")
			s = append(s, n)
		}
		return s
	}
	if got := lengths(to.received(1 << 16)); strings.Join(got[:len(got)-1], " ") != "240 40 0 30 50" {
		t.Errorf("%q", got)
	}
	for range 3 {
		from.send(100, nil)
	}
	if got := lengths(to.received(250)); strings.Join(got[:len(got)-1], " ") != "200 100" {
		t.Errorf("with room for two %q", got)
	}
}

// evenOnly lets datagrams in whose first byte is even, and cuts them.
func evenOnly(keep uint32) []bpf.Instruction {
	return []bpf.Instruction{{Code: 0x30, K: 8}, {Code: 0x54, K: 1}, {Code: 0x15, JF: 1}, {Code: 0x06, K: keep}, {Code: 0x06}}
}

// attach gives the socket a filter.
func (c caller) attach(code []bpf.Instruction) syscall.Errno {
	p := program{uint16(len(code)), unsafe.SliceData(code)}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&p)), unsafe.Sizeof(p))
	_, e := c.call(syscall.SYS_SETSOCKOPT, syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER, b, len(b))
	return e
}

// TestFilter: which datagrams come through, and how much of them, as on Linux.
func TestFilter(t *testing.T) {
	both := pairs(t)
	outcome := func(p [2]caller) (all []string) {
		from, to := p[0], p[1]
		exchange := func() {
			for i := range 6 {
				from.call(syscall.SYS_SENDTO, []byte{byte(i), 'a', 'b', 'c'}, 4, 0, 0, 0)
			}
			all = append(all, to.received(100)...)
		}
		say := func(e syscall.Errno) { all = append(all, e.Error()) }
		say(to.set(syscall.SOL_SOCKET, syscall.SO_DETACH_FILTER, 0))
		say(to.attach(nil))
		say(to.attach([]bpf.Instruction{{Code: 0x30, K: 8}}))
		say(to.attach(evenOnly(4096)))
		exchange()
		say(to.attach(evenOnly(10)))
		exchange()
		say(to.attach(evenOnly(3))) // less than the header
		exchange()
		say(to.attach([]bpf.Instruction{{Code: 0x80}, {Code: 0x14, K: 1}, {Code: 0x16}})) // all but a byte
		exchange()
		say(to.attach([]bpf.Instruction{{Code: 0x30, K: 0xfff00009}, {Code: 0x15, K: 17, JF: 1}, {Code: 0x06, K: 100}, {Code: 0x06}})) // the protocol of IP
		exchange()
		say(to.attach([]bpf.Instruction{{Code: 0x06}})) // nothing
		exchange()
		say(to.set(syscall.SOL_SOCKET, syscall.SO_DETACH_FILTER, 0))
		exchange()
		say(to.attach(evenOnly(4096)))
		say(to.set(syscall.SOL_SOCKET, soLockFilter, 1))
		say(to.set(syscall.SOL_SOCKET, syscall.SO_DETACH_FILTER, 0))
		say(to.attach(evenOnly(10)))
		exchange()
		return append(all, to.get(syscall.SOL_SOCKET, soLockFilter))
	}
	alike(t, outcome(both[0]), outcome(both[1]))
}

// TestFilterReady: a socket whose filter refuses all that has come is not ready.
func TestFilterReady(t *testing.T) {
	Full()
	s := newStack(t)
	a, _ := udp4(t, s)
	b, to := udp4(t, s)
	caller{"yolk", b.call}.attach(evenOnly(100))
	a.sendTo("\x01odd", to)
	if b.Poll()&file.PollIn != 0 {
		t.Error("ready for what is refused")
	}
	a.sendTo("\x03odd", to)
	a.sendTo("\x02even", to)
	if b.Poll()&file.PollIn == 0 {
		t.Error("not ready for what is let in")
	}
	if p, n, _ := b.recvFrom(10, syscall.MSG_PEEK); p != "\x02even" || n != 5 {
		t.Errorf("%q, %d", p, n)
	}
	if p, n, _ := b.recvFrom(3, syscall.MSG_TRUNC); p != "\x02ev" || n != 5 {
		t.Errorf("%q, %d", p, n)
	}
}
