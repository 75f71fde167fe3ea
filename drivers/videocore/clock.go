package videocore

import (
	"fmt"

	"yolk/kernel/chip/bcm2837"
)

// ClockRate returns a clock's rate in Hz.
func (f *Firmware) ClockRate(c bcm2837.Clock) (uint32, error) {
	return f.of("clock rate", bcm2837.TagClockRate, uint32(c))
}

// MaxClockRate returns the highest rate that the firmware allows, in Hz.
func (f *Firmware) MaxClockRate(c bcm2837.Clock) (uint32, error) {
	return f.of("highest clock rate", bcm2837.TagMaxClockRate, uint32(c))
}

// SetClockRate asks for a rate in Hz and returns the one it got, rounded and
// limited by the firmware. It leaves voltages that follow from the rate to the
// firmware (no "turbo" setting is skipped).
func (f *Firmware) SetClockRate(c bcm2837.Clock, hz uint32) (uint32, error) {
	const keepTurbo = 0
	v := [3]uint32{uint32(c), hz, keepTurbo}
	// The answer is two words, clock and rate, in a buffer for the request's three.
	if err := f.exchange("clock rate", bcm2837.TagSetClockRate, v[:], 8); err != nil {
		return 0, err
	}
	if v[0] != uint32(c) || v[1] == 0 {
		return 0, fmt.Errorf("clock rate: %w: clock %d at %d Hz", ErrRefused, v[0], v[1])
	}
	return v[1], nil
}

// MaxARMClock sets the ARM cores to the highest rate that the firmware allows
// and returns it. The firmware starts them at a lower one and leaves the choice
// to the operating system.
func (f *Firmware) MaxARMClock() (uint32, error) {
	hz, err := f.MaxClockRate(bcm2837.ClockARM)
	if err != nil {
		return 0, err
	}
	return f.SetClockRate(bcm2837.ClockARM, hz)
}

// Temperature returns the chip's temperature in thousandths of a degree Celsius.
func (f *Firmware) Temperature() (uint32, error) {
	return f.of("temperature", bcm2837.TagTemperature, 0)
}

// MaxTemperature returns the temperature above which the firmware lowers the
// clocks, in thousandths of a degree Celsius.
func (f *Firmware) MaxTemperature() (uint32, error) {
	return f.of("highest temperature", bcm2837.TagMaxTemperature, 0)
}
