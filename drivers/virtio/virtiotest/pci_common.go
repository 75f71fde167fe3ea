package virtiotest

import (
	"fmt"

	"yolk/drivers/virtio"
)

// commonRegs is the common configuration structure (VIRTIO 1.2, 4.1.4.3).
type commonRegs struct {
	p    *PCI
	size uint32
}

func (r commonRegs) Len() uint32 { return r.size }

func (r commonRegs) Read8(off uint32) uint8 {
	switch off {
	case 0x14:
		return uint8(r.p.Status())
	case 0x15:
		return uint8(r.p.ConfigGeneration())
	}
	panic(fmt.Sprintf("virtiotest: 8-bit read at %#x", off))
}

func (r commonRegs) Read16(off uint32) uint16 {
	switch off {
	case 0x10:
		return r.p.configVec
	case 0x12:
		return uint16(len(r.p.Sizes))
	case 0x18:
		return uint16(r.p.MaxQueueSize(int(r.p.queue)))
	case 0x1a:
		return r.p.vec
	case 0x1e:
		return r.p.queue
	}
	panic(fmt.Sprintf("virtiotest: 16-bit read at %#x", off))
}

func (r commonRegs) Read32(off uint32) uint32 {
	if off == 0x04 {
		return uint32(r.p.Features >> (32 * r.p.devSel))
	}
	panic(fmt.Sprintf("virtiotest: 32-bit read at %#x", off))
}

func (r commonRegs) Write8(off uint32, v uint8) {
	if off != 0x14 {
		panic(fmt.Sprintf("virtiotest: 8-bit write at %#x", off))
	}
	r.p.SetStatus(virtio.Status(v))
}

func (r commonRegs) Write16(off uint32, v uint16) {
	p := r.p
	switch off {
	case 0x10:
		p.configVec = p.accept(v)
	case 0x16:
		p.queue = v
	case 0x18:
		p.size = v
	case 0x1a:
		p.vec = p.accept(v)
	case 0x1c:
		p.SetupQueue(int(p.queue), int(p.size), virtio.QueueAddresses{Descriptors: p.addr[0], Driver: p.addr[1], Device: p.addr[2]})
		if p.vectors == nil {
			p.vectors = map[int]uint16{}
		}
		p.vectors[int(p.queue)] = p.vec
	default:
		panic(fmt.Sprintf("virtiotest: 16-bit write at %#x", off))
	}
}

// accept returns the vector as the device stores it.
func (p *PCI) accept(v uint16) uint16 {
	if p.Refuse {
		return 0xffff
	}
	return v
}

func (r commonRegs) Write32(off uint32, v uint32) {
	p := r.p
	switch {
	case off == 0x00:
		p.devSel = v
	case off == 0x08:
		p.drvSel = v
	case off == 0x0c:
		p.accepted = p.accepted&^(0xffffffff<<(32*p.drvSel)) | virtio.Feature(v)<<(32*p.drvSel)
		p.SetDriverFeatures(p.accepted)
	case off >= 0x20 && off < 0x38:
		a := &p.addr[(off-0x20)/8]
		shift := off & 4 * 8
		*a = *a&^(0xffffffff<<shift) | uint64(v)<<shift
	default:
		panic(fmt.Sprintf("virtiotest: 32-bit write at %#x", off))
	}
}
