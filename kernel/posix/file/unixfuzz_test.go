package file

import (
	"bytes"
	"syscall"
	"testing"
	"unsafe"

	"yolk/kernel/posix/file/callertest"
)

// sendMessage sends data in pieces with control messages.
func sendMessage(fd int, data, control []byte, piece int) (int, syscall.Errno) {
	iov := callertest.CutUp(data, piece)
	m := syscall.Msghdr{Iov: unsafe.SliceData(iov), Iovlen: uint64(len(iov)), Control: unsafe.SliceData(control), Controllen: uint64(len(control))}
	n, e := invoke(syscall.SYS_SENDMSG, fd, ptr(&m), 0)
	return int(n), e
}

// A delivery is what came with a receive.
type delivery struct {
	data  []byte // that was stored
	n     int    // the return value
	flags int32
	fds   []int
}

// receiveMessage receives into buffers of such sizes, in pieces, and checks that
// nothing else was written and that the control messages are well formed.
func receiveMessage(t *testing.T, fd, room, controlRoom, piece, flags int) (d delivery, e syscall.Errno) {
	t.Helper()
	out, control := callertest.NewFence(room), callertest.NewFence(controlRoom)
	iov := callertest.CutUp(out.B, piece)
	m := syscall.Msghdr{Iov: unsafe.SliceData(iov), Iovlen: uint64(len(iov)), Control: unsafe.SliceData(control.B), Controllen: uint64(controlRoom)}
	n, e := invoke(syscall.SYS_RECVMSG, fd, ptr(&m), flags)
	if e != 0 {
		out.Check(t, 0, "data")
		control.Check(t, 0, "control messages")
		return d, e
	}
	d = delivery{data: out.B[:min(int(n), room)], n: int(n), flags: m.Flags}
	out.Check(t, len(d.data), "data")
	control.Check(t, int(m.Controllen), "control messages")
	messages, err := syscall.ParseSocketControlMessage(control.B[:m.Controllen])
	if err != nil {
		t.Fatalf("%v: % x", err, control.B[:m.Controllen])
	}
	for _, m := range messages {
		if fds, err := syscall.ParseUnixRights(&m); err == nil {
			d.fds = append(d.fds, fds...)
		}
	}
	for _, fd := range d.fds {
		must(t, syscall.SYS_FCNTL, fd, syscall.F_GETFD)
		if e := closeFD(fd); e != 0 {
			t.Errorf("descriptor %d that was received: %v", fd, e)
		}
	}
	return d, 0
}

// balance returns a check that descriptions and queued bytes are as many as before.
func balance(t *testing.T) func() {
	Full()
	start() // makes the standard three
	d, q := described.used.Load(), queued.used.Load()
	return func() {
		t.Helper()
		if d2, q2 := described.used.Load(), queued.used.Load(); d2 != d || q2 != q {
			t.Errorf("left behind: %d descriptions, %d bytes in queues", d2-d, q2-q)
		}
	}
}

// unixTypes are the types of a pair whose messages are fuzzed.
var unixTypes = [...]int{stream, datagram, seqpacket}

// FuzzUnixMessages plays a program of sends, receives and peeks: bytes come out in
// order, messages whole or cut where it is said, descriptors as often as they were
// sent at most, and nothing is left when all is closed.
func FuzzUnixMessages(f *testing.F) {
	f.Add(uint8(0), []byte{0x00, 5, 1, 0x02, 2, 0, 0x22, 9, 40, 0x02, 9, 40})
	f.Add(uint8(1), []byte{0x10, 5, 2, 0x00, 0, 3, 0x22, 1, 24, 0x42, 1, 24, 0x02, 0, 15})
	f.Add(uint8(6), []byte{0x11, 200, 3, 0x11, 200, 200, 0x03, 250, 0, 0x03, 250, 20, 0x23, 0, 255})
	f.Add(uint8(5), []byte{0x10, 0, 0, 0x02, 0, 0, 0x01, 255, 255, 0x01, 255, 255})
	f.Fuzz(func(t *testing.T, kind uint8, program []byte) {
		done := balance(t)
		typ := unixTypes[int(kind)%len(unixTypes)]
		var pair, pipe [2]int32
		must(t, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, typ|nonblock, 0, ptr(&pair))
		must(t, syscall.SYS_PIPE2, ptr(&pipe), syscall.O_NONBLOCK)
		a, b := int(pair[0]), int(pair[1])
		on := int32(kind>>2) & 1
		must(t, syscall.SYS_SETSOCKOPT, b, syscall.SOL_SOCKET, soPassCred, ptr(&on), 4)
		var sent [][]byte // what is queued; of a stream one piece
		counter, rights := byte(0), 0
		for ; len(program) >= 3; program = program[3:] {
			op, x, y := program[0], int(program[1]), int(program[2])
			piece := 1 + x%7*100
			if op&2 == 0 {
				data := make([]byte, x*(1+y)%5000)
				for i := range data {
					counter++
					data[i] = counter
				}
				var control []byte
				if op&0x10 != 0 {
					control = syscall.UnixRights(append(make([]int, 0, 4), int(pipe[1]), int(pipe[1]), int(pipe[0]), int(pipe[1]))[:1+y%4]...)
				}
				n, e := sendMessage(a, data, control, piece)
				switch {
				case e == syscall.EAGAIN || typ == stream && n == 0:
					counter -= byte(len(data))
					continue
				case e != 0 || typ != stream && n != len(data):
					t.Fatalf("send of %d bytes: %d, %v", len(data), n, e)
				}
				counter -= byte(len(data) - n)
				rights += len(control) / 4 // at most
				if typ == stream && len(sent) > 0 {
					sent[0] = append(sent[0], data[:n]...)
				} else {
					sent = append(sent, data[:n])
				}
				continue
			}
			flags := 0
			if op&0x20 != 0 {
				flags |= msgPeek
			}
			if op&0x40 != 0 {
				flags |= msgTrunc
			}
			d, e := receiveMessage(t, b, x*4, y, piece, flags)
			if len(sent) == 0 {
				if e != syscall.EAGAIN {
					t.Fatalf("receive of nothing: %d, %v", d.n, e)
				}
				continue
			}
			if e != 0 || !bytes.HasPrefix(sent[0], d.data) {
				t.Fatalf("received % x, %v, instead of % x", d.data, e, sent[0])
			}
			if flags&msgPeek == 0 {
				rights -= len(d.fds)
			}
			if typ == stream {
				if d.n != len(d.data) || d.n == 0 && x > 0 {
					t.Fatalf("%d of %d bytes of a stream into %d", d.n, len(sent[0]), 4*x)
				}
				if flags&msgPeek == 0 {
					if sent[0] = sent[0][d.n:]; len(sent[0]) == 0 {
						sent = nil
					}
				}
				continue
			}
			want, cut := min(len(sent[0]), 4*x), len(sent[0]) > 4*x
			if flags&msgTrunc != 0 {
				want = len(sent[0])
			}
			if d.n != want || cut != (d.flags&msgTrunc != 0) {
				t.Fatalf("message of %d bytes into %d: %d, flags %#x", len(sent[0]), 4*x, d.n, d.flags)
			}
			if flags&msgPeek == 0 {
				sent = sent[1:]
			}
		}
		if rights < 0 {
			t.Errorf("%d descriptors more than were sent", -rights)
		}
		for _, fd := range []int32{pair[0], pair[1], pipe[0], pipe[1]} {
			closeFD(int(fd))
		}
		done()
	})
}

// FuzzUnixControl sends arbitrary control messages. Package syscall finds those well
// formed that are taken, and a descriptor in them is passed on or left alone.
func FuzzUnixControl(f *testing.F) {
	f.Add(syscall.UnixRights(0, 0), uint8(16), uint8(64))
	f.Add(syscall.UnixRights(0)[:21], uint8(16), uint8(0))
	f.Add(append(syscall.UnixRights(0), syscall.UnixCredentials(&syscall.Ucred{Pid: 1})...), uint8(16), uint8(17))
	f.Add(append(syscall.UnixRights(0), syscall.UnixRights(9999)...), uint8(16), uint8(40))
	f.Add(syscall.UnixRights(make([]int, 254)...), uint8(20), uint8(255))
	f.Fuzz(func(t *testing.T, control []byte, at, room uint8) {
		control = control[:len(control):len(control)]
		done := balance(t)
		var pair, pipe [2]int32
		must(t, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, seqpacket|nonblock, 0, ptr(&pair))
		must(t, syscall.SYS_PIPE2, ptr(&pipe), syscall.O_NONBLOCK)
		if int(at)+4 <= len(control) {
			put32(control[at:], uint32(pipe[1]))
		}
		_, e := sendMessage(int(pair[0]), []byte{'x'}, control, 1)
		if _, err := syscall.ParseSocketControlMessage(control); e == 0 && err != nil {
			t.Errorf("taken, but %v: % x", err, control)
		}
		if e == 0 {
			if d, e := receiveMessage(t, int(pair[1]), 1, int(room), 1, 0); e != 0 || d.n != 1 {
				t.Errorf("receive: %d, %v", d.n, e)
			}
		}
		closeFD(int(pair[0]))
		closeFD(int(pair[1]))
		closeFD(int(pipe[1]))
		if n, e := read(int(pipe[0]), make([]byte, 1)); n != 0 || e != 0 {
			t.Errorf("the pipe's other end is still open: %d, %v", n, e)
		}
		closeFD(int(pipe[0]))
		done()
	})
}

// FuzzUnixName: a name that is taken is given back, as far as there is room.
func FuzzUnixName(f *testing.F) {
	for _, name := range []string{"/tmp/socket", "@abstract", "", "relative"} {
		f.Add(sockaddr(name), uint8(110))
		f.Add(sockaddr(name), uint8(4))
	}
	f.Add(append([]byte{syscall.AF_UNIX, 0}, bytes.Repeat([]byte{'x'}, unixPath)...), uint8(200))
	f.Fuzz(func(t *testing.T, b []byte, room uint8) {
		name, e := unixName(unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
		if e != 0 {
			return
		}
		out, size := callertest.NewFence(int(room)), uint32(room)
		if e := putUnixName(name, unsafe.Pointer(unsafe.SliceData(out.B)), &size); e != 0 {
			t.Fatal(e)
		}
		out.Check(t, min(int(size), int(room)), "name")
		if int(size) > int(room) || size > 2+unixPath {
			return // it was cut, or has no room for its zero
		}
		again, e := unixName(unsafe.Pointer(unsafe.SliceData(out.B)), uintptr(size))
		if e != 0 || again != name {
			t.Errorf("%q comes back as %q, %v", name, again, e)
		}
	})
}

// TestUnixLyingLengths: lengths that no memory has are errors.
func TestUnixLyingLengths(t *testing.T) {
	a, _ := unixPair(t, datagram|nonblock)
	b := []byte("x")
	iov := syscall.Iovec{Base: &b[0], Len: 1}
	for _, n := range []uint64{1 << 31, 1 << 62, 1 << 63, 1<<64 - 1} {
		m := syscall.Msghdr{Iov: &iov, Iovlen: n}
		fails(t, syscall.EMSGSIZE, syscall.SYS_SENDMSG, a, ptr(&m), 0)
		fails(t, syscall.EMSGSIZE, syscall.SYS_RECVMSG, a, ptr(&m), 0)
		long := syscall.Iovec{Base: &b[0], Len: n}
		m = syscall.Msghdr{Iov: &long, Iovlen: 1}
		if _, e := invoke(syscall.SYS_SENDMSG, a, ptr(&m), 0); e != syscall.EMSGSIZE && e != syscall.EFAULT {
			t.Errorf("a piece of %#x bytes: %v", n, e)
		}
	}
}
