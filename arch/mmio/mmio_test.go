package mmio

import (
	"testing"
	"unsafe"
)

func TestMapped(t *testing.T) {
	words := new([4]uint32)
	m := &Mapped{Base: uintptr(unsafe.Pointer(words))}
	m.Write32(8, 0x12345678)
	if *words != [4]uint32{2: 0x12345678} || m.Read32(8) != 0x12345678 {
		t.Errorf("wrote %x, read %#x", *words, m.Read32(8))
	}
}

// TestFlush checks that no byte is lost, whatever the alignment.
func TestFlush(t *testing.T) {
	b := make([]byte, 4096)
	for i := range b {
		b[i] = byte(i * 7)
	}
	for start := range uintptr(70) {
		Flush(uintptr(unsafe.Pointer(&b[0]))+start, 4096-2*start)
	}
	Barrier()
	for i := range b {
		if b[i] != byte(i*7) {
			t.Fatalf("byte %d changed", i)
		}
	}
}
