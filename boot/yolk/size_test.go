package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSize: what yolk size says adds up to the image.
func TestSize(t *testing.T) {
	dir := program(t)
	out, complaint, status := yolk(t, "size", "-json", dir)
	var e explained
	if err := json.Unmarshal([]byte(out), &e); err != nil || status != 0 {
		t.Fatalf("%q, %q, %v, %d", out, complaint, err, status)
	}
	sum := e.Types
	for _, l := range e.Libraries {
		sum += l.Total()
	}
	if sum != e.Bytes || e.Types < 0 || e.Types > e.Bytes/4 || e.Libraries[0].Name != "Go runtime" {
		t.Errorf("%d of %d bytes: %+v", sum, e.Bytes, e)
	}
	out, _, _ = yolk(t, "size", "-q", dir)
	for _, s := range []string{"LIBRARY\n", "  Go runtime\n", "  the program\n", "nothing.yolk\n"} {
		if !strings.Contains(out, s) {
			t.Errorf("no %q in %s", s, out)
		}
	}
}
