package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"testing"
)

// newFlat is newFake for arm64: 4 GiB above where it runs.
func newFlat() fake {
	f := newFake()
	f.machine, f.textAddr, f.dataAddr, f.entry = elf.EM_AARCH64, 0x100080000, 0x100083000, 0x100081010
	return f
}

func TestWriteFlat(t *testing.T) {
	archive := bytes.Repeat([]byte("file"), 1250)
	elf := newFlat().render()
	b := write(t, newFlat(), archive)
	le := binary.LittleEndian
	if got := le.Uint32(b); got != 0x14000000|0x1010/4 {
		t.Errorf("first instruction %#x", got)
	}
	if off, size, flags := le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint64(b[24:]); off != 0x80000 || size != uint64(len(b)) || flags != 2 {
		t.Errorf("offset %#x, size %#x of %#x, flags %#x", off, size, len(b), flags)
	}
	if string(b[56:60]) != "ARM\x64" {
		t.Errorf("magic %q", b[56:60])
	}
	if !bytes.Equal(b[64:PageSize+64], elf[64:PageSize+64]) {
		t.Error("program headers and text differ from the linker's")
	}
	data := b[0x3000:]
	if a, n := le.Uint64(data[16:]), le.Uint64(data[24:]); a != 0x100084000 || n != 5000 || !bytes.Equal(b[0x4000:], archive) {
		t.Errorf("imageInfo says archive %#x, %d bytes", a, n)
	}
	if end, err := End(bytes.NewReader(b)); err != nil || end != 0x80000+uint64(len(b)) {
		t.Errorf("End: %#x, %v", end, err)
	}
	if arch, err := Arch(bytes.NewReader(b)); arch != "arm64" || err != nil {
		t.Errorf("Arch: %q, %v", arch, err)
	}
}

func TestWriteFlatRefuses(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"no header page": func(f *fake) { f.textAddr += 8 },
		"gap":            func(f *fake) { f.dataAddr += 2 << 20 },
		"entry odd":      func(f *fake) { f.entry += 2 },
	} {
		f := newFlat()
		change(&f)
		p, err := Read(bytes.NewReader(f.render()))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Write(&bytes.Buffer{}, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
