package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"yolk/boot/image"
)

// TestBootCode: the bytes of the boot sector are the instructions that it is said to
// have, addresses included, and end before what they use.
func TestBootCode(t *testing.T) {
	at, mode := sectorAt, 16
	for i, c := range bootCode {
		code, err := hex.DecodeString(c[0])
		if err != nil {
			t.Fatal(err)
		}
		if at == 0x7c95 { // where the far jump leads
			mode = 32
		}
		if at < sectorAt+enterOffset && at+len(code) > sectorAt+enterOffset && c[1] != "mov eax, 0x0" {
			t.Errorf("the entry is written into %s", c[1])
		}
		in, err := x86asm.Decode(code, mode)
		if text := x86asm.IntelSyntax(in, uint64(at), nil); err != nil || in.Len != len(code) || text != c[1] {
			t.Errorf("instruction %d at %#x: %x is %q, %v; want %q", i, at, code, text, err, c[1])
		}
		at += len(code)
	}
	if text := at; text != 0x7cab || text+len(bootComplaint) > infoAt {
		t.Errorf("the code ends at %#x", at)
	}
}

// application is what image.WritePE writes, as far as a disk is concerned.
func application(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i * i >> 7)
	}
	binary.LittleEndian.PutUint32(b[40:], 0x123456)
	return b
}

// TestBootSector: it says where the image is on the disk, where it belongs, and how much
// it is.
func TestBootSector(t *testing.T) {
	app := application(image.PageSize + 3*turn + 1)
	if app[0] = 'M'; image.Enter(app) != 0x123456 {
		t.Fatal(image.Enter(app))
	}
	b, err := bootSector(app, 1000)
	if err != nil || len(b) != 440 {
		t.Fatal(len(b), err)
	}
	le := binary.LittleEndian
	at := func(address int) []byte { return b[address-sectorAt:] }
	if le.Uint32(at(sectorAt+enterOffset)) != 0x123456 || le.Uint64(at(packetAt+8)) != 1008 || le.Uint16(at(turnsAt)) != 4 || le.Uint64(at(moveAt+24)) != 0x0000_9310_0000_ffff {
		t.Errorf("%x", b)
	}
	for _, app := range [][]byte{make([]byte, image.PageSize), nil} { // without an entry
		if _, err := bootSector(app, 0); !errors.Is(err, ErrBootSector) {
			t.Errorf("%d bytes: %v", len(app), err)
		}
	}
	if _, err := findFile(bytes.NewReader(app[:4096]), app); !errors.Is(err, ErrBootSector) {
		t.Errorf("half of a file: %v", err)
	}
}

// TestDisks: the boot sector of disk.raw leads to the application in its partition, and
// disk.qcow2 is the same disk.
func TestDisks(t *testing.T) {
	m := machine(t)
	app := application(2 << 20)
	if err := os.WriteFile(m.Image, app, 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := errors.Join(m.WriteRaw(dir), m.WriteQcow2(dir)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "disk.raw"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	start := le.Uint64(raw[packetAt+8-sectorAt:])*512 - image.PageSize
	if raw[446+4] != 0xef || !bytes.Equal(raw[start:][:len(app)], app) || start < uint64(le.Uint32(raw[446+8:]))*512 {
		t.Errorf("the boot sector leads to byte %d", start)
	}
	q, err := os.ReadFile(filepath.Join(dir, "disk.qcow2"))
	if err != nil || !bytes.Equal(expand(q), raw) {
		t.Errorf("%v, disk.qcow2, %d bytes, is another disk", err, len(q))
	}
	if names, _ := os.ReadDir(dir); len(names) != 2 {
		t.Errorf("left: %v", names)
	}
	m.Machine.Arch = "arm64"
	if err := m.WriteRaw(dir); err != nil {
		t.Error(err)
	}
	if raw, err = os.ReadFile(filepath.Join(dir, "disk.raw")); err != nil || !bytes.Equal(raw[:440], make([]byte, 440)) {
		t.Error("a BIOS for arm64", err)
	}
}

// expand reads a qcow2 file.
func expand(q []byte) (disk []byte) {
	be := binary.BigEndian
	disk = make([]byte, be.Uint64(q[24:]))
	table := func(at uint64) []byte { return q[at&^copied:][:cluster] }
	for i := range be.Uint32(q[36:]) {
		second := table(be.Uint64(table(be.Uint64(q[40:]))[8*i:]))
		for k := range perTable {
			if at := be.Uint64(second[8*k:]); at != 0 {
				copy(disk[(int(i)*perTable+k)*cluster:], table(at))
			}
		}
	}
	return disk
}
