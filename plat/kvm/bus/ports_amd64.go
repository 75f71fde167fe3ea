//go:build yolk

package bus

import (
	"fmt"

	"yolk/arch/amd64"
	"yolk/drivers/virtio"
)

// ports gives access to I/O ports, where legacy PCI devices have their registers.
var ports = func(port uint16, n uint32) (virtio.Region, error) {
	if uint32(port)+n > 1<<16 {
		return nil, fmt.Errorf("bus: no %d I/O ports at %#x", n, port)
	}
	return &portRegion{port, n}, nil
}

// portRegion is a virtio.Region of I/O ports.
type portRegion struct {
	base uint16
	size uint32
}

// at checks the access and returns its port.
func (p *portRegion) at(off, width uint32) uint16 {
	if off%width != 0 || off > p.size || p.size-off < width {
		panic(fmt.Sprintf("bus: access of %d bytes to port %#x+%#x, outside %#x ports", width, p.base, off, p.size))
	}
	return p.base + uint16(off)
}

func (p *portRegion) Len() uint32                  { return p.size }
func (p *portRegion) Read8(off uint32) uint8       { return amd64.In8(p.at(off, 1)) }
func (p *portRegion) Read16(off uint32) uint16     { return amd64.In16(p.at(off, 2)) }
func (p *portRegion) Read32(off uint32) uint32     { return amd64.In32(p.at(off, 4)) }
func (p *portRegion) Write8(off uint32, v uint8)   { amd64.Out8(p.at(off, 1), v) }
func (p *portRegion) Write16(off uint32, v uint16) { amd64.Out16(p.at(off, 2), v) }
func (p *portRegion) Write32(off uint32, v uint32) { amd64.Out32(p.at(off, 4), v) }
