// Package tree is a flattened device tree of the Raspberry Pi 3B, for a kernel
// that gets none from the firmware, and for the emulator's -dtb option.
//
// It imports nothing and is in the image's read-only data: usable before
// anything else.
package tree

import _ "embed" // for go:embed

// Blob is rpi3.dts, compiled. Its memory node has size 0.
//
//go:embed rpi3.dtb
var Blob string
