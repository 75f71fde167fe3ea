//go:build !linux

package qemu

import "syscall"

// attributes puts QEMU into a process group of its own, so that Ctrl-C reaches
// us alone.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
