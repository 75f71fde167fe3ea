package socket

import (
	"io"
	"syscall"
	"testing"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// still is an endpoint that moves bytes and allocates nothing, so that what a
// call allocates is this package's.
type still struct {
	tcpip.Endpoint
	buf [1 << 12]byte
}

func (e *still) Read(w io.Writer, _ tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	n, _ := w.Write(e.buf[:100])
	return tcpip.ReadResult{Count: n, Total: 100, RemoteAddr: tcpip.FullAddress{Addr: loopback4, Port: 9}}, nil
}

func (e *still) Write(p tcpip.Payloader, o tcpip.WriteOptions) (int64, tcpip.Error) {
	n, _ := p.Read(e.buf[:])
	return int64(n), nil
}

func (e *still) ModerateRecvBuf(int) {}

func (e *still) State() uint32 { return uint32(tcp.StateEstablished) }

func (e *still) Readiness(mask waiter.EventMask) waiter.EventMask { return mask }

func TestNoAllocation(t *testing.T) {
	for _, typ := range []uint16{syscall.SOCK_STREAM, syscall.SOCK_DGRAM} {
		k := newSocket(&Stack{}, &still{}, new(waiter.Queue), syscall.AF_INET, typ, 0)
		p := make([]byte, 200)
		name, n := make([]byte, 28), uint32(28)
		copy(name, []byte{syscall.AF_INET, 0, 0, 9, 127, 0, 0, 1})
		iov := syscall.Iovec{Base: &p[0], Len: 100}
		m := syscall.Msghdr{Iov: &iov, Iovlen: 1, Name: &name[0], Namelen: 16}
		buf, who, length, msg := unsafe.Pointer(&p[0]), unsafe.Pointer(&name[0]), unsafe.Pointer(&n), unsafe.Pointer(&m)
		for what, call := range map[string]func(){
			"read":  func() { k.Read(p) },
			"write": func() { k.Write(p) },
			"sendto": func() {
				k.SocketCall(syscall.SYS_SENDTO, &[6]uintptr{2: 100, 5: 16}, &[6]unsafe.Pointer{1: buf, 4: who})
			},
			"recvfrom": func() {
				k.SocketCall(syscall.SYS_RECVFROM, &[6]uintptr{2: 100}, &[6]unsafe.Pointer{1: buf, 4: who, 5: length})
			},
			"sendmsg": func() { k.SocketCall(syscall.SYS_SENDMSG, &[6]uintptr{}, &[6]unsafe.Pointer{1: msg}) },
			"recvmsg": func() { k.SocketCall(syscall.SYS_RECVMSG, &[6]uintptr{}, &[6]unsafe.Pointer{1: msg}) },
		} {
			n, name[0] = 28, syscall.AF_INET
			if a := testing.AllocsPerRun(100, call); a != 0 {
				t.Errorf("%s on a socket of type %d: %v allocations", what, typ, a)
			}
		}
	}
}
