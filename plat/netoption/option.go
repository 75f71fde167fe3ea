//go:build yolk

// Package netoption has what the kernel's command line says about the network. It may
// import kernel and netdev.
package netoption

import (
	"errors"
	"fmt"
	"syscall"

	"yolk/kernel/boot"
	"yolk/kernel/shutdown"
	"yolk/netdev"
)

// Extra is addresses and names for the card that a network stack takes, and Number
// which card that is, counted from 0; negative for none.
var (
	Extra  netdev.Extra
	Number int
)

// init refuses to start, as the kernel does, when the command line has an option of
// the network that cannot be used.
func init() {
	var err error
	if Extra, Number, err = netdev.ParseOptions(option); err != nil {
		print("yolk: cannot start: " + err.Error() + "\n")
		syscall.Exit(shutdown.StatusRefused)
	}
}

func option(name string) string { return string(boot.Option(name)) }

// The errors of Card say what is missing and what to do about it.
var (
	errNone    = errors.New("the machine has no network device: add one (yolk run -net user), or sockets reach this machine only")
	errMissing = errors.New("which eth0= asks for, is not there")
)

// Card returns the registered card that a network stack takes: nil with eth0=none, which leaves all to the program. wrong is what is known of cards that
// cannot be used.
func Card(wrong error) (*netdev.Device, error) {
	if Number < 0 {
		return nil, nil
	}
	dev := netdev.Get(Number)
	switch {
	case dev != nil:
		return dev, nil
	case netdev.Count() > 0:
		return nil, fmt.Errorf("network device %d, %w: there are %d, from 0", Number, errMissing, netdev.Count())
	case wrong != nil:
		return nil, fmt.Errorf("no network device that works: %w", wrong)
	}
	return nil, errNone
}
