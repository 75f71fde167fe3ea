//go:build linux

package netif

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"yolk/netdev"
)

// openLink opens a socket on which the kernel tells of changes of interfaces
// (rtnetlink(7), RTMGRP_LINK). What it says is not read: any message is a reason
// to look.
func openLink() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netif: netlink socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("netif: netlink socket: %w", err)
	}
	return os.NewFile(uintptr(fd), "netlink"), nil
}

// Link implements netdev.Driver.
func (d *Driver) Link() netdev.LinkState {
	now, err := net.InterfaceByIndex(d.host.Index)
	if err != nil || now.Flags&net.FlagRunning == 0 {
		return netdev.LinkDown
	}
	return netdev.LinkUp
}

// WaitLink implements netdev.Driver. Errors, such as that messages were lost or
// that the device was closed, are reasons to look as well.
func (d *Driver) WaitLink() {
	var message [4096]byte
	d.link.Load().Read(message[:])
}
