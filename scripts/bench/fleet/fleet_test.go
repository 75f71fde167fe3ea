package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
)

// fixed is a report of three systems.
func fixed() *Report {
	return &Report{Systems: []*System{
		{Name: "the emulator alone", Alone: Start{First: 60}},
		{Name: "Yolk from a snapshot", Memory: 16 << 20, Alone: Start{First: 90, CPU: 80, Second: 5}, Together: Together{Machines: 100, Rate: 20, PSS: 20e6}},
		{Name: "Linux guest, q35", Memory: 128 << 20, Alone: Start{First: 3000}, Together: Together{Machines: 8, Rate: 0.5, PSS: 120e6}},
	}}
}

// TestDraw: the picture is well-formed and has each system's bars, and what was published.
func TestDraw(t *testing.T) {
	picture := fixed().draw()
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"the emulator alone", "Yolk from a snapshot, 100 of 16 MB", "Linux guest, q35, 8 of 128 MB", "LightVM restores"} {
		if !bytes.Contains(picture, []byte(want)) {
			t.Errorf("no %q in\n%s", want, picture)
		}
	}
}

func TestMedian(t *testing.T) {
	first := func(s Start) float64 { return s.First }
	if got := median([]Start{{First: 9}, {First: 1}, {First: 5}}, first); got != 5 {
		t.Error(got)
	}
	if got := median(nil, first); got != 0 {
		t.Error(got)
	}
}

// TestPrint: the table has what a clone costs after the floor, and what was published.
func TestPrint(t *testing.T) {
	var table strings.Builder
	fixed().print(&table)
	for _, want := range []string{"after the emulator", "90 ms         30 ms", "LightVM, published", "restores in 20 ms"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}
}

// TestPSS: a process has memory.
func TestPSS(t *testing.T) {
	if pss, err := pssOf(os.Getpid()); err != nil || pss < 1<<20 {
		t.Errorf("%v bytes, %v", pss, err)
	}
	if _, err := pssOf(1 << 30); err == nil {
		t.Error("a process that there is not has memory")
	}
}
