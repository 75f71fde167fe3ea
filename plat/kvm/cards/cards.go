//go:build yolk

// Package cards finds a virtual machine's network cards: virtio devices, on the
// PCI bus and among the MMIO slots that the loader announced.
package cards

import (
	"errors"
	"fmt"
	"sync"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/kernel/posix/device"
	"yolk/netdev"
	"yolk/plat/kvm/bus"
	"yolk/plat/log"
	"yolk/plat/netoption"
)

// Register makes each card a netdev.Device, in the order of their places, the
// first time it is called. The one for a network stack gets the addresses of the
// command line.
func Register() { register() }

// register returns what is wrong with cards that cannot be used.
var register = sync.OnceValue(func() error {
	var wrong []error
	logf := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf(format, args...))
		log.Netdev.Infof(format, args...)
	}
	for _, d := range bus.Find(virtio.IDNet, logf) {
		card, err := virtionet.New(d.Transport, device.Memory{})
		if err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		if d.Interrupt != nil {
			card.WaitWith(d.Interrupt)
		}
		log.Netdev.Infof("virtio-net at %s is netdev %d", d.Name, netdev.Register(card).Number())
	}
	if dev := netdev.Get(max(netoption.Number, 0)); dev != nil {
		dev.SetExtra(netoption.Extra)
	}
	return errors.Join(wrong...)
})

// Eth0 returns the card that a network stack takes: number N with the option
// eth0=N, else the first, and nil with eth0=none, which leaves all to the program.
func Eth0() (*netdev.Device, error) { return netoption.Card(register()) }
