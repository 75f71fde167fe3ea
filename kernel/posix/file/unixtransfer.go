package file

import "syscall"

// A transferCall is what sendto, recvfrom, sendmsg and recvmsg have in common.
type transferCall struct {
	name     pointer
	nameLen  uint32
	nameSize *uint32 // where recvfrom and recvmsg want the length, or nil
	iov      []syscall.Iovec
	control  []byte
	flags    uintptr
	msg      *syscall.Msghdr // nil for sendto and recvfrom
	single   [1]syscall.Iovec
}

func (s *unixSocket) transfer(nr uintptr, a *[6]uintptr, p *[6]pointer) (uintptr, syscall.Errno) {
	var t transferCall
	switch nr {
	case syscall.SYS_SENDTO, syscall.SYS_RECVFROM:
		t.single[0].Base, t.flags, t.name = (*byte)(p[1]), a[3], p[4]
		t.single[0].SetLen(int(a[2]))
		t.iov = t.single[:]
		if nr == syscall.SYS_SENDTO {
			t.nameLen = uint32(a[5])
			return s.send(&t)
		}
		t.nameSize = (*uint32)(p[5])
		return s.receive(&t)
	}
	m := (*syscall.Msghdr)(p[1])
	if m == nil {
		return 0, syscall.EFAULT
	}
	if m.Iovlen > MaxVector {
		return 0, syscall.EMSGSIZE
	}
	t.name, t.nameLen, t.flags, t.msg = pointer(m.Name), m.Namelen, a[2], m
	t.iov = list[syscall.Iovec](pointer(m.Iov), uintptr(m.Iovlen))
	var e syscall.Errno
	if t.control, e = view(pointer(m.Control), uintptr(m.Controllen)); e != 0 {
		return 0, e
	}
	if nr == syscall.SYS_SENDMSG {
		return s.send(&t)
	}
	if m.Name != nil {
		t.nameSize = &m.Namelen
	}
	return s.receive(&t)
}

// total returns the bytes that the buffers of a transfer hold together.
func (t *transferCall) total() (n int, e syscall.Errno) {
	for k := range t.iov {
		b, e := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		if e != 0 {
			return 0, e
		}
		n += len(b)
	}
	return n, 0
}

// gather copies n bytes of a send's buffers.
func (t *transferCall) gather(n int) []byte {
	data := make([]byte, n)
	done := 0
	for k := range t.iov {
		b, _ := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		done += copy(data[done:], b)
	}
	return data
}

// scatter copies data into a receive's buffers from offset done on.
func (t *transferCall) scatter(data []byte, done int) (n int) {
	for k := range t.iov {
		b, _ := view(pointer(t.iov[k].Base), uintptr(t.iov[k].Len))
		if done >= len(b) {
			done -= len(b)
			continue
		}
		n += copy(b[done:], data[n:])
		done = 0
	}
	return n
}

// Read and Write are what has no other arguments.
func (s *unixSocket) Read(p []byte) (int, syscall.Errno) {
	var t transferCall
	t.setSingle(p)
	n, e := s.receive(&t)
	return int(n), e
}

func (t *transferCall) setSingle(p []byte) {
	if len(p) > 0 {
		t.single[0].Base = &p[0]
		t.single[0].SetLen(len(p))
		t.iov = t.single[:]
	}
}
