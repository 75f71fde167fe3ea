package file

import (
	"syscall"
	"testing"
)

// TestPidfd: the process itself, and no other, can be held, asked and copied from.
func TestPidfd(t *testing.T) {
	Full()
	fails(t, syscall.ESRCH, sysPidfdOpenNr, syscall.Getpid()+1, 0)
	fails(t, syscall.EINVAL, sysPidfdOpenNr, 0, 0)
	fails(t, syscall.EBADF, sysPidfdSendSignalNr, 1, 0, 0, 0)
	fd := must(t, sysPidfdOpenNr, syscall.Getpid(), syscall.O_NONBLOCK)
	must(t, sysPidfdSendSignalNr, fd, 0, 0, 0)
	fails(t, syscall.EINVAL, sysPidfdSendSignalNr, fd, 65, 0, 0)
	fails(t, syscall.EINVAL, syscall.SYS_READ, fd, make([]byte, 8), 8)
	p := []pollFD{{FD: int32(fd), Events: PollIn}}
	if n := must(t, syscall.SYS_PPOLL, ptr(&p[0]), 1, ptr(&syscall.Timespec{})); n != 0 {
		t.Error("the process has ended")
	}
	must(t, syscall.SYS_CLOSE, must(t, sysPidfdGetfdNr, fd, 1, 0))
	fails(t, syscall.EBADF, sysPidfdGetfdNr, fd, 9999, 0)
	must(t, syscall.SYS_CLOSE, fd)
}
