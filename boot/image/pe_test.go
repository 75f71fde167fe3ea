package image

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"testing"
)

// TestWritePE: firmware finds sections where they are in memory, nothing that is written
// and executed, and the kernel its command line behind the files.
func TestWritePE(t *testing.T) {
	for machine, f := range map[uint16]fake{pe.IMAGE_FILE_MACHINE_AMD64: newFake(), pe.IMAGE_FILE_MACHINE_ARM64: newFlat()} {
		p, err := Read(bytes.NewReader(f.render()))
		if err != nil {
			t.Fatal(err)
		}
		p.enter = 0x101234
		var out bytes.Buffer
		archive := bytes.Repeat([]byte("file"), 1250)
		if err := p.WritePE(&out, archive, "argv0=x -- y"); err != nil {
			t.Fatal(err)
		}
		b := out.Bytes()
		r, err := pe.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		h := r.OptionalHeader.(*pe.OptionalHeader64)
		if r.Machine != machine || h.AddressOfEntryPoint != 0x2010 || h.SizeOfImage != uint32(len(b)) || h.Subsystem != 10 || len(b)%PageSize != 0 || Enter(b) != 0x101234 {
			t.Errorf("%+v, %+v, %d bytes", r.FileHeader, h, len(b))
		}
		for i, want := range []struct {
			name     string
			at, size uint32
			flags    uint32
		}{
			{".text", 0x1000, PageSize + 64, pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_EXECUTE},
			{".data", 0x4000, 100, pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_WRITE},
			{".rodata", 0x5000, 5013, pe.IMAGE_SCN_MEM_READ},
		} {
			s := r.Sections[i]
			const access = pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_WRITE | pe.IMAGE_SCN_MEM_EXECUTE
			if s.Name != want.name || s.VirtualAddress != want.at || s.Offset != want.at || s.VirtualSize != want.size || s.Characteristics&access != want.flags {
				t.Errorf("section %d: %+v, want %+v", i, s.SectionHeader, want)
			}
		}
		le := binary.LittleEndian
		data := b[0x4000:]
		if a, n, line := le.Uint64(data[16:]), le.Uint64(data[24:]), le.Uint64(data[32:]); a != f.textAddr+0x4000 || n != 5000 || line != 13 || !bytes.HasPrefix(b[0x5000+5000:], []byte("argv0=x -- y\x00")) {
			t.Errorf("the archive is at %#x, %d bytes, and a line of %d", a, n, line)
		}
		if end, err := End(bytes.NewReader(b)); err != nil || end != uint64(len(b)) {
			t.Errorf("End: %#x, %v", end, err)
		}
	}
	if Enter([]byte("MZ")) != 0 {
		t.Error("an entry in two bytes")
	}
}

func TestWritePERefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fake)
		want   error
	}{
		"gap":     {func(f *fake) { f.dataAddr += 2 << 20 }, ErrFormat},
		"no info": {func(f *fake) { f.noSymbol = true }, ErrNoInfo},
	} {
		f := newFake()
		c.change(&f)
		p, err := Read(bytes.NewReader(f.render()))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.WritePE(&bytes.Buffer{}, nil, ""); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
