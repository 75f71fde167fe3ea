package acpi

// Offsets in the FADT, ACPI 6.5, table 5.9.
const (
	fadtDSDT         = 40  // 4: DSDT
	fadtSCI          = 46  // 2 bytes
	fadtCommand      = 48  // 4: SMI_CMD
	fadtEnable       = 52  // 1: ACPI_ENABLE
	fadtEvent        = 56  // 4: PM1a_EVT_BLK
	fadtControl      = 64  // 4: PM1a_CNT_BLK
	fadtGPE          = 80  // 4: GPE0_BLK
	fadtEventLength  = 88  // 1: PM1_EVT_LEN
	fadtGPELength    = 92  // 1: GPE0_BLK_LEN
	fadtFlags        = 112 // 4
	fadtSize         = 116 // of ACPI 1.0, and the least
	fadtDSDT64       = 140 // 8: X_DSDT, of ACPI 2.0 and later
	fadtSleepControl = 244 // 12: a Generic Address Structure, of ACPI 5.0 and later
	fadtSize5        = 268
)

const (
	flagButton  = 1 << 4  // the power button is a device of the DSDT
	flagReduced = 1 << 20 // the machine has none of the fixed hardware
)

// A FADT says, of what it can say, where the fixed hardware is (5.2.9).
type FADT struct{ b []byte }

// FADT returns the machine's FADT.
func (t *Tables) FADT() (FADT, Code) {
	b, code := t.Table("FACP")
	switch {
	case code != OK:
		return FADT{}, code
	case len(b) < fadtSize:
		return FADT{}, ErrLength
	}
	return FADT{b}, OK
}

// dsdt returns the table of byte code that f names (5.2.11.1).
func (t *Tables) dsdt(f FADT) ([]byte, Code) {
	addr := le(f.b, fadtDSDT, 4)
	if len(f.b) >= fadtDSDT64+8 && le(f.b, fadtDSDT64, 8) != 0 {
		addr = le(f.b, fadtDSDT64, 8)
	}
	return t.at(addr, "DSDT", maxTable)
}

// A PowerButton is where the power button of the fixed hardware is: ports, and the
// interrupt that they signal by.
type PowerButton struct {
	SCI     int
	Event   uint16 // PM1a status register
	Enable  uint16 // PM1a enable register
	Control uint16 // PM1a control register
	Command uint16 // SMI_CMD; 0: the machine is always in ACPI mode
	ACPI    uint8  // the value that switches it on
}

// PowerButton returns the button of the fixed hardware; ok is false on a machine
// without one.
func (f *FADT) PowerButton() (b PowerButton, ok bool) {
	event, control, command := le(f.b, fadtEvent, 4), le(f.b, fadtControl, 4), le(f.b, fadtCommand, 4)
	length := uint64(f.b[fadtEventLength])
	if le(f.b, fadtFlags, 4)&(flagButton|flagReduced) != 0 || event == 0 || control == 0 || length < 4 ||
		event+length > 1<<16 || control > 1<<16-2 || command >= 1<<16 {
		return PowerButton{}, false
	}
	return PowerButton{
		SCI:   int(le(f.b, fadtSCI, 2)),
		Event: uint16(event), Enable: uint16(event + length/2), Control: uint16(control),
		Command: uint16(command), ACPI: f.b[fadtEnable],
	}, true
}

// GenericEvents returns the physical address of the register in which a QEMU machine
// without fixed hardware says what has happened. Its place is known to the DSDT's
// byte code alone, but lies at a fixed distance from the sleep control register. ok
// is false on any other machine.
func (f *FADT) GenericEvents() (addr uint64, ok bool) {
	const memory, distance = 0, 0x200 // QEMU include/hw/i386/microvm.h: GED_MMIO_BASE, GED_MMIO_BASE_REGS
	if len(f.b) < fadtSize5 || string(f.b[10:16]) != "BOCHS " || le(f.b, fadtFlags, 4)&flagReduced == 0 ||
		f.b[fadtSleepControl] != memory {
		return 0, false
	}
	sleep := le(f.b, fadtSleepControl+4, 8)
	if sleep < distance || sleep%4096 != distance || sleep >= 1<<32 {
		return 0, false
	}
	return sleep - distance, true
}
