// Package image turns a linked Go program into what a loader starts.
//
// On x86-64, for PVH loaders (QEMU -kernel, Firecracker, Cloud Hypervisor, Xen) that is a
// small ELF file written from scratch:
//
//	0x0000  ELF header, program headers, Xen note
//	0x1000  text      PT_LOAD R E, at its link address
//	        rodata    PT_LOAD R
//	        data      PT_LOAD RW, without BSS: the kernel maps zero pages on demand
//	        archive   PT_LOAD R, optional, on the page after the data
//
// File offsets agree with addresses modulo the page size. There are no
// sections and no symbols; the linker's own output stays beside it for a
// debugger. The same input gives the same bytes.
//
// On arm64, for loaders of Linux kernels and the Raspberry Pi's firmware, that
// is memory as it shall be, from the first segment's address on, which is 512
// KiB above the start of RAM:
//
//	0x0000  header of an arm64 Linux kernel, over the ELF header
//	0x0040  the linker's program headers, which the kernel reads
//	0x1000  text, rodata, data, archive as above
//
// It is linked 4 GiB higher, where the kernel maps it whatever the address of
// RAM is.
//
// For UEFI firmware it is a PE file, for either, of which everything behind the first page
// is again memory as it shall be (WritePE); the program's entry must be that of arch/efi.
//
// Sources: System V gABI, "ELF-64 Object File Format"; Xen
// public/elfnote.h (XEN_ELFNOTE_PHYS32_ENTRY) and docs/misc/pvh.pandoc; Linux
// Documentation/arch/arm64/booting.rst; Microsoft, "PE Format".
package image

import (
	"debug/elf"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// PageSize is the unit of loading and of the archive's alignment.
const PageSize = 4096

// InfoSymbol is the variable through which the kernel finds the archive:
// struct{ magic, archive, archiveLen, lineLen uint64 }, link address and bytes.
const (
	InfoSymbol = "yolk/kernel/boot.imageInfo"
	infoMagic  = 0x59_4f_4c_4b_49_4d_47_32 // "YOLKIMG2"
	infoSize   = 32
)

// Errors that Read and Arch return, wrapped with what was found.
var (
	ErrFormat  = errors.New("not a statically linked program for x86-64 or arm64")
	ErrNoImage = errors.New("not an image as yolk build writes it for the machines of yolk run")
	ErrNoInfo  = errors.New("the program has no " + InfoSymbol + ", so it cannot be given files")
)

// A Segment is a range of memory that the loader fills.
type Segment struct {
	Addr  uint64 // virtual, and on x86-64 physical
	Flags elf.ProgFlag
	Data  []byte
}

// End returns the first address after s.
func (s Segment) End() uint64 { return s.Addr + uint64(len(s.Data)) }

// A Program is what matters of a linked executable.
type Program struct {
	Entry    uint64
	Segments []Segment // by address, not overlapping, none empty

	info   uint64 // address of InfoSymbol, 0 if it has none
	enter  uint64 // and of EnterSymbol
	limits limits
}

// limits are where a machine's program may lie.
type limits struct {
	low, high uint64
	write     func(*Program, io.Writer, []byte) error
	pe        uint16
}

var machines = map[elf.Machine]limits{
	elf.EM_X86_64:  {1 << 20, 1 << 32, (*Program).WritePVH, pe.IMAGE_FILE_MACHINE_AMD64},
	elf.EM_AARCH64: {1 << 32, 1 << 33, (*Program).WriteFlat, pe.IMAGE_FILE_MACHINE_ARM64},
}

// Write writes p, with archive when it is not empty, in the format of its
// architecture's loaders. It sets the program's image information in p's own
// data. A program without InfoSymbol can be written only without an archive.
func (p *Program) Write(w io.Writer, archive []byte) error { return p.limits.write(p, w, archive) }

// Read reads a linked executable with its symbol table. The data is untrusted
// only as far as a broken file must give an error.
func Read(r io.ReaderAt) (*Program, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	limits, known := machines[f.Machine]
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB || !known || f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("%w: %v %v %v", ErrFormat, f.Class, f.Machine, f.Type)
	}
	p := &Program{Entry: f.Entry, limits: limits}
	for _, ph := range f.Progs {
		if ph.Type == elf.PT_INTERP || ph.Type == elf.PT_DYNAMIC {
			return nil, fmt.Errorf("%w: it is dynamically linked", ErrFormat)
		}
		if ph.Type != elf.PT_LOAD || ph.Filesz == 0 {
			continue
		}
		s, err := segment(ph)
		if err != nil {
			return nil, err
		}
		p.Segments = append(p.Segments, s)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	p.info, p.enter = find(f, InfoSymbol), find(f, EnterSymbol)
	return p, nil
}

// segment loads ph. The first one begins with the linker's ELF header and
// program headers, which the kernel reads to find the others and its BSS.
func segment(ph *elf.Prog) (Segment, error) {
	if ph.Filesz > 1<<32 || ph.Paddr > 1<<33 || ph.Memsz < ph.Filesz {
		return Segment{}, fmt.Errorf("%w: segment at %#x is %d bytes", ErrFormat, ph.Paddr, ph.Filesz)
	}
	// Through a limited reader, so that a false size costs no memory.
	data, err := io.ReadAll(io.NewSectionReader(ph, 0, int64(ph.Filesz)))
	if err != nil || uint64(len(data)) != ph.Filesz {
		return Segment{}, fmt.Errorf("%w: segment at %#x is cut short", ErrFormat, ph.Paddr)
	}
	return Segment{ph.Paddr, ph.Flags, data}, nil
}

// check sorts the segments and refuses what no loader could place.
func (p *Program) check() error {
	slices.SortFunc(p.Segments, func(a, b Segment) int {
		if a.Addr < b.Addr {
			return -1
		}
		return 1
	})
	inside := false
	for i, s := range p.Segments {
		if s.Addr < p.limits.low || s.End() > p.limits.high {
			return fmt.Errorf("%w: segment at %#x-%#x lies outside %d..%d MiB", ErrFormat, s.Addr, s.End(), p.limits.low>>20, p.limits.high>>20)
		}
		if i > 0 && s.Addr < p.Segments[i-1].End() {
			return fmt.Errorf("%w: segments overlap at %#x", ErrFormat, s.Addr)
		}
		inside = inside || p.Entry >= s.Addr && p.Entry < s.End() && s.Flags&elf.PF_X != 0
	}
	if !inside {
		return fmt.Errorf("%w: entry %#x is outside its code", ErrFormat, p.Entry)
	}
	return nil
}

// find returns the address of a symbol, or 0.
func find(f *elf.File, name string) uint64 {
	syms, err := f.Symbols()
	if err != nil {
		return 0
	}
	for _, s := range syms {
		if s.Name == name {
			return s.Value
		}
	}
	return 0
}

// setInfo tells the kernel where the archive is, and how long the command line behind it.
func (p *Program) setInfo(addr, length, line uint64) error {
	for _, s := range p.Segments {
		if p.info < s.Addr || p.info > s.End() || s.End()-p.info < infoSize {
			continue
		}
		b := s.Data[p.info-s.Addr:]
		if binary.LittleEndian.Uint64(b) != infoMagic {
			break
		}
		binary.LittleEndian.PutUint64(b[8:], addr)
		binary.LittleEndian.PutUint64(b[16:], length)
		binary.LittleEndian.PutUint64(b[24:], line)
		return nil
	}
	return ErrNoInfo
}

// with returns the segments, with archive on the page after the last and line behind it,
// a C string, unless both are empty, and tells the kernel about them.
func (p *Program) with(archive, line []byte) ([]Segment, error) {
	if len(archive)+len(line) == 0 {
		return p.Segments, nil
	}
	addr := pageUp(p.Segments[len(p.Segments)-1].End())
	if err := p.setInfo(addr, uint64(len(archive)), uint64(len(line))); err != nil {
		return nil, err
	}
	return append(slices.Clone(p.Segments), Segment{addr, elf.PF_R, slices.Concat(archive, line)}), nil
}

// End returns how much memory, from the start of it, holds everything that a
// loader places for the image in r: a machine needs more than that.
func End(r io.ReaderAt) (uint64, error) {
	for _, known := range []func(io.ReaderAt) (uint64, bool){flatEnd, peEnd} {
		if end, ok := known(r); ok {
			return end, nil
		}
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return 0, fmt.Errorf("%w: %v", ErrFormat, err)
	}
	end := uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			end = max(end, p.Paddr+p.Memsz)
		}
	}
	return end, nil
}

// Arch returns the architecture, as GOARCH has it, of the machines whose loaders take the
// image in r.
func Arch(r io.ReaderAt) (string, error) {
	if _, ok := flatEnd(r); ok {
		return "arm64", nil
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrNoImage, err)
	}
	if f.Machine != elf.EM_X86_64 || len(f.Sections) > 0 { // of which the linker's output has some
		return "", fmt.Errorf("%w: a program for %v", ErrNoImage, f.Machine)
	}
	return "amd64", nil
}
