// Package netfunc is what network functions, the programs on yolk/netdev, share: a loop
// that answers packets, flags to look at them, and processors of their own. It may import
// netdev and nothing else of Yolk.
package netfunc

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"yolk/netdev"
	"yolk/netdev/wrap"
)

// A Watch looks at what devices send and receive, as the flags -capture and -trace
// say. The zero Watch does not look.
type Watch struct {
	file   string // -capture
	trace  bool
	to     io.WriteCloser
	record *wrap.Capture
}

// Flags defines the flags.
func (w *Watch) Flags(f *flag.FlagSet) {
	f.StringVar(&w.file, "capture", "", "write the packets to `FILE` as well, for tcpdump; /dev/hvc0 leads out of a machine started with yolk run -side")
	f.BoolVar(&w.trace, "trace", false, "print a line for each packet")
}

// Open starts the capture, if there is to be one.
func (w *Watch) Open() (err error) {
	if w.file == "" {
		return nil
	}
	if w.to, err = create(w.file); err != nil {
		return fmt.Errorf("-capture: %w; for /dev/hvc0 the machine needs yolk run -side FILE", err)
	}
	if w.record, err = wrap.NewCapture(w.to); err != nil {
		w.to.Close()
		return fmt.Errorf("-capture: %w", err)
	}
	return nil
}

// Wrap has what goes through an unprobed device watched.
func (w *Watch) Wrap(dev *netdev.Device) error {
	if w.trace {
		print := func(format string, args ...any) { fmt.Printf("%s: %s\n", dev.Name(), fmt.Sprintf(format, args...)) }
		if err := dev.Wrap(wrap.Trace(print)); err != nil {
			return err
		}
	}
	if w.record == nil {
		return nil
	}
	return dev.Wrap(w.record.Wrap)
}

// Close ends the capture. The error says why the file is not complete.
func (w *Watch) Close() error {
	if w.record == nil {
		return nil
	}
	if err := errors.Join(w.record.Err(), w.to.Close()); err != nil {
		return fmt.Errorf("-capture: the file is not complete: %w", err)
	}
	return nil
}
