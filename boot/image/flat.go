package image

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The header of an arm64 Linux kernel (booting.rst, section 4). It takes the
// place of the ELF header, whose size it has.
const (
	flatCode      = 0  // a branch to the entry
	flatOffset    = 8  // from a multiple of 2 MiB, close to the start of RAM
	flatSize      = 16 // bytes of memory
	flatFlags     = 24
	flatMagic     = 56
	flatMagicText = "ARM\x64"

	flag4K  = 1 << 1     // little endian, 4 KiB pages
	align   = 2 << 20    // what flatOffset is relative to
	branch  = 0x14000000 // B, with an offset in words in the low 26 bits (DDI 0487, C6.2.26)
	maxJump = 1 << 27
	maxGap  = 1 << 20 // between segments, which the file has to fill; the linker leaves 64 KiB
)

// WriteFlat writes p as memory shall be, with a Linux kernel's header; see
// Write. The first segment must begin with the ELF header.
func (p *Program) WriteFlat(w io.Writer, archive []byte) error {
	segments, err := p.with(archive, nil)
	if err != nil {
		return err
	}
	base := segments[0].Addr
	size := segments[len(segments)-1].End() - base
	jump := p.Entry - base
	if base%PageSize != 0 || len(segments[0].Data) < ehdrSize || jump >= maxJump || jump%4 != 0 {
		return fmt.Errorf("%w: first segment at %#x, entry at %#x", ErrFormat, base, p.Entry)
	}
	out := &padder{w: w}
	out.write(flatHeader(base, jump, size))
	out.write(segments[0].Data[ehdrSize:])
	for i, s := range segments[1:] {
		if s.Addr-segments[i].End() > maxGap {
			return fmt.Errorf("%w: a gap before the segment at %#x", ErrFormat, s.Addr)
		}
		out.padTo(s.Addr - base)
		out.write(s.Data)
	}
	return out.err
}

func flatHeader(base, jump, size uint64) []byte {
	h := make([]byte, ehdrSize)
	le := binary.LittleEndian
	le.PutUint32(h[flatCode:], branch|uint32(jump/4))
	le.PutUint64(h[flatOffset:], base%align)
	le.PutUint64(h[flatSize:], size)
	le.PutUint64(h[flatFlags:], flag4K)
	copy(h[flatMagic:], flatMagicText)
	return h
}

// flatEnd is End for a flat image; ok is false when r is none.
func flatEnd(r io.ReaderAt) (end uint64, ok bool) {
	var h [ehdrSize]byte
	if _, err := r.ReadAt(h[:], 0); err != nil || string(h[flatMagic:flatMagic+4]) != flatMagicText {
		return 0, false
	}
	le := binary.LittleEndian
	return le.Uint64(h[flatOffset:]) + le.Uint64(h[flatSize:]), true
}
