package klog

import (
	"strings"
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/chip/uart"
	"yolk/kernel/cmdline"
	"yolk/kernel/machine"
	"yolk/kernel/machine/machinetest"
)

// enter is a machine whose serial port takes all that comes.
func enter(t *testing.T) {
	t.Helper()
	amd64test.Enter(t)
	amd64test.SetPort(machinetest.LineStatus, 0x60)
	for ReadInput(make([]byte, 64)) > 0 {
	}
	wanted = false
	amd64test.Take()
}

// said is what came out of the port since it was asked last.
func said() string {
	var b strings.Builder
	for _, e := range amd64test.Take(amd64test.Out) {
		if e.At == machinetest.Serial {
			b.WriteByte(byte(e.Value))
		}
	}
	return b.String()
}

// TestLine: pieces, and the levels that are printed.
func TestLine(t *testing.T) {
	enter(t)
	defer func(was cmdline.Levels) { Thresholds = was }(Thresholds)
	for _, c := range []struct {
		e    func() Entry
		want string
	}{
		{func() Entry { return Line(Boot, Warn).Str("a ").Uint(0).Str(" ").Uint(1<<64 - 1) }, "yolk: a 0 18446744073709551615\r\n"},
		{func() Entry { return Line(Boot, Error).Hex(0).Str(" ").Hex(0x10).Str(" ").Hex(1<<64 - 1) }, "yolk: 0x0 0x10 0xffffffffffffffff\r\n"},
		{func() Entry {
			return Line(Boot, Warn).MiB(10<<20 - 1).Str(", ").MiB(10 << 20).Str(", ").MiB(1<<40 - 1)
		}, "yolk: 10239 KiB, 10 MiB, 1048575 MiB\r\n"},
		{func() Entry { return Line(Boot, Warn).Bytes([]byte("x\ny")) }, "yolk: x\r\ny\r\n"},
		{func() Entry { return Line(Boot, Info).Str("a").Uint(1).Hex(2).MiB(3).Bytes([]byte("b")) }, ""},
		{func() Entry { return Line(Boot, Debug) }, ""},
		{func() Entry { return Last().Str("the end") }, "the end\r\n"},
	} {
		c.e().End()
		if got := said(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	Thresholds[Netdev] = uint8(Debug)
	if Line(Netdev, Debug).End(); said() != "yolk: \r\n" {
		t.Error("no line at the threshold")
	}
	if Line(Net, Info).End(); said() != "" {
		t.Error("a line at another library's threshold")
	}
	if Write([]byte("a\n\n")); said() != "a\r\n\r\n" {
		t.Error("not as it is")
	}
}

// TestLastTakesNoLock: the machine's last line comes out whoever holds the console.
func TestLastTakesNoLock(t *testing.T) {
	enter(t)
	e := Line(Boot, Error).Str("half")
	Last().Str("the end").End()
	if got := said(); got != "yolk: halfthe end\r\n" {
		t.Errorf("%q", got)
	}
	e.End()
}

// receive makes the port have bytes.
func receive(text string) {
	ready := make([]uint32, len(text)+1)
	for i := range ready {
		ready[i] = 0x61
	}
	amd64test.Script(machinetest.LineStatus, ready...)
	for _, c := range []byte(text) {
		amd64test.Script(machinetest.Serial, uint32(c))
	}
}

// TestInput: nobody is interrupted for what nobody reads.
func TestInput(t *testing.T) {
	enter(t)
	receive("ab")
	if broken, input := ServeInput(); broken || input {
		t.Errorf("broken %v, input %v, and nobody reads", broken, input)
	}
	p := make([]byte, 1)
	if n := ReadInput(p); n != 1 || p[0] != 'a' {
		t.Errorf("%d bytes, %q", n, p)
	}
	if broken, input := ServeInput(); broken || !input {
		t.Errorf("broken %v, input %v, with a byte left", broken, input)
	}
	if n := ReadInput(make([]byte, 8)); n != 1 {
		t.Errorf("%d bytes", n)
	}
	if _, input := ServeInput(); input {
		t.Error("input that was read")
	}
	amd64test.Script(machinetest.LineStatus, 0x71, 0x71) // a break, with the NUL that comes of it
	if broken, _ := ServeInput(); !broken {
		t.Error("no break")
	}
	if broken, _ := ServeInput(); broken {
		t.Error("a second break")
	}
}

// TestNoConsole: a machine without one says nothing and reads nothing.
func TestNoConsole(t *testing.T) {
	enter(t)
	console := machine.This.Console
	defer func() { machine.This.Console = console }()
	machine.This.Console = func() *uart.Port { return nil }
	Line(Boot, Error).Str("lost").End()
	broken, input := ServeInput()
	if n := ReadInput(make([]byte, 1)); n != 0 || broken || input || said() != "" {
		t.Errorf("%d bytes, broken %v, input %v", n, broken, input)
	}
}

// TestAssert: what does not hold is said, with its place, and breaks the kernel.
func TestAssert(t *testing.T) {
	enter(t)
	Assert(true)
	AssertAt(true, "a.go:1: x")
	for want, f := range map[string]func(){
		"\r\nyolk: assertion failed: a.go:1: x\r\n": func() { AssertAt(false, "a.go:1: x") },
		"\r\nyolk: assertion failed: see ip\r\n":    func() { Assert(false) },
	} {
		broke := func() (broke bool) {
			defer func() { broke = recover() != nil }()
			f()
			return
		}()
		if got := said(); !broke || got != want {
			t.Errorf("%q, broke: %v; want %q", got, broke, want)
		}
	}
}
