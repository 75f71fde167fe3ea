package acpi

import "testing"

// TestSoftOff: QEMU's q35, and packages of each form, whole or not.
func TestSoftOff(t *testing.T) {
	q35, microvm := tables(t, load(t, "q35-cpu1")), tables(t, load(t, "microvm-cpu1"))
	if port, word, ok := q35.SoftOff(); !ok || port != 0x604 || word != cntEnable {
		t.Errorf("q35: %#x to %#x, %v", word, port, ok)
	}
	if port, word, ok := microvm.SoftOff(); ok {
		t.Errorf("microvm: %#x to %#x", word, port)
	}
	for code, want := range map[string]int{
		"\x06\x04\x0a\x05\x0a\x05\x00\x00":     5,
		"\x46\x00\x04\x0a\x07\x0a\x07\x00\x00": 7, // the length in two bytes
		"\x06\x04\x00\x00\x00\x00":             0,
		"\x06\x04\x01\x01\x00\x00":             1,
		"\x06\x04\x0b\x05\x00\x00":             -1, // a word
		"\x06\x04\x0a":                         -1,
		"\xc6":                                 -1,
	} {
		if kind, ok := sleepType([]byte(code)); ok != (want >= 0) || ok && int(kind) != want {
			t.Errorf("%q: %d %v, want %d", code, kind, ok, want)
		}
	}
}
