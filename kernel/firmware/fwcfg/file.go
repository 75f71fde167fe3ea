package fwcfg

// A Buffer is memory that the device reaches: at least BufferSize Bytes, at physical
// address Phys.
type Buffer struct {
	Phys  uint64
	Bytes []byte
}

// BufferSize is the room that a Buffer has.
const BufferSize = 4096

// Access by DMA: the device is told the physical address of
//
//	offset 0         4        8         16
//	     | control | length | address |
//
// all big-endian, by two writes of which the second, of the lower half, starts it.
// Control becomes 0 when it is done (QEMU documentation, docs/specs/fw_cfg, "Guest-side
// DMA Interface").
const (
	portDMA = 0x514

	controlError  = 1 << 0
	controlRead   = 1 << 1
	controlSelect = 1 << 3
	controlWrite  = 1 << 4

	accessSize = 16
	patience   = 1 << 16 // looks at control: QEMU is done before the first
)

// More items.
const (
	itemFeatures = 0x0001 // 32 bits, little-endian
	featureDMA   = 1 << 1

	// The directory: how many files there are, then for each its size, its item,
	// two bytes of nothing and its name, ended by a zero byte; big-endian.
	itemDirectory = 0x0019
	entrySize     = 64
	entryItem     = 4
	entryName     = 8
)

// WriteFile writes data over the beginning of one of the device's files; b is overwritten.
// It reports false where there is no such device or no such file, or not one that can
// be written.
func WriteFile(p Ports, b Buffer, name string, data []byte) bool {
	if !signed(p) || p.item(itemFeatures, 4)&featureDMA == 0 {
		return false
	}
	dir := b.Bytes[accessSize:BufferSize]
	if !b.transfer(p, itemDirectory<<16|controlSelect|controlRead, len(dir)) {
		return false
	}
	item, ok := find(dir, name)
	if !ok {
		return false
	}
	n := copy(b.Bytes[accessSize:], data)
	return b.transfer(p, uint32(item)<<16|controlSelect|controlWrite, n)
}

// find returns a file's item by the directory, as much of it as was read.
func find(dir []byte, name string) (item uint16, ok bool) {
	files := int(min(big32(dir), uint32(len(dir)-4)/entrySize))
	for i := range files {
		entry := dir[4+i*entrySize:][:entrySize]
		if at := entry[entryName:]; string(at[:len(name)]) == name && at[len(name)] == 0 {
			return uint16(entry[entryItem])<<8 | uint16(entry[entryItem+1]), true
		}
	}
	return 0, false
}

// transfer moves n bytes between the device and what follows the access structure.
func (b Buffer) transfer(p Ports, control uint32, n int) bool {
	at := b.Phys + accessSize
	for i, v := range [4]uint32{control, uint32(n), uint32(at >> 32), uint32(at)} {
		putBig32(b.Bytes[4*i:], v)
	}
	p.Out32(portDMA, swap(uint32(b.Phys>>32)))
	p.Out32(portDMA+4, swap(uint32(b.Phys)))
	for range patience {
		if c := big32(b.Bytes); c&^controlError == 0 {
			return c == 0
		}
	}
	return false
}

func big32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func putBig32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

// swap turns a value for a register of the other byte order.
func swap(v uint32) uint32 { return v<<24 | v<<8&0xff0000 | v>>8&0xff00 | v>>24 }
