//go:build yolk

// Package net gives a virtual machine its network: it registers the cards (see
// package cards) and puts the TCP/IP stack on the first, or on number N with the
// option eth0=N, or on none with eth0=none. A program that also drives devices
// itself finds that one running.
//
// The boot tool adds it to images whose program imports package net. Bring-up
// runs beside the program's own start; socket calls that need it wait for it.
package net

import (
	"syscall"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket"
	"yolk/netdev"
	"yolk/netdev/netstack"
	"yolk/plat/kvm/cards"
	"yolk/plat/log"
)

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
	}, up)
}

// up brings up eth0, called once, in the background.
func up(s *socket.Stack) error {
	dev, err := cards.Eth0()
	if err != nil || dev == nil {
		return err
	}
	if err := dev.Open(netdev.Config{Offloads: netdev.Offloads}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
		return err
	}
	ep, err := netstack.New(dev)
	if err != nil {
		return err
	}
	if err := s.AddNIC(ep, "eth0"); err != nil {
		return err
	}
	extra := dev.Extra()
	return s.Configure("eth0", socket.Config{Address: extra.Address, Gateway: extra.Gateway, DNS: extra.DNS, Hostname: extra.Hostname})
}
