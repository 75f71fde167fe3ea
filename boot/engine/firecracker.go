package engine

import (
	"fmt"
	"path/filepath"

	"yolk/boot/qemu"
)

// Firecracker returns what `firecracker --no-api --config-file` takes: the image as its
// kernel, cards on taps, and its source of entropy.
func (m *Machine) Firecracker() (any, error) {
	image, err := filepath.Abs(m.Image)
	if err != nil {
		return nil, err
	}
	cards := []object{}
	for i, n := range append([]qemu.Net{m.Machine.Net}, m.Machine.More...) {
		switch n.Kind {
		case qemu.NetNone:
		case qemu.NetTap:
			cards = append(cards, object{"iface_id": fmt.Sprintf("eth%d", i), "host_dev_name": n.Iface})
		default:
			return nil, fmt.Errorf("-net %s %w: firecracker has tap:INTERFACE and none", n.Kind, ErrNetwork)
		}
	}
	return object{
		"boot-source":        object{"kernel_image_path": image, "boot_args": m.Machine.Append},
		"machine-config":     object{"vcpu_count": m.Machine.CPUs, "mem_size_mib": m.Machine.Memory >> 20},
		"drives":             []object{},
		"network-interfaces": cards,
		"entropy":            object{},
	}, nil
}

// WriteFirecracker writes NAME.json into folder.
func (m *Machine) WriteFirecracker(folder string) error {
	config, err := m.Firecracker()
	if err != nil {
		return err
	}
	return writeJSON(folder, m.Name+".json", config)
}
