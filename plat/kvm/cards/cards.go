//go:build yolk

// Package cards finds a virtual machine's network cards: virtio devices, on the
// PCI bus and among the MMIO slots that the loader announced.
package cards

import (
	"fmt"
	"strconv"
	"sync"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/kernel"
	"yolk/kernel/device"
	"yolk/kernel/klog"
	"yolk/netdev"
	"yolk/plat/kvm/bus"
)

// Register makes each card a netdev.Device, in the order of their places, the
// first time it is called. Card Eth0, or the first, gets the addresses of the
// command line. The error is about those; the cards are there all the same.
var Register = sync.OnceValue(func() error {
	for _, d := range bus.Find(virtio.IDNet, Logf) {
		card, err := virtionet.New(d.Transport, device.Memory{})
		if err != nil {
			Logf("%s: %v", d.Name, err)
			continue
		}
		if d.Interrupt != nil {
			card.WaitWith(d.Interrupt)
		}
		Logf("virtio-net at %s is netdev %d", d.Name, netdev.Register(card).Number())
	}
	extra, err := netdev.ParseExtra(option)
	if dev := netdev.Get(max(Eth0(), 0)); dev != nil && err == nil {
		dev.SetExtra(extra)
	}
	return err
})

// Eth0 is the number of the card that a network stack takes: that of the option
// eth0=N, or 0. Any other word there, such as none, leaves all cards to the
// program: -1.
func Eth0() int {
	v := option("eth0")
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func option(name string) string { return string(kernel.Option(name)) }

// Logf adds a line to the kernel's log, at level info. Inlined it would make each
// image larger for what is seldom wanted.
//
//go:noinline
func Logf(format string, args ...any) {
	if klog.Threshold >= klog.Info {
		print("yolk: net: " + fmt.Sprintf(format, args...) + "\n") // klog is the kernel's own
	}
}
