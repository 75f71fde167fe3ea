// Package capture is the flag -capture of programs on yolk/netdev: what a device
// sends and receives, in a pcap file.
package capture

import (
	"errors"
	"fmt"
	"os"

	"yolk/netdev"
	"yolk/netdev/wrap"
)

// Usage describes the flag.
const Usage = "write the packets to `FILE` as well, for tcpdump; /dev/hvc0 leads out of a machine started with yolk run -side"

// A File is an open capture. The nil one captures nothing.
type File struct {
	to     *os.File
	record *wrap.Capture
}

// Open starts a capture in the file called name; none for an empty name.
func Open(name string) (*File, error) {
	if name == "" {
		return nil, nil
	}
	to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("-capture: %w; for /dev/hvc0 the machine needs yolk run -side FILE", err)
	}
	record, err := wrap.NewCapture(to)
	if err != nil {
		to.Close()
		return nil, fmt.Errorf("-capture: %w", err)
	}
	return &File{to, record}, nil
}

// Wrap captures what goes through an unprobed device.
func (f *File) Wrap(dev *netdev.Device) error {
	if f == nil {
		return nil
	}
	return dev.Wrap(f.record.Wrap)
}

// Close ends the capture. The error says why the file is not complete.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	if err := errors.Join(f.record.Err(), f.to.Close()); err != nil {
		return fmt.Errorf("-capture: the file is not complete: %w", err)
	}
	return nil
}
