package engine

import (
	"fmt"
	"path/filepath"
)

// Nomad returns a job as Nomad's API and `nomad job run` take it in JSON, for its driver
// qemu, which boots the folder's disk.qcow2 and gives it a card if ports are led to it. The
// client must allow the folder (image_paths in the driver's configuration).
func (m *Machine) Nomad(folder string) (any, error) {
	if err := m.onlyUser("nomad"); err != nil {
		return nil, err
	}
	disk, err := filepath.Abs(filepath.Join(folder, "disk.qcow2"))
	if err != nil {
		return nil, err
	}
	config := object{
		"image_path":        disk,
		"drive_interface":   "virtio",
		"accelerator":       string(m.Machine.Accel),
		"graceful_shutdown": true,
		"args":              []string{"-device", "virtio-rng-pci", "-smp", fmt.Sprint(m.Machine.CPUs)},
	}
	group := object{"Name": m.Name, "Count": 1}
	ports, inside := []object{}, object{}
	for _, f := range m.Machine.Net.Forwards {
		label := fmt.Sprintf("port%d", f.Guest)
		ports = append(ports, object{"Label": label, "Value": f.Host})
		inside[label] = f.Guest
	}
	if len(ports) > 0 {
		group["Networks"] = []object{{"ReservedPorts": ports}}
		config["port_map"] = []object{inside}
	}
	group["Tasks"] = []object{{
		"Name":        m.Name,
		"Driver":      "qemu",
		"Config":      config,
		"Resources":   object{"CPU": 100 * m.Machine.CPUs, "MemoryMB": m.Machine.Memory >> 20},
		"KillTimeout": 30_000_000_000, // ns
	}}
	return object{"Job": object{"ID": m.Name, "Name": m.Name, "Type": "service", "Datacenters": []string{"*"}, "TaskGroups": []object{group}}}, nil
}

// WriteNomad writes disk.qcow2 and NAME.json into folder.
func (m *Machine) WriteNomad(folder string) error {
	if m.Machine.Arch != "amd64" {
		return fmt.Errorf("%w: nomad's driver starts machines of the host's kind without firmware", ErrArch)
	}
	job, err := m.Nomad(folder)
	if err != nil {
		return err
	}
	if err := m.WriteQcow2(folder); err != nil {
		return err
	}
	return writeJSON(folder, m.Name+".json", job)
}
