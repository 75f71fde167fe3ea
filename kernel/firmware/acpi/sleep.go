package acpi

// Bits of PM1 control (ACPI 6.5, table 4.16).
const (
	cntTypeShift = 10 // SLP_TYP
	cntTypeMask  = 7
	cntEnable    = 1 << 13 // SLP_EN
)

// Encodings of AML (20.2.3 to 20.2.5).
const (
	amlZero    = 0x00
	amlOne     = 0x01
	amlByte    = 0x0a // and the byte
	amlWord    = 0x0b // and two bytes, little-endian
	amlPackage = 0x12 // its length in 1 + (lead byte >> 6) bytes, the number of elements, these
)

// SoftOff returns which word written to which port switches the machine off: sleep
// state S5 (7.4.2.5, 16.1.6). The type of that state is in the DSDT's byte code, as
// Name (_S5_, Package {type of PM1a, ...}), which is looked for and not interpreted.
// ok is false on a machine without fixed hardware.
func (t *Tables) SoftOff() (port, word uint16, ok bool) {
	f, code := t.FADT()
	if code != OK {
		return 0, 0, false
	}
	control := le(f.b, fadtControl, 4)
	dsdt, code := t.dsdt(f)
	if code != OK || control == 0 || control > 1<<16-2 || le(f.b, fadtFlags, 4)&flagReduced != 0 {
		return 0, 0, false
	}
	const name = "_S5_" + string(rune(amlPackage))
	for i := headerSize; i+len(name) < len(dsdt); i++ {
		if string(dsdt[i:i+len(name)]) == name {
			kind, ok := sleepType(dsdt[i+len(name):])
			return uint16(control), uint16(kind&cntTypeMask)<<cntTypeShift | cntEnable, ok
		}
	}
	return 0, 0, false
}

// sleepType returns the first element of a package, whose length b begins with.
func sleepType(b []byte) (kind uint8, ok bool) {
	at := 1 + int(b[0]>>6) + 1
	if at+1 >= len(b) {
		return 0, false
	}
	switch b[at] {
	case amlZero, amlOne:
		return b[at], true
	case amlByte:
		return b[at+1], true
	}
	return 0, false
}
