//go:build yolk

// Package bus finds a virtual machine's virtio devices: on PCI buses, behind
// whatever bridges, and in the MMIO places that the loader announced on the command line or in the
// device tree.
package bus

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/mmio"
	virtiopci "yolk/drivers/virtio/pci"
	"yolk/kernel/boot"
	"yolk/kernel/cmdline"
	"yolk/kernel/posix/device"
)

// A Device is a virtio device that was found.
type Device struct {
	Name      string
	Transport virtio.Transport
	// Interrupt is nil for a PCI device whose interrupt leads nowhere that this
	// machine's description names: it can be polled.
	Interrupt Interrupt
}

// An Interrupt is a device's. One goroutine at a time waits for each pair of queues,
// 0 and 1, 2 and 3 and so on, and for the configuration (virtio.ConfigVector).
type Interrupt interface {
	// Wait parks the calling goroutine until the device interrupts for the queue,
	// or Wake is called; it may return early.
	Wait(queue int)
	Wake(queue int)
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
}{{virtio.IDNet, 0x1000}, {virtio.IDConsole, 0x1003}, {virtio.IDRng, 0x1005}, {virtio.ID9P, 0x1009}}

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

var scanned struct {
	once  sync.Once
	found []*function
}

func findPCI(id virtio.DeviceID, logf func(string, ...any)) (found []*Device) {
	scanned.once.Do(func() {
		if a, r, ok := host(); ok {
			scanned.found = scanAll(a, r, logf)
		}
	})
	for _, f := range scanned.found {
		if !isPCI(id, f.Read32(cfgVendor)) {
			continue
		}
		d := &Device{Name: f.bdf.String()}
		if err := d.openPCI(f); err != nil {
			logf("%s: %v", d.Name, err)
			continue
		}
		found = append(found, d)
	}
	return found
}

// inSlot is the transport to a device that may leave and come back, if f is in a slot:
// a port of PCI Express with a single device behind it.
func (f *function) inSlot(t virtiopci.Transport, p virtiopci.Platform, i Interrupt) virtiopci.Transport {
	if f.up == nil || f.device != 0 || f.function != 0 {
		return t
	}
	single, hotPlug := f.up.slot()
	if !single {
		return t
	}
	c := &card{
		Transport: t,
		gone:      f.gone,
		reopen:    func() (virtiopci.Transport, error) { return f.reopen(p) },
		wake:      func() { i.Wake(virtio.ConfigVector) },
	}
	if acpi := byACPI(); acpi != nil {
		acpi.add(c)
	}
	if hotPlug {
		go watch(f.up, c)
	}
	return c
}

var errLine = errors.New("its interrupt leads nowhere that this machine's description names, or all are taken")

// openPCI makes the transport. Each pair of queues has a message of its own, or
// all share the line.
func (d *Device) openPCI(f *function) error {
	m := new(messages)
	p := virtiopci.Platform{Map: mapRegisters, Ports: ports}
	if _, _, ok := m.vector(0); ok {
		p.Vector = m.vector
	}
	t, err := virtiopci.New(f, p)
	if err != nil {
		return err
	}
	if t.MSIX() {
		d.Transport, d.Interrupt = f.inSlot(t, p, m), m
		return nil
	}
	d.Transport = t
	if number, ok := f.line(); ok {
		d.onLine(number, t)
	}
	return nil
}

// onLine has the device interrupt by a line, and reports whether that leads
// anywhere.
func (d *Device) onLine(number int, t virtio.Transport) bool {
	event, ok := device.NewEvent()
	if !ok || !event.Route(number) {
		return false
	}
	// Clearing the cause lowers the line, so that the next cause is an edge
	// again; what came before is found by the poll that follows.
	d.Interrupt = newLine(func() { event.Wait(); t.Acknowledge() }, event.Fire)
	return true
}

// messages are the events that a device signals by messages, by place: number + 1,
// 0 for none. They are made when its queues are set up, and stay when that is done
// again.
type messages [places]atomic.Int32

// vector is virtiopci.Platform's.
func (m *messages) vector(queue int) (addr uint64, data uint32, ok bool) {
	i := place(queue)
	if i >= places {
		return 0, 0, false
	}
	e := device.Event(m[i].Load() - 1)
	if e < 0 {
		if e, ok = device.NewEvent(); !ok {
			return 0, 0, false
		}
	}
	// Each pair of queues interrupts another processor, the first one the boot processor,
	// as does the configuration.
	if addr, data, ok = e.Message(max(i-1, 0)); ok {
		m[i].Store(int32(e) + 1)
	}
	return addr, data, ok
}

// event returns that of a queue, negative if there was none left for it.
func (m *messages) event(queue int) device.Event {
	if i := place(queue); i < places {
		return device.Event(m[i].Load() - 1)
	}
	return -1
}

// Wait implements Interrupt. Where the machine had no message left, waiting is polling.
func (m *messages) Wait(queue int) {
	if e := m.event(queue); e >= 0 {
		e.Wait()
	} else {
		runtime.Gosched()
	}
}

// Wake implements Interrupt.
func (m *messages) Wake(queue int) {
	if e := m.event(queue); e >= 0 {
		e.Fire()
	}
}

func findMMIO(id virtio.DeviceID, logf func(string, ...any)) (found []*Device) {
	boot.MMIODevices(func(slot cmdline.MMIODevice) {
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
	d.Transport = t
	if !d.onLine(int(slot.IRQ), t) {
		return false, errLine
	}
	return true, nil
}

func mapRegisters(pa uint64, n uint32) (virtio.Region, error) {
	va, err := device.Map(pa, n)
	if err != nil {
		return nil, err
	}
	return virtio.Map(va, n), nil
}

// watch serves a slot. Where it cannot interrupt, its card stays.
func watch(port *function, c *card) {
	e, ok := device.NewEvent()
	if !ok {
		return
	}
	addr, data, ok := e.Message(0)
	if !ok || virtiopci.Message(port, virtiopci.Platform{Map: mapRegisters}, addr, data) != nil {
		return
	}
	s := slot{port, port.express()}
	for ; ; e.Wait() {
		s.serve(c.leave)
	}
}
