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
	"net/netip"
	"strings"
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
	cfg, err := config()
	if err != nil {
		return err
	}
	var first *bus.Device
	var dev netdev.Device
	for _, d := range bus.Find(virtio.IDNet, logf) {
		card, err := virtionet.New(d.Transport, device.Memory{})
		if err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		n := netdev.Register(card)
		logf("virtio-net at %s is netdev %d", d.Name, n)
		if first == nil {
			first, dev = d, card
		}
	}
	if first == nil {
		return errNoDevice
	}
	if err := netdev.Open(dev, netdev.Config{}); err != nil {
		return fmt.Errorf("%s: %w", first.Name, err)
	}
	ep, err := netstack.New(dev, first.Wait)
	if err != nil {
		return fmt.Errorf("%s: %w", first.Name, err)
	}
	if err := s.AddNIC(ep, "eth0"); err != nil {
		return err
	}
	return s.Configure("eth0", cfg)
}

// config reads the options ip=, gw=, dns= and hostname=.
func config() (c socket.Config, err error) {
	c.Hostname = string(kernel.Option("hostname"))
	ip := string(kernel.Option("ip"))
	if ip != "" && ip != "dhcp" {
		if c.Address, err = netip.ParsePrefix(ip); err != nil {
			return c, fmt.Errorf("option ip=%s: want dhcp or an address with its prefix length, such as 10.0.2.15/24", ip)
		}
	}
	if gw := string(kernel.Option("gw")); gw != "" {
		if c.Gateway, err = netip.ParseAddr(gw); err != nil {
			return c, fmt.Errorf("option gw=%s: not an IP address", gw)
		}
	}
	if list := string(kernel.Option("dns")); list != "" {
		for _, s := range strings.Split(list, ",") {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return c, fmt.Errorf("option dns=%s: %q is not an IP address", list, s)
			}
			c.DNS = append(c.DNS, a)
		}
	}
	return c, nil
}
