package bcm2837_test

import (
	"slices"
	"strings"
	"testing"

	"yolk/kernel/chip/bcm2837"
	"yolk/kernel/chip/bcm2837/bcm2837test"
)

// double answers tag 1 with twice its words, tag 2 with one word more than it
// got, and knows no other.
func double(tag uint32, value []uint32) (answer []uint32, known bool) {
	for _, v := range value {
		answer = append(answer, 2*v)
	}
	if tag == 2 {
		answer = append(answer, 0)
	}
	return answer, tag == 1 || tag == 2
}

func TestProperty(t *testing.T) {
	f := &bcm2837test.Firmware{Answer: double, Words: []uint32{0x00000001, 0xc0002008}} // not ours: dropped
	m := f.New()
	for range 2 {
		value := []uint32{3, 4, 5}
		n, code := m.Property(1, value)
		if n != 12 || code != bcm2837.OK || !slices.Equal(value, []uint32{6, 8, 10}) {
			t.Errorf("%d, %v, %v", n, code, value)
		}
	}
	// The address goes out once there is room, with the channel in its low bits.
	want := "r 38, w 20=c0001008, r 18, r 00, r 18, r 00, r 18, r 00"
	if got := f.Mailbox.Take(); got != want+", "+want {
		t.Errorf("registers: %s", got)
	}
}

// TestMessage looks at the words that go to the firmware.
func TestMessage(t *testing.T) {
	f := &bcm2837test.Firmware{Answer: double}
	m := f.New()
	var sent []uint32
	f.Answer = func(tag uint32, value []uint32) ([]uint32, bool) { return value, true }
	f.Tamper = func(w []uint32) { sent = append(sent, w...) }
	m.Property(7, []uint32{0xaa, 0xbb})
	// size, result, tag, room, answer, value, end
	if want := []uint32{32, 1 << 31, 7, 8, 1<<31 | 8, 0xaa, 0xbb, 0}; !slices.Equal(sent[:8], want) {
		t.Errorf("%x, want %x", sent[:8], want)
	}
}

func TestPropertyFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		f    bcm2837test.Firmware
		tag  bcm2837.Tag
		want bcm2837.Code
	}{
		{"unknown tag", bcm2837test.Firmware{}, 9, bcm2837.ErrUnknown},
		{"answer too long", bcm2837test.Firmware{}, 2, bcm2837.ErrLength},
		{"answer far too long", bcm2837test.Firmware{Tamper: func(w []uint32) { w[4] = ^uint32(0) }}, 1, bcm2837.ErrLength},
		{"refused", bcm2837test.Firmware{Tamper: func(w []uint32) { w[1] = 1<<31 | 1 }}, 1, bcm2837.ErrRefused},
		{"not looked at", bcm2837test.Firmware{Tamper: func(w []uint32) { w[1] = 0 }}, 1, bcm2837.ErrRefused},
		{"another tag", bcm2837test.Firmware{Tamper: func(w []uint32) { w[2]++ }}, 1, bcm2837.ErrForged},
		{"silence", bcm2837test.Firmware{Silent: true}, 1, bcm2837.ErrTimeout},
		{"only others' words", bcm2837test.Firmware{Silent: true, Words: []uint32{1, 2, 3}}, 1, bcm2837.ErrTimeout},
		{"full", bcm2837test.Firmware{Full: true}, 1, bcm2837.ErrTimeout},
	} {
		c.f.Answer = double
		value := []uint32{1, 2}
		n, code := c.f.New().Property(c.tag, value)
		if n != 0 || code != c.want || value[0] != 0 || value[1] != 0 {
			t.Errorf("%s: %d, %v, %v", c.name, n, code, value)
		}
	}
	if _, code := new(bcm2837test.Firmware).New().Property(1, make([]uint32, bcm2837.MaxValue+1)); code != bcm2837.ErrLength {
		t.Error(code)
	}
}

// TestLateAnswer: after a timeout the firmware may write into the buffer at any
// time, so the mailbox is not used again.
func TestLateAnswer(t *testing.T) {
	f := &bcm2837test.Firmware{Answer: double, Silent: true}
	m := f.New()
	m.Property(1, make([]uint32, 1))
	f.Silent = false
	f.Mailbox.Take()
	if _, code := m.Property(1, make([]uint32, 1)); code != bcm2837.ErrTimeout || f.Mailbox.Take() != "" {
		t.Error("used again:", code)
	}
}

func TestMemoryAndClock(t *testing.T) {
	answers := map[bcm2837.Tag][]uint32{}
	f := &bcm2837test.Firmware{Answer: func(tag uint32, _ []uint32) ([]uint32, bool) {
		a, ok := answers[bcm2837.Tag(tag)]
		return a, ok
	}}
	m := f.New()
	for _, c := range []struct {
		answer []uint32
		want   bcm2837.Code
	}{
		{[]uint32{0, 0x3b400000}, bcm2837.OK},
		{[]uint32{0x3b400000, 0x04c00000}, bcm2837.OK},
		{[]uint32{0, 0}, bcm2837.ErrForged},
		{[]uint32{0, 0x40000001}, bcm2837.ErrForged},
		{[]uint32{0xfffff000, 0x2000}, bcm2837.ErrForged},
		{[]uint32{0}, bcm2837.ErrForged},
	} {
		answers[bcm2837.TagARMMemory] = c.answer
		base, size, code := m.Memory(bcm2837.TagARMMemory)
		if code != c.want || code == bcm2837.OK && (base != c.answer[0] || size != c.answer[1]) {
			t.Errorf("%x: %#x, %#x, %v", c.answer, base, size, code)
		}
	}
	for _, c := range []struct {
		answer []uint32
		want   bcm2837.Code
	}{
		{[]uint32{2, 48_000_000}, bcm2837.OK},
		{[]uint32{2, 0}, bcm2837.ErrUnknown},
		{[]uint32{3, 48_000_000}, bcm2837.ErrUnknown},
		{[]uint32{2}, bcm2837.ErrUnknown},
	} {
		answers[bcm2837.TagClockRate] = c.answer
		if hz, code := m.ClockRate(bcm2837.ClockUART); code != c.want || code == bcm2837.OK && hz != 48_000_000 {
			t.Errorf("%v: %d, %v", c.answer, hz, code)
		}
	}
}

func TestCodes(t *testing.T) {
	for c := bcm2837.OK; c <= bcm2837.ErrForged; c++ {
		if s := c.String(); s == "" || strings.Contains(s, "unknown code") {
			t.Errorf("code %d: %q", c, s)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	f := &bcm2837test.Firmware{Full: true}
	m := f.New()
	var value [2]uint32
	m.Property(1, value[:]) // the mailbox is stuck now; the rest must not allocate
	if n := testing.AllocsPerRun(10, func() { m.Property(1, value[:]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
