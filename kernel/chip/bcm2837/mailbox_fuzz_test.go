package bcm2837_test

import (
	"encoding/binary"
	"testing"

	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
)

// FuzzProperty lets the firmware put any words in front of its answer and write
// anything into the message, or say nothing. The answer is no longer than the value,
// there are no words after it and none with an error, and a mailbox that timed out
// is left alone.
//
// what's bits: 0 silent, 1 full; tampered overwrites the message from its first word.
func FuzzProperty(f *testing.F) {
	words := func(w ...uint32) (b []byte) {
		for _, v := range w {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	f.Add(uint8(0), uint8(2), words(), words(1, 2, 0xc0002008))
	f.Add(uint8(0), uint8(2), words(32, 1<<31, 1, 8, 1<<31|8, 6, 8), words())
	f.Add(uint8(0), uint8(3), words(32, 1<<31, 1, 8, 1<<31|5, 6, 8, 9), words())
	f.Add(uint8(0), uint8(58), words(32, 1<<31, 1, 8, 0xffffffff), words())
	f.Add(uint8(0), uint8(59), words(32, 1<<31|1), words())
	f.Add(uint8(1), uint8(1), words(), words(8))
	f.Add(uint8(2), uint8(0), words(), words())
	f.Fuzz(func(t *testing.T, what, size uint8, tampered, before []byte) {
		fw := &bcm2837test.Firmware{Answer: double, Silent: what&1 != 0, Full: what&2 != 0,
			Tamper: func(w []uint32) {
				for i := range min(len(w), len(tampered)/4) {
					w[i] = binary.LittleEndian.Uint32(tampered[4*i:])
				}
			}}
		for ; len(before) >= 4; before = before[4:] {
			fw.Words = append(fw.Words, binary.LittleEndian.Uint32(before))
		}
		m := fw.New()
		value := make([]uint32, int(size)%(bcm2837.MaxValue+3))
		for i := range value {
			value[i] = 1
		}
		n, code := m.Property(1, value)
		if n < 0 || n > 4*len(value) || code != bcm2837.OK && n != 0 {
			t.Fatalf("%d bytes, %v; %d words of room", n, code, len(value))
		}
		if code != bcm2837.ErrLength || len(value) <= bcm2837.MaxValue {
			for i, w := range value[(n+3)/4:] {
				if w != 0 {
					t.Fatalf("%d bytes, %v; word %d behind them is %#x", n, code, i, w)
				}
			}
		}
		fw.Mailbox.Take()
		_, again := m.Property(1, value[:min(len(value), bcm2837.MaxValue)])
		if touched := fw.Mailbox.Take() != ""; code == bcm2837.ErrTimeout && (again != bcm2837.ErrTimeout || touched) {
			t.Errorf("after a timeout: %v, registers touched: %v", again, touched)
		}
	})
}
