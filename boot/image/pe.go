package image

import (
	"bytes"
	"debug/elf"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// peOffset is where the PE header is, behind that of a program for DOS, of whose reserved
// bytes four say where other loaders enter the image: for a boot sector.
const (
	peOffset = 64
	peEnter  = 40
)

// EnterSymbol is where a loader that speaks PVH enters an image for x86-64.
const EnterSymbol = "yolk/arch/amd64.pvhEntry"

// Enter returns the address of EnterSymbol in an application that WritePE wrote, 0 if it
// has none.
func Enter(application []byte) uint32 {
	if len(application) < peOffset {
		return 0
	}
	return binary.LittleEndian.Uint32(application[peEnter:])
}

// WritePE writes p as a UEFI application, for either architecture, with archive and the
// command line that it starts with, if any. Its entry must be that of arch/efi, and it
// must have InfoSymbol.
//
//	0x0000  DOS header, PE header, a section for each segment
//	0x1000  memory as it shall be, from the first segment's address on, whole pages
//
// What is where in memory and in the file is the same, so that a boot sector can load it
// as well.
func (p *Program) WritePE(w io.Writer, archive []byte, line string) error {
	segments, err := p.with(archive, append([]byte(line), 0))
	if err != nil {
		return err
	}
	base := segments[0].Addr
	size := PageSize + pageUp(segments[len(segments)-1].End()) - base
	if base%PageSize != 0 || size >= 1<<31 {
		return fmt.Errorf("%w: first segment at %#x, %d bytes in all", ErrFormat, base, size)
	}
	out := &padder{w: w}
	out.write(p.peHeader(segments, uint32(size)))
	for _, s := range segments {
		at := PageSize + s.Addr - base
		if at-out.n > maxGap {
			return fmt.Errorf("%w: a gap before the segment at %#x", ErrFormat, s.Addr)
		}
		out.padTo(at)
		out.write(s.Data)
	}
	out.padTo(size)
	return out.err
}

// peHeader renders the first page. Relocations are not stripped, there are none: firmware
// may load the file anywhere.
func (p *Program) peHeader(segments []Segment, size uint32) []byte {
	base := segments[0].Addr
	dos := make([]byte, peOffset)
	copy(dos, "MZ")
	binary.LittleEndian.PutUint32(dos[peEnter:], uint32(p.enter))
	dos[0x3c] = peOffset
	optional := pe.OptionalHeader64{
		Magic:               0x20b,
		SizeOfCode:          size - PageSize,
		AddressOfEntryPoint: uint32(PageSize + p.Entry - base),
		BaseOfCode:          PageSize,
		SectionAlignment:    PageSize,
		FileAlignment:       PageSize,
		SizeOfImage:         size,
		SizeOfHeaders:       PageSize,
		Subsystem:           pe.IMAGE_SUBSYSTEM_EFI_APPLICATION,
		DllCharacteristics:  pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, // no section is written and executed
		NumberOfRvaAndSizes: 16,
	}
	b := bytes.NewBuffer(append(dos, "PE\x00\x00"...))
	put := func(v any) { binary.Write(b, binary.LittleEndian, v) } // into memory, without an error
	put(pe.FileHeader{
		Machine:              p.limits.pe,
		NumberOfSections:     uint16(len(segments)),
		SizeOfOptionalHeader: uint16(binary.Size(optional)),
		Characteristics:      pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LINE_NUMS_STRIPPED | pe.IMAGE_FILE_LOCAL_SYMS_STRIPPED,
	})
	put(optional)
	for _, s := range segments {
		h := pe.SectionHeader32{
			VirtualSize:      uint32(len(s.Data)),
			VirtualAddress:   uint32(PageSize + s.Addr - base),
			SizeOfRawData:    uint32(pageUp(uint64(len(s.Data)))),
			PointerToRawData: uint32(PageSize + s.Addr - base),
		}
		name := ".rodata"
		h.Characteristics = pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_CNT_INITIALIZED_DATA
		switch {
		case s.Flags&elf.PF_X != 0:
			name = ".text"
			h.Characteristics = pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_EXECUTE | pe.IMAGE_SCN_CNT_CODE
		case s.Flags&elf.PF_W != 0:
			name = ".data"
			h.Characteristics |= pe.IMAGE_SCN_MEM_WRITE
		}
		copy(h.Name[:], name)
		put(h)
	}
	return slices.Clip(b.Bytes())
}

// peEnd is End for a UEFI application; ok is false when r is none. Firmware puts it
// anywhere.
func peEnd(r io.ReaderAt) (end uint64, ok bool) {
	f, err := pe.NewFile(r)
	if err != nil {
		return 0, false
	}
	h, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || h.Subsystem != pe.IMAGE_SUBSYSTEM_EFI_APPLICATION {
		return 0, false
	}
	return uint64(h.SizeOfImage), true
}
