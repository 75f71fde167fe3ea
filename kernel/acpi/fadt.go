package acpi

// Fields of the FADT in bytes from its start, ACPI 6.5, table 5.9.
const (
	fadtDSDT      = 40
	fadtPM1a      = 64
	fadtPM1b      = 68
	fadtFlags     = 112
	fadtReset     = 116
	fadtValue     = 128
	fadtXDSDT     = 140
	fadtXPM1a     = 172
	fadtXPM1b     = 184
	fadtSleepCtrl = 244

	flagReset   = 1 << 10 // RESET_REG_SUP
	flagReduced = 1 << 20 // HW_REDUCED_ACPI
)

// A Register is a generic address (5.2.3.2) of system I/O or system memory. One
// that is not there is at 0.
type Register struct {
	Addr   uint64
	Memory bool // physical memory, not a port
}

// A FADT has the registers by which a machine ends.
type FADT struct {
	Reset      Register // writing ResetValue to it, one byte, resets the machine
	ResetValue uint8

	// PM1A and PM1B are the control registers, 16 bits each: to power off, keep
	// their other bits and write the sleep type to 12:10 and 1 to 13 (4.8.3.2).
	// Where Reduced is set there is Sleep instead, 8 bits: sleep type in 4:2, 1 in
	// bit 5 (4.8.3.7).
	PM1A, PM1B, Sleep Register
	Reduced           bool

	dsdt uint64
}

// FADT returns the machine's FADT. Fields that its revision does not have are
// absent.
func (t *Tables) FADT() (FADT, Code) {
	b, code := t.Table("FACP")
	switch {
	case code != OK:
		return FADT{}, code
	case len(b) < fadtReset: // ACPI 1.0 ends here
		return FADT{}, ErrLength
	}
	f := FADT{dsdt: le(b, fadtDSDT, 4)}
	flags := le(b, fadtFlags, 4)
	f.Reduced = flags&flagReduced != 0
	if len(b) > fadtValue && flags&flagReset != 0 {
		f.Reset, f.ResetValue = register(b, fadtReset), b[fadtValue]
	}
	if len(b) >= fadtXDSDT+8 && le(b, fadtXDSDT, 8) != 0 {
		f.dsdt = le(b, fadtXDSDT, 8)
	}
	if f.Reduced {
		f.Sleep = register(b, fadtSleepCtrl)
		return f, OK
	}
	f.PM1A, f.PM1B = register(b, fadtXPM1a), register(b, fadtXPM1b)
	if f.PM1A.Addr == 0 {
		f.PM1A.Addr = le(b, fadtPM1a, 4)
	}
	if f.PM1B.Addr == 0 {
		f.PM1B.Addr = le(b, fadtPM1b, 4)
	}
	return f, OK
}

// register reads a generic address; it is absent beyond the table's end and in
// spaces other than memory and I/O.
func register(b []byte, off int) Register {
	if off+12 > len(b) || b[off] > 1 {
		return Register{}
	}
	r := Register{Addr: le(b, off+4, 8), Memory: b[off] == 0}
	if r.Addr == 0 || (!r.Memory && r.Addr > 0xffff) {
		return Register{}
	}
	return r
}

// SoftOff returns the sleep types of power-off for PM1A and PM1B (Sleep takes
// the first): the package \_S5 of the DSDT (7.4.2). It is looked for byte by
// byte, since firmware writes it as constants; where it does not, it is absent.
func (t *Tables) SoftOff(f FADT) (a, b uint8, code Code) {
	dsdt, code := t.at(f.dsdt, "DSDT", maxTable)
	if code != OK {
		return 0, 0, code
	}
	for i := headerSize; i+6 <= len(dsdt); i++ {
		if string(dsdt[i:i+4]) != "_S5_" || !isName(dsdt[:i]) {
			continue
		}
		if a, b, ok := sleepTypes(dsdt[i+4:]); ok {
			return a, b, OK
		}
	}
	return 0, 0, ErrAbsent
}

// isName reports whether what ends here introduces a name: NameOp, and perhaps
// the root's backslash.
func isName(before []byte) bool {
	if n := len(before); before[n-1] == '\\' {
		before = before[:n-1]
	}
	return before[len(before)-1] == 0x08
}

// sleepTypes reads the first two numbers of a package: PackageOp, its length in
// one to four bytes, the number of elements, the elements (20.2.4, 20.2.5.4).
func sleepTypes(p []byte) (a, b uint8, ok bool) {
	if len(p) < 2 || p[0] != 0x12 {
		return 0, 0, false
	}
	skip := 2 + int(p[1]>>6)
	if len(p) < skip+1 || p[skip] < 2 {
		return 0, 0, false
	}
	p = p[skip+1:]
	a, n, ok1 := number(p)
	b, _, ok2 := number(p[n:])
	return a, b, ok1 && ok2 && a < 8 && b < 8
}

// number reads ZeroOp, OneOp or BytePrefix and a byte, and how long it is.
func number(p []byte) (v uint8, n int, ok bool) {
	switch {
	case len(p) >= 1 && p[0] <= 1:
		return p[0], 1, true
	case len(p) >= 2 && p[0] == 0x0a:
		return p[1], 2, true
	}
	return 0, 0, false
}
