package bcm2837

// A Tag names a property of the firmware (Firmware wiki, "Mailbox property
// interface"; raspberrypi,firmware in the Linux device tree bindings for the
// GPIO expander).
type Tag uint32

const (
	TagFirmwareRevision Tag = 0x00000001
	TagBoardRevision    Tag = 0x00010002
	TagMAC              Tag = 0x00010003
	TagSerial           Tag = 0x00010004
	TagARMMemory        Tag = 0x00010005
	TagVCMemory         Tag = 0x00010006
	TagPowerState       Tag = 0x00020001
	TagSetPowerState    Tag = 0x00028001
	TagClockRate        Tag = 0x00030002
	TagMaxClockRate     Tag = 0x00030004
	TagTemperature      Tag = 0x00030006
	TagMaxTemperature   Tag = 0x0003000a
	TagSetClockRate     Tag = 0x00038002
	TagSetGPIOState     Tag = 0x00038041
)

// A Clock is one of the clocks that the firmware manages.
type Clock uint32

const (
	ClockUART Clock = 2 // the PL011's
	ClockARM  Clock = 3
	ClockCore Clock = 4 // VideoCore's, and the mini UART's
)

// ClockRate returns a clock's rate in Hz. A rate of 0 is reported as ErrUnknown:
// the firmware gives it for a clock that does not exist.
func (m *Mailbox) ClockRate(c Clock) (hz uint32, code Code) {
	v := [2]uint32{uint32(c)}
	n, code := m.Property(TagClockRate, v[:])
	if code == OK && (n < 8 || v[0] != uint32(c) || v[1] == 0) {
		code = ErrUnknown
	}
	return v[1], code
}

// Memory returns the range of memory that belongs to the ARM cores (TagARMMemory)
// or VideoCore (TagVCMemory), in bytes. A range that is empty or not within the
// chip's first GiB, below the peripherals, is reported as ErrForged.
func (m *Mailbox) Memory(tag Tag) (base, size uint32, code Code) {
	var v [2]uint32
	n, code := m.Property(tag, v[:])
	if code == OK && (n < 8 || v[1] == 0 || uint64(v[0])+uint64(v[1]) > LocalBase) {
		return 0, 0, ErrForged
	}
	return v[0], v[1], code
}
