package engine

import (
	"cmp"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"yolk/boot/output"
	"yolk/boot/qemu"
)

// KubeVirt returns a VirtualMachine (kubevirt.io/v1) that boots the kernel of the OCI
// image that m.Place names, with a power button, a serial console, and a source of
// entropy.
func (m *Machine) KubeVirt() (any, error) {
	if err := m.onlyUser("kubevirt"); err != nil {
		return nil, err
	}
	arch, machine := m.Machine.Arch, m.Machine.Machine
	if machine == "virt-gic3" {
		machine = "virt"
	}
	devices := object{"rng": object{}, "autoattachGraphicsDevice": false, "autoattachMemBalloon": false}
	spec := object{"terminationGracePeriodSeconds": 30, "architecture": arch}
	if m.Machine.Net.Kind == qemu.NetUser {
		devices["interfaces"] = []object{{"name": "default", "model": "virtio", "masquerade": object{}}}
		spec["networks"] = []object{{"name": "default", "pod": object{}}}
	}
	spec["domain"] = object{
		"machine": object{"type": machine},
		"cpu":     object{"cores": m.Machine.CPUs},
		"memory":  object{"guest": fmt.Sprintf("%dMi", m.Machine.Memory>>20)},
		"firmware": object{"kernelBoot": object{
			"kernelArgs": m.Machine.Append,
			"container":  object{"image": cmp.Or(m.Place, m.Name+":latest"), "kernelPath": "/" + KernelPath},
		}},
		"devices": devices,
	}
	return object{
		"apiVersion": "kubevirt.io/v1",
		"kind":       "VirtualMachine",
		"metadata":   object{"name": m.Name},
		"spec":       object{"runStrategy": "Always", "template": object{"spec": spec}},
	}, nil
}

// WriteKubeVirt writes the OCI image's layout and NAME.yaml into folder.
func (m *Machine) WriteKubeVirt(folder string) error {
	vm, err := m.KubeVirt()
	if err != nil {
		return err
	}
	if err := m.WriteOCI(folder); err != nil {
		return err
	}
	text, err := yaml.Marshal(vm)
	if err != nil {
		return err
	}
	place, err := output.Place(filepath.Join(folder, m.Name+".yaml"))
	if err != nil {
		return err
	}
	return output.Write(place, text)
}
