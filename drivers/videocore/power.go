package videocore

import (
	"fmt"

	"yolk/kernel/chip/bcm2837"
)

// Bits of a power state (Firmware wiki, "Get power state").
const (
	powerOn      = 1 << 0
	powerMissing = 1 << 1 // in an answer: there is no such device
	powerWait    = 1 << 1 // in a request: answer when it is stable

	powerUSB = 3 // USB HCD
)

// USBPower reports whether the USB controller is powered.
func (f *Firmware) USBPower() (bool, error) {
	v, err := f.of("USB power", bcm2837.TagPowerState, powerUSB)
	return v&powerOn != 0, err
}

// SetUSBPower powers the USB controller, or not, and returns when that is
// stable. Its registers may only be touched while it is powered.
func (f *Firmware) SetUSBPower(on bool) error {
	v := [2]uint32{powerUSB, powerWait}
	if on {
		v[1] |= powerOn
	}
	if err := f.property("USB power", bcm2837.TagSetPowerState, v[:]); err != nil {
		return err
	}
	if v[0] != powerUSB || v[1]&powerMissing != 0 || v[1]&powerOn != 0 != on {
		return fmt.Errorf("USB power: %w: state %#x of device %d", ErrRefused, v[1], v[0])
	}
	return nil
}

// The ACT LED of the 3B hangs on a port expander that only VideoCore reaches,
// and is lit by a high level (Linux device tree bcm2837-rpi-3-b: expgpio 2; the
// firmware counts the expander's pins from 128). It is not on a pin of the chip,
// as on other boards (16 on the first ones, 47 up to the 2B, 29 on the 3B+).
const pinACT = 128 + 2

// SetLED lights the ACT LED, or puts it out.
func (f *Firmware) SetLED(on bool) error {
	v := [2]uint32{pinACT}
	if on {
		v[1] = 1
	}
	// The firmware answers with the pin's number replaced by a status, 0.
	if err := f.property("ACT LED", bcm2837.TagSetGPIOState, v[:]); err != nil {
		return err
	}
	if v[0] != 0 {
		return fmt.Errorf("ACT LED: %w: status %#x", ErrRefused, v[0])
	}
	return nil
}
