package virtiotest

import (
	"fmt"

	"yolk/drivers/virtio"
)

// MMIO shows a Device through the registers of VIRTIO 1.2, 4.2.2 (or 4.2.4, the
// legacy interface, for an OldStyle one), with the configuration at 0x100.
// Accesses that the specification forbids panic.
type MMIO struct {
	*Device
	Magic, Version uint32 // as read; NewMMIO sets the right ones

	queue, size    uint32
	devSel, drvSel uint32
	accepted       virtio.Feature
	addr           [3][2]uint32
	pageSize       uint32
}

// NewMMIO returns the registers of d.
func NewMMIO(d *Device) *MMIO {
	m := &MMIO{Device: d, Magic: 0x74726976, Version: 2}
	if d.OldStyle {
		m.Version = 1
	}
	return m
}

// Len implements virtio.Region.
func (m *MMIO) Len() uint32 { return 0x100 + uint32(len(m.Conf)) }

// Read32 implements virtio.Region.
func (m *MMIO) Read32(off uint32) uint32 {
	switch off {
	case 0x000:
		return m.Magic
	case 0x004:
		return m.Version
	case 0x008:
		return uint32(m.Kind)
	case 0x010:
		return uint32(m.Features >> (32 * m.devSel))
	case 0x034:
		return uint32(m.MaxQueueSize(int(m.queue)))
	case 0x040, 0x044:
		m.only(off, off == 0x040)
		if m.Queue(int(m.queue)) != nil {
			return 1
		}
		return 0
	case 0x060:
		m.mu.Lock()
		defer m.mu.Unlock()
		return uint32(m.interrupt)
	case 0x070:
		return uint32(m.Status())
	case 0x0fc:
		m.only(off, false)
		return m.ConfigGeneration()
	}
	if off >= 0x100 {
		return m.conf().Read32(off - 0x100)
	}
	panic(fmt.Sprintf("virtiotest: read of register %#x", off))
}

// Write32 implements virtio.Region.
func (m *MMIO) Write32(off, v uint32) {
	switch off {
	case 0x014:
		m.devSel = v
	case 0x024:
		m.drvSel = v
	case 0x020:
		m.accepted = m.accepted&^(0xffffffff<<(32*m.drvSel)) | virtio.Feature(v)<<(32*m.drvSel)
		m.SetDriverFeatures(m.accepted)
	case 0x028:
		m.only(off, true)
		m.pageSize = v
	case 0x030:
		m.queue = v
	case 0x038:
		m.size = v
	case 0x03c:
		m.only(off, true)
		if v != 4096 {
			panic(fmt.Sprintf("virtiotest: QueueAlign %d", v))
		}
	case 0x040:
		m.only(off, true)
		m.SetupQueue(int(m.queue), int(m.size), legacyAddresses(uint64(v)*uint64(m.pageSize), int(m.size)))
	case 0x044:
		m.only(off, false)
		m.enable()
	case 0x050:
		m.Notify(int(v))
	case 0x064:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.interrupt &^= virtio.Interrupt(v)
	case 0x070:
		m.SetStatus(virtio.Status(v))
	case 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4:
		m.only(off, false)
		m.addr[(off-0x080)>>4][off>>2&1] = v
	default:
		panic(fmt.Sprintf("virtiotest: write of register %#x", off))
	}
}

// only panics when a register does not exist in the device's version.
func (m *MMIO) only(off uint32, old bool) {
	if m.OldStyle != old {
		panic(fmt.Sprintf("virtiotest: access to register %#x, legacy %v", off, m.OldStyle))
	}
}

// enable sets up the selected queue from the registers.
func (m *MMIO) enable() {
	at := func(i int) uint64 { return uint64(m.addr[i][1])<<32 | uint64(m.addr[i][0]) }
	m.SetupQueue(int(m.queue), int(m.size), virtio.QueueAddresses{Descriptors: at(0), Driver: at(1), Device: at(2)})
}

// Read8 implements virtio.Region: allowed in the configuration only.
func (m *MMIO) Read8(off uint32) uint8 { return m.conf().Read8(off - 0x100) }

// Read16 implements virtio.Region: allowed in the configuration only.
func (m *MMIO) Read16(off uint32) uint16 { return m.conf().Read16(off - 0x100) }

// Write8 implements virtio.Region.
func (m *MMIO) Write8(off uint32, v uint8) { m.conf().Write8(off-0x100, v) }

// Write16 implements virtio.Region.
func (m *MMIO) Write16(off uint32, v uint16) { m.conf().Write16(off-0x100, v) }
