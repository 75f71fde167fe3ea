package engine

import (
	"path/filepath"
	"strings"

	"libvirt.org/go/libvirtxml"

	"yolk/boot/output"
	"yolk/boot/qemu"
)

// Libvirt returns the domain, as `virsh define` takes it (libvirt, "Domain XML format").
// The machine is q35 or virt, with a power button for `virsh shutdown`, a serial
// console, and a source of entropy.
func (m *Machine) Libvirt() (string, error) {
	image, err := filepath.Abs(m.Image)
	if err != nil {
		return "", err
	}
	arch, cpu, kind := "x86_64", "maximum", "qemu"
	if m.Machine.Arch == "arm64" {
		arch = "aarch64"
	}
	if m.Machine.Accel == qemu.KVM {
		cpu, kind = "host-passthrough", "kvm"
	}
	machine, _, _ := strings.Cut(m.Machine.Machine, ",")
	features := &libvirtxml.DomainFeatureList{}
	switch machine {
	case "virt", "virt-gic3":
		// Without a UEFI there is no ACPI: the button is in the device tree.
		features.GIC = &libvirtxml.DomainFeatureGIC{Version: "3"}
		machine = "virt"
	default:
		features.ACPI = &libvirtxml.DomainFeature{}
	}
	cards, err := m.interfaces()
	if err != nil {
		return "", err
	}
	d := libvirtxml.Domain{
		Type:     kind,
		Name:     m.Name,
		Memory:   &libvirtxml.DomainMemory{Value: uint(m.Machine.Memory >> 10), Unit: "KiB"},
		VCPU:     &libvirtxml.DomainVCPU{Value: uint(m.Machine.CPUs)},
		OS:       &libvirtxml.DomainOS{Type: &libvirtxml.DomainOSType{Arch: arch, Machine: machine, Type: "hvm"}, Kernel: image, Cmdline: m.Machine.Append},
		CPU:      &libvirtxml.DomainCPU{Mode: cpu},
		Features: features,
		Devices: &libvirtxml.DomainDeviceList{
			Interfaces: cards,
			Serials:    []libvirtxml.DomainSerial{{Source: &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}}}},
			RNGs: []libvirtxml.DomainRNG{{Model: "virtio", Backend: &libvirtxml.DomainRNGBackend{
				Random: &libvirtxml.DomainRNGBackendRandom{Device: "/dev/urandom"}}}},
			MemBalloon: &libvirtxml.DomainMemBalloon{Model: "none"}, // there is no driver for one
		},
	}
	return d.Marshal()
}

// WriteLibvirt writes the domain into folder, as NAME.xml.
func (m *Machine) WriteLibvirt(folder string) error {
	text, err := m.Libvirt()
	if err != nil {
		return err
	}
	place, err := output.Place(filepath.Join(folder, m.Name+".xml"))
	if err != nil {
		return err
	}
	return output.Write(place, []byte(text+"\n"))
}

// interfaces are the network cards.
func (m *Machine) interfaces() (cards []libvirtxml.DomainInterface, err error) {
	for _, n := range append([]qemu.Net{m.Machine.Net}, m.Machine.More...) {
		card := libvirtxml.DomainInterface{Model: &libvirtxml.DomainInterfaceModel{Type: "virtio"}}
		switch n.Kind {
		case qemu.NetNone:
			continue
		case qemu.NetUser:
			card.Source = &libvirtxml.DomainInterfaceSource{User: &libvirtxml.DomainInterfaceSourceUser{}}
		case qemu.NetTap:
			card.Source = &libvirtxml.DomainInterfaceSource{Ethernet: &libvirtxml.DomainInterfaceSourceEthernet{}}
			card.Target = &libvirtxml.DomainInterfaceTarget{Dev: n.Iface, Managed: "no"}
		default:
			return nil, networkError(n, "libvirt")
		}
		cards = append(cards, card)
	}
	return cards, nil
}
