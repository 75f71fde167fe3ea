package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
)

// Sizes fixed by the ELF-64 format.
const (
	ehdrSize = 64
	phdrSize = 56
)

// xenPhys32Entry is XEN_ELFNOTE_PHYS32_ENTRY: the address at which a PVH
// loader enters in 32-bit protected mode.
const xenPhys32Entry = 18

// WritePVH writes p as a PVH image; see Write.
func (p *Program) WritePVH(w io.Writer, archive []byte) error {
	segments, err := p.with(archive, nil)
	if err != nil {
		return err
	}
	note := xenNote(uint32(p.Entry))
	head := header(p.Entry, len(segments)+1)
	noteOff := uint64(len(head) + phdrSize*(len(segments)+1))
	off := noteOff + uint64(len(note))
	offsets := make([]uint64, len(segments))
	for i, s := range segments {
		off = pageUp(off) + s.Addr%PageSize
		offsets[i] = off
		off += uint64(len(s.Data))
	}
	head = progHeader(head, elf.PT_NOTE, elf.PF_R, noteOff, 0, uint64(len(note)), 4)
	for i, s := range segments {
		head = progHeader(head, elf.PT_LOAD, s.Flags, offsets[i], s.Addr, uint64(len(s.Data)), PageSize)
	}
	out := &padder{w: w}
	out.write(append(head, note...))
	for i, s := range segments {
		out.padTo(offsets[i])
		out.write(s.Data)
	}
	return out.err
}

// header renders the ELF file header; the program headers follow it at once.
func header(entry uint64, progs int) []byte {
	var b bytes.Buffer
	b.WriteString(elf.ELFMAG)
	b.Write([]byte{byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT), 0})
	b.Write(make([]byte, 8))
	le := binary.LittleEndian
	h := b.Bytes()
	h = le.AppendUint16(h, uint16(elf.ET_EXEC))
	h = le.AppendUint16(h, uint16(elf.EM_X86_64))
	h = le.AppendUint32(h, uint32(elf.EV_CURRENT))
	h = le.AppendUint64(h, entry)
	h = le.AppendUint64(h, ehdrSize) // e_phoff
	h = le.AppendUint64(h, 0)        // e_shoff
	h = le.AppendUint32(h, 0)        // e_flags
	h = le.AppendUint16(h, ehdrSize)
	h = le.AppendUint16(h, phdrSize)
	h = le.AppendUint16(h, uint16(progs))
	return append(h, make([]byte, 6)...) // no sections
}

// progHeader appends one program header. addr serves as virtual and physical
// address, size as file and memory size.
func progHeader(b []byte, typ elf.ProgType, flags elf.ProgFlag, off, addr, size, align uint64) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(typ))
	b = le.AppendUint32(b, uint32(flags))
	for _, v := range []uint64{off, addr, addr, size, size, align} {
		b = le.AppendUint64(b, v)
	}
	return b
}

// xenNote renders the note that makes an ELF file a PVH kernel.
func xenNote(entry uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 4) // name, with its NUL
	b = le.AppendUint32(b, 4)    // value
	b = le.AppendUint32(b, xenPhys32Entry)
	b = append(b, "Xen\x00"...)
	return le.AppendUint32(b, entry)
}

func pageUp(n uint64) uint64 { return (n + PageSize - 1) &^ (PageSize - 1) }

// A padder counts what it writes and keeps the first error.
type padder struct {
	w   io.Writer
	n   uint64
	err error
}

func (p *padder) write(b []byte) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
		p.n += uint64(len(b))
	}
}

func (p *padder) padTo(off uint64) { p.write(make([]byte, off-p.n)) }
