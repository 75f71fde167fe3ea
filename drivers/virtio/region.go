package virtio

import "fmt"

// subRegion is a window into another region.
type subRegion struct {
	Region
	off, size uint32
}

// SubRegion returns size bytes of r from off as a region of its own. It panics
// when they are not inside r: callers check what a device claims first.
func SubRegion(r Region, off, size uint32) Region {
	if off > r.Len() || size > r.Len()-off {
		panic(fmt.Sprintf("virtio: window %#x+%#x outside a region of %#x", off, size, r.Len()))
	}
	return &subRegion{r, off, size}
}

// at checks an access against the window and returns its offset in the parent.
func (s *subRegion) at(off, width uint32) uint32 {
	if off > s.size || s.size-off < width {
		panic(fmt.Sprintf("virtio: register access at %#x, width %d, outside %#x", off, width, s.size))
	}
	return s.off + off
}

func (s *subRegion) Len() uint32                  { return s.size }
func (s *subRegion) Read8(off uint32) uint8       { return s.Region.Read8(s.at(off, 1)) }
func (s *subRegion) Read16(off uint32) uint16     { return s.Region.Read16(s.at(off, 2)) }
func (s *subRegion) Read32(off uint32) uint32     { return s.Region.Read32(s.at(off, 4)) }
func (s *subRegion) Write8(off uint32, v uint8)   { s.Region.Write8(s.at(off, 1), v) }
func (s *subRegion) Write16(off uint32, v uint16) { s.Region.Write16(s.at(off, 2), v) }
func (s *subRegion) Write32(off uint32, v uint32) { s.Region.Write32(s.at(off, 4), v) }
