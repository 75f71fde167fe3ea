// Package engine describes images to what runs virtual machines elsewhere: an OCI image
// for registries, which KubeVirt boots, and a domain for libvirt.
//
// It imports nothing of Yolk but boot/qemu, for what a machine is.
package engine

import (
	"errors"
	"fmt"

	"yolk/boot/qemu"
)

// A Machine is an image and how it shall run.
type Machine struct {
	Name    string
	Image   string      // the file
	Machine qemu.Config // Append is the kernel's command line
}

// ErrNetwork says that an engine cannot connect a card as the flags ask.
var ErrNetwork = errors.New("cannot be had there")

// networkError names the network.
func networkError(n qemu.Net, engine string) error {
	return fmt.Errorf("-net %s %w: %s has user and tap:INTERFACE", n.Kind, ErrNetwork, engine)
}
