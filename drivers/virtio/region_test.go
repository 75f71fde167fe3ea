package virtio_test

import (
	"syscall"
	"testing"
	"unsafe"

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/virtiotest"
)

// panics reports whether f does.
func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// access uses every accessor of a region whose memory is mem, and checks that
// each touches just its own bytes.
func access(t *testing.T, r virtio.Region, mem []byte) {
	t.Helper()
	r.Write32(0, 0x44332211)
	r.Write16(4, 0x6655)
	r.Write8(6, 0x77)
	if string(mem[:8]) != "\x11\x22\x33\x44\x55\x66\x77\x00" {
		t.Errorf("memory % x", mem[:8])
	}
	if r.Read32(0) != 0x44332211 || r.Read16(2) != 0x4433 || r.Read8(3) != 0x44 {
		t.Errorf("reads %#x %#x %#x", r.Read32(0), r.Read16(2), r.Read8(3))
	}
	n := r.Len()
	for name, f := range map[string]func(){
		"read past end":       func() { r.Read8(n) },
		"32 bits at the end":  func() { r.Read32(n - 2) },
		"write past end":      func() { r.Write16(n, 0) },
		"offset wraps around": func() { r.Read32(1<<32 - 4) },
	} {
		if !panics(f) {
			t.Errorf("%s: allowed", name)
		}
	}
}

func TestMap(t *testing.T) {
	mem, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mem)
	r := virtio.Map(uintptr(unsafe.Pointer(&mem[0])), 64)
	access(t, r, mem)
	if !panics(func() { r.Read32(2) }) || !panics(func() { r.Read16(1) }) {
		t.Error("misaligned access allowed")
	}
}

func TestSubRegion(t *testing.T) {
	mem := make([]byte, 32)
	access(t, virtio.SubRegion(virtiotest.Bytes(mem), 8, 16), mem[8:])
	for _, c := range [][2]uint32{{33, 0}, {0, 33}, {16, 17}, {8, 1<<32 - 8}} {
		if !panics(func() { virtio.SubRegion(virtiotest.Bytes(mem), c[0], c[1]) }) {
			t.Errorf("window %#x+%#x of 0x20 allowed", c[0], c[1])
		}
	}
}
