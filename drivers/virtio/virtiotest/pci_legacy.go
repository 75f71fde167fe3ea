package virtiotest

import (
	"encoding/binary"
	"fmt"

	"yolk/drivers/virtio"
)

// legacyPort is BAR 0 of a legacy function.
const legacyPort = 0xc040

// NewLegacyPCI returns d, an OldStyle one, as a legacy function with MSI-X.
func NewLegacyPCI(d *Device) *PCI {
	p := &PCI{Device: d, Table: make(Bytes, pciVectors*16)}
	c := p.Config[:]
	put := func(off int, v uint32) { binary.LittleEndian.PutUint32(c[off:], v) }
	put(0x00, 0x1af4|(0x1000+uint32(d.Kind)-1)<<16)
	put(0x04, 1<<20)
	put(0x10, legacyPort|1)
	put(0x20, uint32(pciBAR&0xffffffff)|0xc)
	put(0x24, pciBAR>>32)
	put(0x2c, uint32(d.Kind)<<16)
	c[0x34] = 0x40
	put(0x40, 0x11|(pciVectors-1)<<16)
	put(0x44, pciTable|4)
	return p
}

// Ports is the Platform's Ports for a legacy function.
func (p *PCI) Ports(port uint16, length uint32) (virtio.Region, error) {
	if port != legacyPort {
		return nil, fmt.Errorf("virtiotest: no ports at %#x", port)
	}
	return legacyRegs{p, length}, nil
}

// legacyRegs are the registers of VIRTIO 1.2, 4.1.4.10.
type legacyRegs struct {
	p    *PCI
	size uint32
}

func (r legacyRegs) Len() uint32 { return r.size }

// config returns the place in the device configuration of a register.
func (r legacyRegs) config(off, width uint32) (uint32, bool) {
	start := uint32(0x14)
	if r.p.Config[0x43]&0x80 != 0 { // MSI-X is on
		start = 0x18
	}
	return off - start, off >= start && off-start+width <= uint32(len(r.p.Conf))
}

func (r legacyRegs) Read8(off uint32) uint8 {
	switch off {
	case 0x12:
		return uint8(r.p.Status())
	case 0x13:
		return uint8(r.p.Device.TakeCauses())
	}
	if at, ok := r.config(off, 1); ok {
		return r.p.conf().Read8(at)
	}
	panic(fmt.Sprintf("virtiotest: 8-bit read of port %#x", off))
}

func (r legacyRegs) Read16(off uint32) uint16 {
	p := r.p
	switch at, ok := r.config(off, 2); {
	case ok:
		return p.conf().Read16(at)
	case off == 0x0c:
		return uint16(p.MaxQueueSize(int(p.queue)))
	case off == 0x14:
		return p.configVec
	case off == 0x16:
		return p.vec
	}
	panic(fmt.Sprintf("virtiotest: 16-bit read of port %#x", off))
}

func (r legacyRegs) Read32(off uint32) uint32 {
	if off == 0 {
		return uint32(r.p.Features)
	}
	panic(fmt.Sprintf("virtiotest: 32-bit read of port %#x", off))
}

func (r legacyRegs) Write8(off uint32, v uint8) {
	if at, ok := r.config(off, 1); ok {
		r.p.conf().Write8(at, v)
		return
	}
	if off != 0x12 {
		panic(fmt.Sprintf("virtiotest: 8-bit write of port %#x", off))
	}
	r.p.SetStatus(virtio.Status(v))
}

func (r legacyRegs) Write16(off uint32, v uint16) {
	p := r.p
	switch off {
	case 0x0e:
		p.queue = v
	case 0x10:
		p.Notify(int(v))
	case 0x14:
		p.configVec = p.accept(v)
	case 0x16:
		p.vec = p.accept(v)
	default:
		panic(fmt.Sprintf("virtiotest: 16-bit write of port %#x", off))
	}
}

func (r legacyRegs) Write32(off uint32, v uint32) {
	p := r.p
	switch off {
	case 0x04:
		p.SetDriverFeatures(virtio.Feature(v))
	case 0x08:
		n := p.MaxQueueSize(int(p.queue))
		p.SetupQueue(int(p.queue), n, legacyAddresses(uint64(v)*4096, n))
		if p.vectors == nil {
			p.vectors = map[int]uint16{}
		}
		p.vectors[int(p.queue)] = p.vec
	default:
		panic(fmt.Sprintf("virtiotest: 32-bit write of port %#x", off))
	}
}
