package qemu

import "syscall"

// attributes puts QEMU into a process group of its own, so that Ctrl-C reaches
// us alone, and makes it end when we are killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
