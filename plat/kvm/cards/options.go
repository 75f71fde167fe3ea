//go:build yolk

package cards

import (
	"syscall"

	"yolk/kernel"
	"yolk/kernel/shutdown"
	"yolk/netdev"
)

// What the command line says about the network.
var (
	extra netdev.Extra
	eth0  int // the number of the card that a network stack takes, or negative
)

// init refuses to start, as the kernel does, when the command line has an option of
// the network that cannot be used.
func init() {
	var err error
	if extra, eth0, err = netdev.ParseOptions(option); err != nil {
		print("yolk: cannot start: " + err.Error() + "\n")
		syscall.Exit(shutdown.StatusRefused)
	}
}

func option(name string) string { return string(kernel.Option(name)) }
