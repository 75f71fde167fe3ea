package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// A fake ELF executable as Go's linker lays it out: headers and text share
// the first segment, data holds imageInfo, BSS follows.
type fake struct {
	textAddr, dataAddr, entry uint64
	data                      []byte
	bss                       uint64
	machine                   elf.Machine
	noSymbol                  bool
}

func newFake() fake {
	data := make([]byte, 100)
	binary.LittleEndian.PutUint64(data[8:], infoMagic)
	return fake{textAddr: 0x100000, dataAddr: 0x103000, entry: 0x101010, data: data, bss: 1 << 20, machine: elf.EM_X86_64}
}

// render writes: [ehdr, 2 phdrs ...][page 1: text][page 2: data][symtab strtab shstrtab][shdrs].
func (f fake) render() []byte {
	le := binary.LittleEndian
	b := make([]byte, 3*PageSize)
	copy(b[PageSize:], bytes.Repeat([]byte{0x90}, 64))
	copy(b[2*PageSize:], f.data)
	str := "\x00" + InfoSymbol + "\x00"
	if f.noSymbol {
		str = "\x00other\x00"
	}
	symOff := uint64(len(b))
	sym := make([]byte, 48)
	le.PutUint32(sym[24:], 1)
	sym[28] = byte(elf.STT_OBJECT)
	le.PutUint16(sym[30:], 2)
	le.PutUint64(sym[32:], f.dataAddr+8)
	b = append(b, sym...)
	strOff := uint64(len(b))
	b = append(b, str...)
	shOff := uint64(len(b))
	section := func(typ elf.SectionType, flags elf.SectionFlag, addr, off, size uint64, link uint32, ent uint64) {
		var s [64]byte
		le.PutUint32(s[4:], uint32(typ))
		le.PutUint64(s[8:], uint64(flags))
		le.PutUint64(s[16:], addr)
		le.PutUint64(s[24:], off)
		le.PutUint64(s[32:], size)
		le.PutUint32(s[40:], link)
		le.PutUint64(s[56:], ent)
		b = append(b, s[:]...)
	}
	section(elf.SHT_NULL, 0, 0, 0, 0, 0, 0)
	section(elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_EXECINSTR, f.textAddr+PageSize, PageSize, 64, 0, 0)
	section(elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_WRITE, f.dataAddr, 2*PageSize, uint64(len(f.data)), 0, 0)
	section(elf.SHT_SYMTAB, 0, 0, symOff, 48, 4, 24)
	section(elf.SHT_STRTAB, 0, 0, strOff, uint64(len(str)), 0, 0)

	head := header(f.entry, 2)
	le.PutUint16(head[18:], uint16(f.machine))
	le.PutUint64(head[24:], f.entry)
	le.PutUint64(head[40:], shOff)
	le.PutUint16(head[58:], 64)
	le.PutUint16(head[60:], 5)
	le.PutUint16(head[62:], 4)
	head = progHeader(head, elf.PT_LOAD, elf.PF_R|elf.PF_X, 0, f.textAddr, PageSize+64, PageSize)
	head = progHeader(head, elf.PT_LOAD, elf.PF_R|elf.PF_W, 2*PageSize, f.dataAddr, uint64(len(f.data)), PageSize)
	le.PutUint64(head[len(head)-16:], uint64(len(f.data))+f.bss) // p_memsz
	copy(b, head)
	return b
}

func write(t *testing.T, f fake, archive []byte) []byte {
	t.Helper()
	p, err := Read(bytes.NewReader(f.render()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Write(&out, archive); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWritePVH(t *testing.T) {
	archive := bytes.Repeat([]byte("A"), 5000)
	b := write(t, newFake(), archive)
	e, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if e.Entry != 0x101010 || len(e.Sections) != 0 || len(e.Progs) != 4 {
		t.Errorf("entry %#x, %d sections, %d segments", e.Entry, len(e.Sections), len(e.Progs))
	}
	note := make([]byte, 20)
	e.Progs[0].ReadAt(note, 0)
	if want := "\x04\x00\x00\x00\x04\x00\x00\x00\x12\x00\x00\x00Xen\x00\x10\x10\x10\x00"; e.Progs[0].Type != elf.PT_NOTE || string(note) != want {
		t.Errorf("note %q", note)
	}
	for i, want := range []struct{ addr, size uint64 }{{0x100000, PageSize + 64}, {0x103000, 100}, {0x104000, 5000}} {
		p := e.Progs[i+1]
		if p.Paddr != want.addr || p.Vaddr != want.addr || p.Filesz != want.size || p.Memsz != want.size {
			t.Errorf("segment %d: %+v, want %+v", i, p.ProgHeader, want)
		}
		if p.Off%PageSize != p.Paddr%PageSize || p.Off+p.Filesz > uint64(len(b)) {
			t.Errorf("segment %d: offset %#x does not fit address %#x", i, p.Off, p.Paddr)
		}
	}
	if end, err := End(bytes.NewReader(b)); end != 0x104000+5000 || err != nil {
		t.Errorf("End says %#x, %v", end, err)
	}
	if arch, err := Arch(bytes.NewReader(b)); arch != "amd64" || err != nil {
		t.Errorf("Arch says %q, %v", arch, err)
	}
	for _, none := range [][]byte{nil, []byte("text"), newFake().render()} {
		if arch, err := Arch(bytes.NewReader(none)); !errors.Is(err, ErrNoImage) {
			t.Errorf("%d bytes that are no image: Arch says %q, %v", len(none), arch, err)
		}
	}
	data := make([]byte, 100)
	e.Progs[2].ReadAt(data, 0)
	le := binary.LittleEndian
	if a, n := le.Uint64(data[16:]), le.Uint64(data[24:]); a != 0x104000 || n != 5000 {
		t.Errorf("imageInfo says archive %#x, %d bytes", a, n)
	}
	if again := write(t, newFake(), archive); !bytes.Equal(b, again) {
		t.Error("the same input gives different images")
	}
}

func TestWritePVHWithoutArchive(t *testing.T) {
	f := newFake()
	f.noSymbol = true
	e, err := elf.NewFile(bytes.NewReader(write(t, f, nil)))
	if err != nil || len(e.Progs) != 3 {
		t.Errorf("%v, %d segments", err, len(e.Progs))
	}
}

func TestArchiveNeedsInfo(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"no symbol":      func(f *fake) { f.noSymbol = true },
		"no magic":       func(f *fake) { f.data = make([]byte, 100) },
		"beyond segment": func(f *fake) { f.data = f.data[:30] },
	} {
		f := newFake()
		change(&f)
		p, err := Read(bytes.NewReader(f.render()))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.WritePVH(&bytes.Buffer{}, []byte("x")); !errors.Is(err, ErrNoInfo) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fake)
		want   string
	}{
		"other machine": {func(f *fake) { f.machine = elf.EM_RISCV }, "EM_RISCV"},
		"low address":   {func(f *fake) { f.textAddr = 0x1000 }, "outside 1..4096 MiB"},
		"low on arm64":  {func(f *fake) { f.machine = elf.EM_AARCH64 }, "outside 4096..8192 MiB"},
		"overlap":       {func(f *fake) { f.dataAddr = 0x101000 }, "overlap"},
		"entry in data": {func(f *fake) { f.entry = 0x103000 }, "outside its code"},
	} {
		f := newFake()
		c.change(&f)
		if _, err := Read(bytes.NewReader(f.render())); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(strings.NewReader("#!/bin/sh")); !errors.Is(err, ErrFormat) {
		t.Errorf("a script: %v", err)
	}
}

// FuzzRead feeds damaged executables: an error or a program that can be
// written, never a panic.
func FuzzRead(f *testing.F) {
	f.Add(newFake().render())
	f.Add(newFlat().render())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if err := p.Write(&bytes.Buffer{}, []byte("x")); err != nil && !errors.Is(err, ErrNoInfo) && !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
	})
}
