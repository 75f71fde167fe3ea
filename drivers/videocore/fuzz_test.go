package videocore

import (
	"encoding/binary"
	"errors"
	"testing"

	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
)

// FuzzFirmware lets the firmware answer every property with the same words, of the
// length that it claims. Each call returns an error of this package, or what can be:
// an address that a card can have, memory that there is, what was asked for.
func FuzzFirmware(f *testing.F) {
	f.Add([]byte{0x12, 0xeb, 0x27, 0xb8, 0x34, 0x56, 0, 0}, uint32(6))
	f.Add([]byte{3, 0, 0, 0, 1, 0, 0, 0, 9}, uint32(8))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0x40, 0x3b}, uint32(8))
	f.Add([]byte{0, 0xf0, 0xff, 0xff, 0, 0x20, 0, 0}, uint32(8))
	f.Add([]byte{}, uint32(0))
	f.Fuzz(func(t *testing.T, answer []byte, claimed uint32) {
		fw := &bcm2837test.Firmware{
			Answer: func(uint32, []uint32) ([]uint32, bool) { return nil, true },
			Tamper: func(w []uint32) {
				w[4] = 1<<31 | claimed
				for i := range min(len(answer)/4, len(w)-5) {
					w[5+i] = binary.LittleEndian.Uint32(answer[4*i:])
				}
			},
		}
		fm := NewFirmware(fw.New())
		known := func(what string, err error) bool {
			for _, e := range []error{ErrUnknown, ErrTimeout, ErrMailbox, ErrAnswer, ErrRefused} {
				if errors.Is(err, e) {
					return false
				}
			}
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			return err == nil
		}
		if mac, err := fm.MAC(); known("MAC", err) && (mac[0]&1 != 0 || mac == [6]byte{}) {
			t.Errorf("MAC % x", mac)
		}
		if base, size, err := fm.ARMMemory(); known("memory", err) && (size == 0 || uint64(base)+uint64(size) > bcm2837.LocalBase) {
			t.Errorf("memory %#x, %#x bytes", base, size)
		}
		if board, err := fm.Board(); known("board", err) && (board.String() == "" || board.Memory() < 0) {
			t.Errorf("board %v", board)
		}
		if hz, err := fm.SetClockRate(bcm2837.ClockARM, 600_000_000); known("clock", err) && hz == 0 {
			t.Error("a clock that stands still")
		}
		for _, on := range []bool{true, false} {
			known("USB", fm.SetUSBPower(on))
			known("LED", fm.SetLED(on))
		}
		_, err := fm.Serial()
		known("serial", err)
		_, err = fm.Temperature()
		known("temperature", err)
	})
}
