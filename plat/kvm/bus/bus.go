//go:build yolk

// Package bus finds a virtual machine's virtio devices: on the first PCI bus,
// and in the MMIO slots that the loader announced on the command line.
package bus

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

// A Device is a virtio device that was found.
type Device struct {
	Name      string
	Transport virtio.Transport
	// Wait parks the calling goroutine until the device interrupts.
	Wait func()
}

// Find returns the devices of one kind, PCI first. Those that cannot be used
// are reported to logf.
func Find(id virtio.DeviceID, logf func(format string, args ...any)) []*Device {
	return append(findPCI(id, logf), findMMIO(id, logf)...)
}

// PCI device ids (VIRTIO 1.2, 4.1.2.1): modern ones by kind, transitional ones
// as version 0.9 assigned them.
const pciModern = 0x1040

var pciTransitional = [...]struct {
	id  virtio.DeviceID
	pci uint16
}{{virtio.IDNet, 0x1000}, {virtio.IDRng, 0x1005}}

func isPCI(id virtio.DeviceID, d *pci.Device) bool {
	if d.Vendor != virtiopci.Vendor {
		return false
	}
	for _, t := range pciTransitional {
		if t.id == id && t.pci == d.Device {
			return true
		}
	}
	return d.Device == pciModern+uint16(id)
}

func findPCI(id virtio.DeviceID, logf func(string, ...any)) (found []*Device) {
	for _, p := range pci.Devices(0) {
		if !isPCI(id, p) {
			continue
		}
		d := &Device{Name: fmt.Sprintf("PCI 0:%d", p.Slot)}
		if err := d.openPCI(p); err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		found = append(found, d)
	}
	return found
}

// function is the configuration space of function 0 of a device, through
// TamaGo's driver.
type function struct{ *pci.Device }

func (f function) Read32(off uint32) uint32     { return f.Read(0, off) }
func (f function) Write32(off uint32, v uint32) { f.Write(0, off, v) }

var errVectors = errors.New("all interrupt vectors are taken")

// openPCI makes the transport. All queues share one message: one goroutine
// serves them.
func (d *Device) openPCI(p *pci.Device) error {
	event, ok := irq.NewEvent()
	if !ok {
		return errVectors
	}
	t, err := virtiopci.New(function{p}, virtiopci.Platform{
		Map:   mapRegisters,
		Ports: ports,
		Vector: func(int) (addr uint64, data uint32, ok bool) {
			return event.Message()
		},
	})
	d.Transport, d.Wait = t, event.Wait
	return err
}

func findMMIO(id virtio.DeviceID, logf func(string, ...any)) (found []*Device) {
	kernel.MMIODevices(func(slot cmdline.MMIODevice) {
		d := &Device{Name: fmt.Sprintf("MMIO %#x", slot.Base)}
		ok, err := d.openMMIO(id, slot)
		switch {
		case ok:
			found = append(found, d)
		case err != nil && !errors.Is(err, mmio.ErrNoDevice):
			logf("%s: %v", d.Name, err)
		}
	})
	return found
}

// openMMIO makes the transport if the slot holds a device of that kind.
func (d *Device) openMMIO(id virtio.DeviceID, slot cmdline.MMIODevice) (bool, error) {
	regs, err := mapRegisters(slot.Base, uint32(slot.Size))
	if err != nil {
		return false, err
	}
	t, err := mmio.New(regs)
	if err != nil || t.DeviceID() != id {
		return false, err
	}
	event, ok := irq.NewEvent()
	if !ok {
		return false, errVectors
	}
	event.Route(int(slot.IRQ))
	d.Transport = t
	// Clearing the cause lowers the line, so that the next cause is an edge
	// again; what came before is found by the poll that follows.
	d.Wait = func() { event.Wait(); t.Acknowledge() }
	return true, nil
}

func mapRegisters(pa uint64, n uint32) (virtio.Region, error) {
	va, err := device.Map(pa, n)
	if err != nil {
		return nil, err
	}
	return virtio.Map(va, n), nil
}
