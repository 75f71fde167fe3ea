package socket

import (
	"bytes"
	"io"
	"syscall"
	"testing"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// deep is an endpoint that makes the goroutine's stack grow, and so move,
// between being given a buffer and using it.
type deep struct {
	tcpip.Endpoint
	t   *testing.T
	got []byte
}

func (e *deep) check(v *vector) {
	if v.next(); onStack(unsafe.Pointer(unsafe.SliceData(v.cur))) {
		e.t.Error("memory of the goroutine's stack was stored in the heap")
	}
	grow(200)
}

func (e *deep) Write(p tcpip.Payloader, _ tcpip.WriteOptions) (int64, tcpip.Error) {
	e.check(&p.(*payload).vector)
	e.got = make([]byte, p.Len())
	n, _ := io.ReadFull(p, e.got)
	return int64(n), nil
}

func (e *deep) Read(w io.Writer, _ tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	e.check(&w.(*sink).vector)
	n, _ := w.Write(e.got)
	return tcpip.ReadResult{Count: n, Total: n}, nil
}

func (e *deep) ModerateRecvBuf(int) {}

func (e *deep) State() uint32 { return uint32(tcp.StateInitial) }

// grow needs n KiB of stack.
func grow(n int) byte {
	var pad [1024]byte
	pad[n] = byte(n)
	if n == 0 {
		return pad[0]
	}
	return grow(n-1) + pad[n]
}

// noescape calls f with p and hides p from escape analysis the way the call
// path of package syscall does, so that p may lie on the goroutine's stack.
//
//go:nosplit
func noescape(p []byte, f func([]byte) (int, syscall.Errno)) (int, syscall.Errno) {
	x := uintptr(unsafe.Pointer(unsafe.SliceData(p)))
	return f(unsafe.Slice(*(**byte)(unsafe.Pointer(&x)), len(p)))
}

// Buffers and vectors on the goroutine's stack survive its growth.
func TestStackBuffers(t *testing.T) {
	for _, typ := range []uint16{syscall.SOCK_STREAM, syscall.SOCK_DGRAM} {
		e := &deep{t: t}
		k := newSocket(&Stack{}, e, new(waiter.Queue), syscall.AF_INET, typ, 0)
		done := make(chan struct{})
		go func() { // a fresh, small stack
			defer close(done)
			var out, in [600]byte
			if !onStack(unsafe.Pointer(&out)) || !onStack(unsafe.Pointer(&in)) {
				t.Error("the test's buffers are not on the stack")
			}
			copy(out[:], bytes.Repeat([]byte("stack"), 120))
			if n, e := noescape(out[:], k.Write); n != len(out) || e != 0 {
				t.Errorf("write %d %v", n, e)
			}
			if n, e := noescape(in[:], k.Read); n != len(in) || e != 0 {
				t.Errorf("read %d %v", n, e)
			}
			if in != out {
				t.Error("bytes differ")
			}
		}()
		<-done
	}
}

// A vector is gathered and scattered as a whole, over empty pieces too.
func TestVector(t *testing.T) {
	e := &deep{t: t}
	k := newSocket(&Stack{}, e, new(waiter.Queue), syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	var a, b [5]byte
	copy(a[:], "hello")
	heap := []byte("world")
	iov := [3]syscall.Iovec{{Base: &a[0], Len: 5}, {}, {Base: &heap[0], Len: 5}}
	if n, err := k.send(vector{rest: iov[:]}, nil, outgoing{}); n != 10 || err != 0 || string(e.got) != "helloworld" {
		t.Errorf("%d %v %q", n, err, e.got)
	}
	iov[2].Base = &b[0]
	clear(a[:])
	if n, err := k.receive(vector{rest: iov[:]}, tcpip.ReadOptions{}, nil); n != 10 || err != 0 || string(a[:])+string(b[:]) != "helloworld" {
		t.Errorf("%d %v %q %q", n, err, a, b)
	}
}
