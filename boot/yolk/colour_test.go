package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestColours: lines of the kernel and of a program's end have a colour, whatever the
// pieces that they come in, and nothing waits for the next piece.
func TestColours(t *testing.T) {
	const said = "hello\nyolk: net: up\n yolk: x\nyolk:\npanic: no\n\nfatal error: y\npanic"
	const want = "hello\nyolk: \x1b[33mnet: up\x1b[m\n yolk: x\nyolk:\npanic: \x1b[31mno\x1b[m\n\nfatal error: \x1b[31my\x1b[m\npanic"
	for _, n := range []int{1, 3, len(said)} {
		var b bytes.Buffer
		c := &colourer{w: &b}
		for rest := said; rest != ""; rest = rest[min(n, len(rest)):] {
			before := len(said) - len(rest) + n
			if k, err := c.Write([]byte(rest[:min(n, len(rest))])); err != nil || k != min(n, len(rest)) {
				t.Fatal(k, err)
			}
			shown := b.String()
			for _, sgr := range []string{plain, "\x1b[33m", "\x1b[31m"} {
				shown = strings.ReplaceAll(shown, sgr, "")
			}
			if shown != said[:min(before, len(said))] {
				t.Fatalf("in pieces of %d: %q after %d bytes", n, shown, before)
			}
		}
		if b.String() != want {
			t.Errorf("in pieces of %d: %q, want %q", n, b.String(), want)
		}
	}
	if f, err := os.CreateTemp(t.TempDir(), ""); err != nil || coloured(f, f) != f {
		t.Errorf("%v, a file has colours", err)
	}
}
