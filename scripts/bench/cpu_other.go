//go:build !linux

package main

import (
	"errors"
	"time"
)

// processorTime is known to be asked for on Linux only.
func processorTime(int) (time.Duration, error) {
	return 0, errors.New("processor time is measured on Linux hosts only")
}
