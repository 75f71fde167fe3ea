//go:build yolk

package net

import (
	"errors"
	"fmt"

	"github.com/usbarmory/tamago/soc/intel/pci"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/mmio"
	virtiopci "yolk/drivers/virtio/pci"
	"yolk/kernel"
	"yolk/kernel/cmdline"
	"yolk/kernel/device"
	"yolk/kernel/irq"
)

// Device ids of virtio network devices (VIRTIO 1.2, 4.1.2.1).
const (
	pciNet             = 0x1041
	pciNetTransitional = 0x1000
)

// pciPorts finds the network devices on the first bus.
func pciPorts() []*port {
	var found []*port
	for _, d := range pci.Devices(0) {
		if d.Vendor != virtiopci.Vendor || d.Device != pciNet && d.Device != pciNetTransitional {
			continue
		}
		p := &port{name: fmt.Sprintf("virtio-net at PCI 0:%d", d.Slot)}
		if err := p.openPCI(d); err != nil {
			logf("%s: %v", p.name, err)
			continue
		}
		found = append(found, p)
	}
	return found
}

// function is the configuration space of function 0 of a device, through
// TamaGo's driver.
type function struct{ *pci.Device }

func (f function) Read32(off uint32) uint32     { return f.Read(0, off) }
func (f function) Write32(off uint32, v uint32) { f.Write(0, off, v) }

// openPCI makes p's transport. All queues share one message: one goroutine
// serves them.
func (p *port) openPCI(d *pci.Device) error {
	event, vector, ok := irq.NewEvent()
	if !ok {
		return errors.New("all interrupt vectors are taken")
	}
	t, err := virtiopci.New(function{d}, virtiopci.Platform{
		Map: mapRegisters,
		Vector: func(queue int) (addr uint64, data uint32, ok bool) {
			addr, data = irq.Message(vector)
			return addr, data, true
		},
	})
	p.transport, p.wait = t, event.Wait
	return err
}

// mmioPorts finds the network devices among the slots that the loader
// announced on the command line.
func mmioPorts() []*port {
	var found []*port
	kernel.MMIODevices(func(slot cmdline.MMIODevice) {
		regs, err := mapRegisters(slot.Base, uint32(slot.Size))
		if err != nil {
			logf("virtio-mmio at %#x: %v", slot.Base, err)
			return
		}
		t, err := mmio.New(regs)
		if err != nil {
			if !errors.Is(err, mmio.ErrNoDevice) {
				logf("virtio-mmio at %#x: %v", slot.Base, err)
			}
			return
		}
		if t.DeviceID() != virtio.IDNet {
			return
		}
		event, vector, ok := irq.NewEvent()
		if !ok {
			return
		}
		irq.Route(int(slot.IRQ), vector)
		found = append(found, &port{
			name:      fmt.Sprintf("virtio-net at MMIO %#x", slot.Base),
			transport: t,
			// Clearing the cause lowers the line, so that the next cause is an
			// edge again; what came before is found by the poll that follows.
			wait: func() { event.Wait(); t.Acknowledge() },
		})
	})
	return found
}

func mapRegisters(pa uint64, n uint32) (virtio.Region, error) {
	va, err := device.Map(pa, n)
	if err != nil {
		return nil, err
	}
	return virtio.Map(va, n), nil
}
