//go:build !linux

package qemu

import "os"

// newMemory has no file without a name to offer here.
func (c Config) newMemory() (*os.File, error) { return nil, ErrNotSavable }
