//go:build !linux

package qemu

import (
	"errors"
	"time"
)

// ProcessorTime is known to be asked for on Linux only.
func ProcessorTime(int) (time.Duration, error) {
	return 0, errors.New("processor time is measured on Linux hosts only")
}
