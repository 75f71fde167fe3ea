//go:build yolk

// Package bus finds a virtual machine's virtio devices: on the first PCI bus,
// and in the MMIO slots that the loader announced on the command line or in the
// device tree.
package bus

import (
	"errors"
	"fmt"

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
	// Wait parks the calling goroutine until the device interrupts or Wake is
	// called. Both are nil for a PCI device whose interrupt leads nowhere that
	// this machine's description names: it can be polled.
	Wait, Wake func()
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

// isPCI compares with the first word of a function's configuration space.
func isPCI(id virtio.DeviceID, ids uint32) bool {
	if ids&0xffff != virtiopci.Vendor {
		return false
	}
	for _, t := range pciTransitional {
		if t.id == id && t.pci == uint16(ids>>16) {
			return true
		}
	}
	return ids>>16 == pciModern+uint32(id)
}

// A function is function 0 of a device on the first PCI bus, whose base address
// registers are assigned.
type function struct {
	virtiopci.ConfigSpace
	slot uint8
}

func findPCI(id virtio.DeviceID, logf func(string, ...any)) (found []*Device) {
	for _, f := range functions(logf) {
		if !isPCI(id, f.Read32(0)) {
			continue
		}
		d := &Device{Name: fmt.Sprintf("PCI 0:%d", f.slot)}
		if err := d.openPCI(f); err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		found = append(found, d)
	}
	return found
}

var (
	errVectors = errors.New("all interrupt vectors are taken")
	errLine    = errors.New("its interrupt leads nowhere that this machine's description names")
)

// openPCI makes the transport. All queues share one message, or the line: one
// goroutine serves them.
func (d *Device) openPCI(f function) error {
	event, ok := irq.NewEvent()
	if !ok {
		return errVectors
	}
	p := virtiopci.Platform{Map: mapRegisters, Ports: ports}
	if _, _, ok := event.Message(); ok {
		p.Vector = func(int) (addr uint64, data uint32, ok bool) { return event.Message() }
	}
	t, err := virtiopci.New(f, p)
	if err != nil {
		return err
	}
	d.Transport, d.Wait, d.Wake = t, event.Wait, event.Fire
	if t.MSIX() {
		return nil
	}
	if line, ok := f.line(); !ok || !event.Route(line) {
		d.Wait, d.Wake = nil, nil
		return nil
	}
	d.Wait = func() { event.Wait(); t.Acknowledge() }
	return nil
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
	if !event.Route(int(slot.IRQ)) {
		return false, errLine
	}
	d.Transport, d.Wake = t, event.Fire
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
