package file

import (
	"syscall"
	"testing"
)

// TestOldCalls looks at calls that only older architectures have.
func TestOldCalls(t *testing.T) {
	Full()
	r, w := pipes(t, syscall.O_NONBLOCK)
	if must(t, syscall.SYS_DUP2, r, r) != r {
		t.Error("dup2 of the same")
	}
	fails(t, syscall.EBADF, syscall.SYS_DUP2, 60000, 7)
	fds := []pollFD{{FD: int32(r), Events: PollIn}, {FD: int32(w), Events: PollOut}}
	if n := must(t, syscall.SYS_POLL, ptr(&fds[0]), len(fds), 1); n != 1 || fds[0].Revents != 0 || fds[1].Revents != PollOut {
		t.Error("poll", n, fds)
	}
	out := make([]uint64, 16)
	out[w/64] |= 1 << (w % 64)
	limit := syscall.Timeval{Usec: 1000}
	if n := must(t, syscall.SYS_SELECT, w+1, 0, ptr(&out[0]), 0, ptr(&limit)); n != 1 || !fdSet(out).has(w) {
		t.Error("select", n, out)
	}
}
