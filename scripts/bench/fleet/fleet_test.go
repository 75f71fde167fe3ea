package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"testing"
)

// TestDraw: the picture is well-formed and has each system's bars, and what was published.
func TestDraw(t *testing.T) {
	r := Report{Systems: []*System{
		{Name: "the emulator alone", First: 60, quiet: true},
		{Name: "Yolk from a snapshot", Memory: 16 << 20, First: 90, Machines: 100, Rate: 20, PSS: 20e6},
		{Name: "Linux guest, q35", Memory: 128 << 20, First: 3000, Machines: 8, Rate: 0.5, PSS: 120e6},
	}}
	picture := r.draw()
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
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Error(got)
	}
	if got := median(nil); got != 0 {
		t.Error(got)
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
