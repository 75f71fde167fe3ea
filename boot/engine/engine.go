// Package engine describes images to what runs virtual machines elsewhere: an OCI image
// for registries, which KubeVirt boots, a domain for libvirt, disks that firmware boots, and
// what KubeVirt, Nomad, Proxmox and Firecracker are told. What was tested with each, and what
// not, is in its README.
//
// Of Yolk it imports the host's side of it only: what a machine is (boot/qemu), cards
// (boot/flash), images and files.
package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"yolk/boot/output"
	"yolk/boot/qemu"
)

// A Machine is an image and how it shall run.
type Machine struct {
	Name    string
	Image   string      // the file
	Place   string      // of the OCI image, in a registry; "" is NAME:latest
	Machine qemu.Config // Append is the kernel's command line
}

// Errors of what an engine does not do.
var (
	ErrNetwork = errors.New("cannot be had there")
	ErrArch    = errors.New("not for that architecture")
)

// object is one of JSON's.
type object = map[string]any

// onlyUser refuses networks but the engine's own one, and none.
func (m *Machine) onlyUser(engine string) error {
	if k := m.Machine.Net.Kind; k != qemu.NetUser && k != qemu.NetNone || len(m.Machine.More) > 0 {
		return fmt.Errorf("-net %s %w: %s has user, which is its own network, and none", k, ErrNetwork, engine)
	}
	return nil
}

// writeJSON writes a file for people to read.
func writeJSON(folder, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	place, err := output.Place(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	return output.Write(place, append(text, '\n'))
}

// networkError names the network.
func networkError(n qemu.Net, engine string) error {
	return fmt.Errorf("-net %s %w: %s has user and tap:INTERFACE", n.Kind, ErrNetwork, engine)
}
