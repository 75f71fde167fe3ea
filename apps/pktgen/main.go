// Pktgen sends UDP packets as fast as it can, or counts those that arrive: the
// packet generator of Unikraft's tutorial on high performance, on yolk/netdev.
// README.md goes through it step by step.
//
//	main.go, options.go   what is asked for
//	device.go             a network device, from found to running
//	flows.go, payload.go  the frames
//	source.go             where frames to send come from: one of
//	  generate.go           each built from nothing
//	  copy.go               each copied from a template
//	  reuse.go              buffers that still hold theirs
//	  zerocopy.go           the same few, by reference count
//	send.go, receive.go   the loops
//	queues.go             several of them
//	meter.go              how fast
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "pktgen:", err)
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "pktgen:", err)
		os.Exit(1)
	}
}

func run(o *options) (err error) {
	if err := o.watch.Open(); err != nil {
		return err
	}
	if o.receive {
		err = receive(o)
	} else {
		err = send(o)
	}
	return errors.Join(err, o.watch.Close())
}
