package videocore

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
)

// board answers like the firmware of a 3B; asked keeps what it was asked.
type board struct {
	fw    bcm2837test.Firmware
	asked [][]uint32
	lie   map[bcm2837.Tag][]uint32 // answers instead of the true ones
}

func newBoard() (*board, *Firmware) {
	b := &board{lie: map[bcm2837.Tag][]uint32{}}
	b.fw.Answer = b.answer
	return b, NewFirmware(b.fw.New())
}

func (b *board) answer(tag uint32, v []uint32) ([]uint32, bool) {
	b.asked = append(b.asked, append([]uint32{tag}, v...))
	if lie, ok := b.lie[bcm2837.Tag(tag)]; ok {
		return lie, true
	}
	switch bcm2837.Tag(tag) {
	case bcm2837.TagFirmwareRevision:
		return []uint32{0x65f00000}, true
	case bcm2837.TagBoardRevision:
		return []uint32{0xa02082}, true
	case bcm2837.TagSerial:
		return []uint32{0x89abcdef, 0x01234567}, true
	case bcm2837.TagMAC:
		return []uint32{0x12eb27b8, 0x5634}, true
	case bcm2837.TagARMMemory:
		return []uint32{0, 0x3b400000}, true
	case bcm2837.TagVCMemory:
		return []uint32{0x3b400000, 0x04c00000}, true
	case bcm2837.TagClockRate:
		return []uint32{v[0], 600_000_000}, true
	case bcm2837.TagMaxClockRate:
		return []uint32{v[0], 1_200_000_000}, true
	case bcm2837.TagSetClockRate:
		return []uint32{v[0], v[1]}, true
	case bcm2837.TagTemperature:
		return []uint32{0, 48312}, true
	case bcm2837.TagMaxTemperature:
		return []uint32{0, 85000}, true
	case bcm2837.TagPowerState:
		return []uint32{v[0], 1}, true
	case bcm2837.TagSetPowerState:
		return []uint32{v[0], v[1] & 1}, true
	case bcm2837.TagSetGPIOState:
		return []uint32{0, v[1]}, true
	}
	return nil, false
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return v
	}
}

func TestProperties(t *testing.T) {
	b, f := newBoard()
	u32 := must[uint32](t)
	if v := u32(f.Revision()); v != 0x65f00000 {
		t.Errorf("revision %#x", v)
	}
	if v := must[Board](t)(f.Board()); v != 0xa02082 {
		t.Errorf("board %#x", v)
	}
	if v := must[uint64](t)(f.Serial()); v != 0x0123456789abcdef {
		t.Errorf("serial %#x", v)
	}
	if v := must[[6]byte](t)(f.MAC()); v != [6]byte{0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56} {
		t.Errorf("MAC % x", v)
	}
	if base, size, err := f.ARMMemory(); base != 0 || size != 0x3b400000 || err != nil {
		t.Error("ARM memory", base, size, err)
	}
	if base, size, err := f.VideoCoreMemory(); base != 0x3b400000 || size != 0x04c00000 || err != nil {
		t.Error("VideoCore memory", base, size, err)
	}
	if v := u32(f.ClockRate(bcm2837.ClockARM)); v != 600_000_000 {
		t.Error("clock", v)
	}
	if v := u32(f.Temperature()); v != 48312 {
		t.Error("temperature", v)
	}
	if v := u32(f.MaxTemperature()); v != 85000 {
		t.Error("highest temperature", v)
	}
	if !must[bool](t)(f.USBPower()) {
		t.Error("USB is off")
	}
	b.asked = nil
	if v := u32(f.MaxARMClock()); v != 1_200_000_000 {
		t.Error("ARM clock", v)
	}
	for _, on := range []bool{true, false} {
		if err := errors.Join(f.SetUSBPower(on), f.SetLED(on)); err != nil {
			t.Error(err)
		}
	}
	want := [][]uint32{
		{0x30004, 3, 0}, {0x38002, 3, 1_200_000_000, 0},
		{0x28001, 3, 3}, {0x38041, 130, 1}, {0x28001, 3, 2}, {0x38041, 130, 0},
	}
	if !slices.EqualFunc(b.asked, want, slices.Equal[[]uint32]) {
		t.Errorf("asked %x, want %x", b.asked, want)
	}
}

func TestLies(t *testing.T) {
	for _, c := range []struct {
		name string
		tag  bcm2837.Tag
		lie  []uint32
		call func(*Firmware) error
		want error
	}{
		{"group MAC", bcm2837.TagMAC, []uint32{1, 2}, func(f *Firmware) error { _, err := f.MAC(); return err }, ErrAnswer},
		{"no MAC", bcm2837.TagMAC, []uint32{0, 0}, func(f *Firmware) error { _, err := f.MAC(); return err }, ErrAnswer},
		{"short MAC", bcm2837.TagMAC, []uint32{2}, func(f *Firmware) error { _, err := f.MAC(); return err }, ErrAnswer},
		{"other clock", bcm2837.TagClockRate, []uint32{9, 1}, func(f *Firmware) error { _, err := f.ClockRate(3); return err }, ErrAnswer},
		{"clock of 0", bcm2837.TagSetClockRate, []uint32{3, 0}, func(f *Firmware) error { _, err := f.SetClockRate(3, 1); return err }, ErrRefused},
		{"short serial", bcm2837.TagSerial, []uint32{1}, func(f *Firmware) error { _, err := f.Serial(); return err }, ErrAnswer},
		{"no answer", bcm2837.TagTemperature, []uint32{}, func(f *Firmware) error { _, err := f.Temperature(); return err }, ErrUnknown},
		{"memory that is not there", bcm2837.TagARMMemory, []uint32{0x3b400000, 0x10000000}, func(f *Firmware) error { _, _, err := f.ARMMemory(); return err }, ErrMailbox},
		{"too long", bcm2837.TagBoardRevision, []uint32{1, 2, 3}, func(f *Firmware) error { _, err := f.Board(); return err }, ErrMailbox},
		{"no USB", bcm2837.TagSetPowerState, []uint32{3, 3}, func(f *Firmware) error { return f.SetUSBPower(true) }, ErrRefused},
		{"USB off", bcm2837.TagSetPowerState, []uint32{3, 0}, func(f *Firmware) error { return f.SetUSBPower(true) }, ErrRefused},
		{"LED", bcm2837.TagSetGPIOState, []uint32{130, 1}, func(f *Firmware) error { return f.SetLED(true) }, ErrRefused},
	} {
		b, f := newBoard()
		b.lie[c.tag] = c.lie
		if err := c.call(f); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	b, f := newBoard()
	b.fw.Answer = func(uint32, []uint32) ([]uint32, bool) { return nil, false }
	if _, err := f.Temperature(); !errors.Is(err, ErrUnknown) || !strings.HasPrefix(err.Error(), "temperature: ") {
		t.Error(err)
	}
	b.fw.Silent = true
	if _, err := f.Board(); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}

func TestBoard(t *testing.T) {
	for code, want := range map[Board]struct {
		name   string
		memory int
		is3B   bool
	}{
		0xa02082:   {"Raspberry Pi 3 Model B Rev 1.2", 1024, true},
		0x22a02082: {"Raspberry Pi 3 Model B Rev 1.2", 1024, true}, // warranty bits
		0xa020d3:   {"Raspberry Pi 3 Model B+ Rev 1.3", 1024, false},
		0x902120:   {"Raspberry Pi Zero 2 W Rev 1.0", 512, false},
		0x000e:     {"Raspberry Pi, revision code 00000e", 0, false},
		0xc03111:   {"Raspberry Pi, revision code c03111", 4096, false}, // a 4B
	} {
		if code.String() != want.name || code.Memory() != want.memory || code.Is3B() != want.is3B {
			t.Errorf("%x: %v, %d MiB, %v", uint32(code), code, code.Memory(), code.Is3B())
		}
	}
}
