//go:build !linux

package flash

import (
	"context"
	"fmt"
	"os"
	"runtime"
)

// Inspect knows the disks of Linux only.
func Inspect(path string) (*Device, error) {
	return nil, fmt.Errorf("%s: %w: writing to a device is not supported on %s; make an image with -o, and write it with the Raspberry Pi Imager", path, ErrDevice, runtime.GOOS)
}

// Write is never reached, because Inspect refuses.
func (d *Device) Write(context.Context, *os.File, func(done, all int64)) error { return ErrDevice }
