package virtiotest

import (
	"encoding/binary"
	"fmt"

	"yolk/drivers/virtio"
)

// Places of the structures in BAR 4, a 64-bit BAR at pciBAR.
const (
	pciBAR     = 0x8_0000_0000
	pciCommon  = 0x0000
	pciISR     = 0x1000
	pciDevice  = 0x2000
	pciTable   = 0x3000
	pciNotify  = 0x4000
	doorbell   = 4 // notify_off_multiplier
	pciVectors = 16
)

// PCI shows a Device as a PCI function (VIRTIO 1.2, 4.1). Config is its
// configuration space, for tests to spoil before a driver looks.
type PCI struct {
	*Device
	Config [256]byte
	Refuse bool // accepts no vectors

	queue, size, vec uint16
	configVec        uint16
	devSel, drvSel   uint32
	accepted         virtio.Feature
	addr             [3]uint64
	Table            Bytes // MSI-X vectors
}

// NewPCI returns d as a modern function with MSI-X.
func NewPCI(d *Device) *PCI {
	p := &PCI{Device: d, Table: make(Bytes, pciVectors*16)}
	c := p.Config[:]
	put := func(off int, v uint32) { binary.LittleEndian.PutUint32(c[off:], v) }
	put(0x00, 0x1af4|(0x1040+uint32(d.Kind))<<16)
	put(0x04, 1<<20)
	put(0x20, uint32(pciBAR&0xffffffff)|0xc)
	put(0x24, pciBAR>>32)
	c[0x34] = 0x40
	put(0x40, 0x11|0x50<<8|(pciVectors-1)<<16)
	put(0x44, pciTable|4)
	p.capability(0x50, 0x60, 1, pciCommon, 0x38)
	p.capability(0x60, 0x78, 2, pciNotify, 0x1000)
	c[0x62] = 20
	put(0x70, doorbell)
	p.capability(0x78, 0x88, 3, pciISR, 4)
	p.capability(0x88, 0x98, 4, pciDevice, uint32(len(d.Conf)))
	p.capability(0x98, 0, 5, 0, 4) // configuration access window: unused
	return p
}

// capability writes a virtio capability with kind at off.
func (p *PCI) capability(off, next, kind byte, start, size uint32) {
	copy(p.Config[off:], []byte{9, next, 16, kind, 4})
	binary.LittleEndian.PutUint32(p.Config[off+8:], start)
	binary.LittleEndian.PutUint32(p.Config[off+12:], size)
}

// Read32 implements pci.ConfigSpace.
func (p *PCI) Read32(off uint32) uint32 { return binary.LittleEndian.Uint32(p.Config[off : off+4]) }

// Write32 implements pci.ConfigSpace: command and MSI-X control take effect.
func (p *PCI) Write32(off, v uint32) {
	switch off {
	case 0x04:
		binary.LittleEndian.PutUint16(p.Config[off:], uint16(v))
	case 0x40:
		binary.LittleEndian.PutUint16(p.Config[off+2:], uint16(v>>16))
	default:
		panic(fmt.Sprintf("virtiotest: configuration write at %#x", off))
	}
}

// Map is the Platform's Map for this function.
func (p *PCI) Map(phys uint64, length uint32) (virtio.Region, error) {
	off := phys - pciBAR
	switch off {
	case pciCommon:
		return commonRegs{p, length}, nil
	case pciISR:
		return isrRegs{Bytes{0}, p}, nil
	case pciDevice:
		return virtio.SubRegion(p.conf(), 0, length), nil
	case pciTable:
		return p.Table[:length], nil
	case pciNotify:
		return notifyRegs{make(Bytes, length), p}, nil
	}
	return nil, fmt.Errorf("virtiotest: nothing at %#x", phys)
}

// Vector returns the MSI-X entry of a queue, or of virtio.ConfigVector.
func (p *PCI) Vector(queue int) uint16 {
	if queue == virtio.ConfigVector {
		return p.configVec
	}
	return p.vectors[queue]
}

type isrRegs struct {
	Bytes
	p *PCI
}

func (r isrRegs) Read8(uint32) uint8 { return uint8(r.p.Device.TakeCauses()) }

type notifyRegs struct {
	Bytes
	p *PCI
}

func (r notifyRegs) Write16(off uint32, v uint16) {
	if off != uint32(v)*doorbell {
		panic(fmt.Sprintf("virtiotest: queue %d rung at %#x", v, off))
	}
	r.p.Notify(int(v))
}
