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

// TestOldTimes: the calls that set a file's times, each as exact as it is.
func TestOldTimes(t *testing.T) {
	Full()
	fd, e := open(t, "/tmp/times", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	defer closeFD(fd)
	modified := func() int64 {
		st, _ := fstat(fd)
		return st.Mtim.Nano()
	}
	seconds, times := [2]int64{1, 2}, [2]syscall.Timeval{{Sec: 3}, {Sec: 4, Usec: 5}}
	if must(t, syscall.SYS_UTIME, "/tmp/times", ptr(&seconds)); modified() != 2e9 {
		t.Error("utime:", modified())
	}
	if must(t, syscall.SYS_UTIMES, "/tmp/times", ptr(&times)); modified() != 4e9+5000 {
		t.Error("utimes:", modified())
	}
	if must(t, syscall.SYS_FUTIMESAT, here, "/tmp/times", 0); modified() < 1e18 {
		t.Error("futimesat, now:", modified())
	}
	times[0].Usec = 1e6
	fails(t, syscall.EINVAL, syscall.SYS_FUTIMESAT, here, "/tmp/times", ptr(&times))
}
