package usb

import (
	"bytes"
	"testing"
	"time"
)

// lan9514 is the configuration of a Raspberry Pi's network card, qemu that of QEMU's
// usb-net with its class-specific descriptors.
var (
	lan9514 = []byte{
		9, 2, 39, 0, 1, 1, 0, 0xe0, 1,
		9, 4, 0, 0, 3, 0xff, 0, 0xff, 0,
		7, 5, 0x81, 2, 0, 2, 0, 7, 5, 0x02, 2, 0, 2, 0, 7, 5, 0x83, 3, 16, 0, 4,
	}
	qemu = []byte{
		9, 2, 80, 0, 2, 1, 7, 0xc0, 0x32,
		9, 4, 0, 0, 1, 2, 6, 0, 5,
		5, 0x24, 0, 0x10, 1, 5, 0x24, 6, 0, 1, 13, 0x24, 15, 3, 0, 0, 0, 0, 0xea, 5, 0, 0, 0,
		7, 5, 0x81, 3, 16, 0, 32,
		9, 4, 1, 0, 0, 10, 0, 0, 0, 9, 4, 1, 1, 2, 10, 0, 0, 0,
		7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0,
	}
)

func TestParseConfig(t *testing.T) {
	qemu[2] = byte(len(qemu))
	c, err := parseConfig(qemu, Full)
	if err != nil {
		t.Fatal(err)
	}
	if c.Value != 1 || c.MaxPower != 100 || len(c.Interfaces) != 2 || len(c.Interfaces[1].Alternates) != 2 {
		t.Fatalf("%+v", c)
	}
	control, data := c.Interface(0).Alternates[0], c.Interface(1).Alternates[1]
	if control.Class != 2 || control.Subclass != 6 || len(control.Extra) != 23 || control.Endpoints[0].Interval != 32 {
		t.Errorf("%+v", control)
	}
	in := data.Find(Bulk, true)
	if in == nil || in.Address != 0x82 || in.MaxPacket != 64 || in.String() != "bulk IN 2" || data.Find(Interrupt, true) != nil {
		t.Errorf("%+v", data)
	}
	if c.Interface(2) != nil {
		t.Error("an interface that is not there")
	}
}

// TestRefuse breaks a good configuration in the ways that matter.
func TestRefuse(t *testing.T) {
	for _, c := range []struct {
		what  string
		at    int
		value byte
		speed Speed
	}{
		{"no configuration", 1, 5, High},
		{"longer than what came", 2, 40, High},
		{"shorter than itself", 2, 8, High},
		{"as long as can be", 3, 0xff, High},
		{"number 0", 5, 0, High},
		{"no interface", 10, 0x20, High},
		{"a descriptor without length", 18, 0, High},
		{"a descriptor beyond the end", 32, 8, High},
		{"an interface of 3 bytes", 9, 3, High},
		{"an endpoint 0", 20, 0x80, High},
		{"an endpoint 16", 20, 0x91, High},
		{"the same endpoint twice", 27, 0x81, High},
		{"bulk packets of 64 bytes at high speed", 23, 0, High},
		{"bulk packets of 512 bytes at full speed", 0, 9, Full},
		{"bulk at low speed", 0, 9, Low},
		{"no packets", 36, 0, High},
		{"two bulk packets a microframe", 23, 0x0a, High},
	} {
		b := bytes.Clone(lan9514)
		b[c.at] = c.value
		if _, err := parseConfig(b, c.speed); err == nil {
			t.Errorf("%s is taken", c.what)
		}
	}
	if _, err := parseConfig(lan9514, High); err != nil {
		t.Error(err)
	}
}

// FuzzConfig: whatever the bytes, what comes out keeps to the rules.
func FuzzConfig(f *testing.F) {
	f.Add(lan9514, uint8(High))
	f.Add(qemu, uint8(Full))
	f.Fuzz(func(t *testing.T, b []byte, speed uint8) {
		s := Speed(speed % 3)
		c, err := parseConfig(b, s)
		if err != nil {
			return
		}
		if len(c.Interfaces) == 0 || c.Value == 0 {
			t.Fatalf("%+v", c)
		}
		for _, i := range c.Interfaces {
			if len(i.Alternates) == 0 || c.Interface(i.Number) == nil {
				t.Fatalf("%+v", i)
			}
			for _, a := range i.Alternates {
				for _, e := range a.Endpoints {
					if e.Number() == 0 || e.MaxPacket > 1024 || e.Mult == 0 || e.Mult > 3 || e.check(s) != nil {
						t.Fatalf("%+v", e)
					}
				}
			}
		}
	})
}

// FuzzDescriptors: those without structure.
func FuzzDescriptors(f *testing.F) {
	f.Add([]byte{18, 1, 0, 2, 0, 0, 0, 64, 0x24, 4, 0, 0xec, 0, 2, 0, 0, 0, 1})
	f.Add([]byte{6, 3, 'a', 0, 0xd8, 0x3d})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := parseDevice(b); err == nil && (len(b) < 18 || d.MaxPacket0 != b[7]) {
			t.Fatalf("%+v", d)
		}
		if s, err := parseText(b); err == nil && len(s) > 3*len(b) {
			t.Fatalf("%q", s)
		}
	})
}

func TestSlower(t *testing.T) {
	for _, c := range []struct {
		speed        Speed
		wish, at     uint8
		milliseconds time.Duration
	}{
		{High, 4, 10, 100}, {High, 4, 4, 1}, {High, 12, 12, 100}, {High, 1, 4, 1}, {High, 1, 16, 10_000},
		{Full, 4, 100, 100}, {Full, 200, 200, 100}, {Low, 8, 255, 10_000},
	} {
		e := Endpoint{Type: Interrupt, Interval: c.wish}
		if got := e.Slower(c.speed, c.milliseconds*time.Millisecond).Interval; got != c.at {
			t.Errorf("%v, %d ms: interval %d instead of %d", c.speed, c.milliseconds, got, c.at)
		}
	}
}
