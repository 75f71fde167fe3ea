package engine

import (
	"fmt"
	"path/filepath"
	"strings"

	"yolk/boot/output"
	"yolk/boot/qemu"
)

// Proxmox returns a machine as /etc/pve/qemu-server/VMID.conf has it, but for its disk,
// which `qm disk import VMID disk.qcow2 STORAGE` adds (Proxmox VE, "Qemu/KVM Virtual
// Machines", section "Configuration").
func (m *Machine) Proxmox() (string, error) {
	if m.Machine.Arch != "amd64" {
		return "", fmt.Errorf("%w: proxmox runs on x86-64", ErrArch)
	}
	if err := m.onlyUser("proxmox"); err != nil {
		return "", err
	}
	lines := []string{
		"name: " + strings.ReplaceAll(m.Name, "_", "-"), // a name of the DNS
		"machine: q35",
		"ostype: other",
		"bios: seabios",
		fmt.Sprintf("memory: %d", m.Machine.Memory>>20),
		"balloon: 0",
		fmt.Sprintf("cores: %d", m.Machine.CPUs),
		"cpu: host",
		"rng0: source=/dev/urandom",
		"serial0: socket",
		"vga: serial0",
		"boot: order=virtio0",
	}
	if m.Machine.Net.Kind == qemu.NetUser {
		lines = append(lines, "net0: virtio,bridge=vmbr0")
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// WriteProxmox writes disk.qcow2 and NAME.conf into folder.
func (m *Machine) WriteProxmox(folder string) error {
	text, err := m.Proxmox()
	if err != nil {
		return err
	}
	if err := m.WriteQcow2(folder); err != nil {
		return err
	}
	place, err := output.Place(filepath.Join(folder, m.Name+".conf"))
	if err != nil {
		return err
	}
	return output.Write(place, []byte(text))
}
