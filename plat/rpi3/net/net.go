//go:build yolk

// Package net gives the Raspberry Pi sockets. They reach this machine only: the
// board's network card is on its USB, which has no driver yet.
//
// The boot tool adds it to images whose program imports package net.
package net

import (
	"errors"
	"syscall"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket"
	"yolk/plat/log"
	_ "yolk/plat/rpi3/usb"
)

var errNoDevice = errors.New("no network device: the board's is on USB; sockets reach this machine only")

func init() {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	file.Sockets()
	socket.Register(socket.Options{
		Logf:        log.Infof,
		Warnf:       log.Warnf,
		Memory:      si.Totalram,
		WriteFile:   file.WriteFile,
		SetHostname: func(name string) { syscall.Sethostname([]byte(name)) },
	}, func(*socket.Stack) error { return errNoDevice })
}
