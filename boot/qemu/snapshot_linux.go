package qemu

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// newMemory makes the memory of a machine that can be saved.
func (c Config) newMemory() (*os.File, error) {
	fd, err := unix.MemfdCreate(memfd, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("the machine's memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), memfd)
	if err := file.Truncate(c.Memory); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
