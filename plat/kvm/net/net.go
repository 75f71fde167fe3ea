//go:build yolk

// Package net gives a virtual machine its network: it finds the virtio network
// devices, on the PCI bus and among the MMIO slots that the loader announced,
// registers each as a netdev.Device, and puts the TCP/IP stack on the first.
//
// The boot tool adds it to images whose program imports package net. Bring-up
// runs beside the program's own start; socket calls that need it wait for it.
package net

import (
	"errors"
	"fmt"
	"syscall"

	virtionet "yolk/drivers/virtio/net"

	"yolk/drivers/virtio"
	"yolk/kernel"
	"yolk/kernel/device"
	"yolk/kernel/file"
	"yolk/kernel/klog"
	"yolk/kernel/socket"
	"yolk/netdev"
	"yolk/netdev/netstack"
	"yolk/plat/kvm/bus"
)

// errNoDevice says what is missing and what to do about it.
var errNoDevice = errors.New("no network device: add one (-net user), or sockets reach this machine only")

func init() {
	var si syscall.Sysinfo_t
	syscall.Sysinfo(&si)
	file.Sockets()
	socket.Register(socket.Options{
		Logf:        logf,
		Memory:      si.Totalram,
		WriteFile:   file.WriteFile,
		SetHostname: func(name string) { syscall.Sethostname([]byte(name)) },
	}, up)
}

func logf(format string, args ...any) {
	if klog.Threshold < klog.Info {
		return
	}
	klog.Line(klog.Info).Str("net: ").Str(fmt.Sprintf(format, args...)).End()
}

// up brings up eth0, called once, in the background.
func up(s *socket.Stack) error {
	extra, err := netdev.ParseExtra(func(name string) string { return string(kernel.Option(name)) })
	if err != nil {
		return err
	}
	var dev *netdev.Device
	for _, d := range bus.Find(virtio.IDNet, logf) {
		card, err := virtionet.New(d.Transport, device.Memory{})
		if err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		card.WaitWith(func(int) { d.Wait() }, func(int) { d.Wake() })
		found := netdev.Register(card)
		logf("virtio-net at %s is netdev %d", d.Name, found.Number())
		if dev == nil {
			dev = found
		}
	}
	if dev == nil {
		return errNoDevice
	}
	dev.SetExtra(extra)
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
	return s.Configure("eth0", socket.Config{Address: extra.Address, Gateway: extra.Gateway, DNS: extra.DNS, Hostname: extra.Hostname})
}
