//go:build yolk

// Package sockets puts the TCP/IP stack on a machine's network card.
package sockets

import (
	"runtime"
	"syscall"

	"yolk/kernel/posix/file"
	"yolk/kernel/posix/socket"
	"yolk/netdev"
	"yolk/netdev/netstack"
	"yolk/plat/log"
)

// Register gives the program sockets. find is called once, in the background, for the
// card that becomes eth0, when a socket call needs it or the program first waits for a
// connection; without a card and an error sockets reach this machine only.
func Register(find func() (*netdev.Device, error)) {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	file.Sockets()
	log.Keep = file.LogLine
	socket.Register(socket.Options{
		Logf:      log.Net.Infof,
		Warnf:     log.Net.Warnf,
		Memory:    si.Totalram,
		WriteFile: file.WriteFile,
		NameHost:  file.NameHost,
	}, func(s *socket.Stack) error { return up(s, si.Totalram, find) })
}

// memoryForQueues is how much memory a machine has for each pair of queues at least: a
// pair takes 900 KiB, most of it buffers.
const memoryForQueues = 16 << 20

// queues is how many pairs of queues the stack uses of those that a card has: one for each
// processor.
func queues(card netdev.Info, memory uint64) int {
	n := min(card.MaxRxQueues, card.MaxTxQueues, runtime.NumCPU())
	return max(min(n, int(memory/memoryForQueues)), 1)
}

// up brings up eth0, in a machine with so much memory.
func up(s *socket.Stack, memory uint64, find func() (*netdev.Device, error)) error {
	dev, err := find()
	if err != nil || dev == nil {
		return err
	}
	if err := dev.Probe(); err != nil {
		return err
	}
	cfg := netdev.Config{Offloads: netdev.Offloads, RxQueues: queues(dev.Info(), memory)}
	if err := dev.Open(cfg, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
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
