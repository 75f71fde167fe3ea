package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"yolk/boot/build"
	"yolk/boot/engine"
	"yolk/boot/output"
	"yolk/boot/qemu"
	"yolk/kernel/cmdline"
)

// packageFlags are those of yolk package.
type packageFlags struct {
	buildFlags
	machineFlags
	format, output string
	place          string
}

// A format is what packages can be.
type format struct {
	image imageKind
	write func(m *engine.Machine, folder string) error
}

// An imageKind is what becomes of the image.
type imageKind int

const (
	inside   imageKind = iota // a part of something else in the folder
	disk                      // so, and a UEFI application
	separate                  // a file in the folder
)

var formats = map[string]format{
	"oci":         {inside, (*engine.Machine).WriteOCI},
	"libvirt":     {separate, (*engine.Machine).WriteLibvirt},
	"raw":         {disk, (*engine.Machine).WriteRaw},
	"qcow2":       {disk, (*engine.Machine).WriteQcow2},
	"kubevirt":    {inside, (*engine.Machine).WriteKubeVirt},
	"nomad":       {disk, (*engine.Machine).WriteNomad},
	"proxmox":     {disk, (*engine.Machine).WriteProxmox},
	"firecracker": {separate, (*engine.Machine).WriteFirecracker},
}

func newPackage() *cobra.Command {
	var p packageFlags
	cmd := &cobra.Command{
		Use:   "package [flags] PACKAGE [-- ARGUMENTS]",
		Short: "describe a program's machine to an engine that runs it elsewhere",
		Long: `Package builds the package, and makes a folder of what an engine takes:

  oci      an OCI image layout, for registries; the kernel is in it as /image/kernel,
           which is what KubeVirt's kernelBoot wants
  libvirt  the image, and NAME.xml for virsh define: a q35 or virt with its cards, a
           console, a power button and a source of entropy
  raw      disk.raw, which UEFI firmware boots (OVMF, AAVMF), and on x86-64 a BIOS too;
           the machine must have a virtio-rng or a processor with random numbers
  qcow2    the same disk as disk.qcow2
  kubevirt the OCI image layout, and NAME.yaml, a VirtualMachine that boots what -image names
  nomad    disk.qcow2, and NAME.json, a job for the driver qemu, with the ports of -p
  proxmox  disk.qcow2, and NAME.conf for /etc/pve/qemu-server; import the disk as virtio0
  firecracker  the image, and NAME.json for --config-file; networks are -net tap:INTERFACE

The flags and yolk.yaml say what machine that is, and what follows "--" goes to the
program. Addresses come by DHCP unless -opt ip= gives them.`,
		Example: `  yolk package -format oci -o httpd.oci ./apps/httpd && skopeo copy oci:httpd.oci docker://registry/httpd
  yolk package -format libvirt -o httpd ./apps/httpd && virsh define httpd/httpd.xml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, guest := splitArgs(cmd, args)
			if err := settings(cmd.Flags(), args); err != nil {
				return err
			}
			return p.run(cmd, args, guest)
		},
	}
	p.buildFlags.add(cmd.Flags())
	p.machineFlags.add(cmd.Flags(), "128M")
	for _, f := range ofEmulator {
		cmd.Flags().Lookup(f).Hidden = true
	}
	cmd.Flags().StringVar(&p.format, "format", "", "what to make, `NAME`: "+strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	cmd.Flags().StringVar(&p.place, "image", "", "where the OCI image will be in a registry, `REFERENCE` (kubevirt; default NAME:latest)")
	cmd.Flags().StringVar(&p.output, "o", "", "write into `FOLDER`, which is made (default NAME.FORMAT)")
	return cmd
}

// ofEmulator are flags that are about the emulator on this computer.
var ofEmulator = []string{"p", "n", "side", "qemu", "volumes"}

func (p *packageFlags) run(cmd *cobra.Command, args, guest []string) error {
	format, ok := formats[p.format]
	if !ok {
		wrong := "-format is missing"
		if p.format != "" {
			wrong = "unknown -format " + p.format
		}
		return &exitError{exitUsage, fmt.Errorf("%s: there are %s", wrong, strings.Join(values["format"](nil), ", "))}
	}
	for _, f := range ofEmulator {
		if p.given(f) && !(f == "p" && p.format == "nomad") {
			return &exitError{exitUsage, fmt.Errorf("-%s is for the emulator on this computer", f)}
		}
	}
	p.machineFlags.side, p.machineFlags.qemu, p.machineFlags.volumes = "", nil, nil
	if p.format != "nomad" {
		p.forwards = nil
	}
	o, err := p.options(args)
	if err != nil {
		return err
	}
	if o.Platform.Process() || o.Platform.Memory != "" {
		return &exitError{exitUsage, fmt.Errorf("-plat %s is no virtual machine", o.Platform.Name)}
	}
	if p.machine == "" { // engines have no microvm
		p.machine = o.Platform.Machines[len(o.Platform.Machines)-1]
	}
	m := &engine.Machine{Place: p.place}
	if m.Machine, err = p.config(o.Platform, nil, guest); err != nil {
		return &exitError{exitUsage, err}
	}
	if m.Machine.Accel == "" {
		m.Machine.Accel, _ = qemu.ThisHost().Choose(o.Platform.Arch)
	}
	if format.image == disk {
		o.UEFI = func(program string) (string, error) { return p.commandLine(program, guest) }
	}
	r, err := p.buildImage(cmd.Context(), o)
	if err != nil {
		return err
	}
	m.Name = r.Name
	if m.Machine.Append, err = p.commandLine(m.Name, guest); err != nil {
		return &exitError{exitUsage, err}
	}
	return fail(p.write(format, m, r))
}

// commandLine is the kernel's, without what yolk run adds for QEMU's own network.
func (p *packageFlags) commandLine(program string, guest []string) (string, error) {
	options, err := p.kernelOptions([]string{"argv0=" + program})
	if err != nil {
		return "", err
	}
	return cmdline.Join(options, guest)
}

// write makes the folder, with a copy of the image.
func (p *packageFlags) write(format format, m *engine.Machine, r *build.Result) error {
	folder := cmp.Or(p.output, r.Name+"."+p.format)
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if left, err := os.ReadDir(folder); err != nil {
		return err
	} else if i := slices.IndexFunc(left, func(e os.DirEntry) bool { return !ours(e.Name(), r.Name) }); i >= 0 {
		return fmt.Errorf("%s holds %s, which is nothing that yolk package makes: name another folder", folder, left[i].Name())
	}
	m.Image = r.Image
	if format.image == separate {
		kernel, err := os.ReadFile(r.Image)
		if err != nil {
			return err
		}
		m.Image = filepath.Join(folder, r.Name+".yolk")
		if err := output.Write(m.Image, kernel); err != nil {
			return err
		}
	}
	if err := format.write(m, folder); err != nil {
		return err
	}
	if !p.quiet {
		fmt.Fprintf(stdout, "%s  %s\n", folder, p.format)
	}
	return nil
}

// ours reports whether a file in a package's folder is one that is made anew.
func ours(file, program string) bool {
	if name, ok := strings.CutPrefix(file, program); ok && slices.Contains([]string{".yolk", ".xml", ".yaml", ".json", ".conf"}, name) {
		return true
	}
	return slices.Contains([]string{"oci-layout", "index.json", "blobs", "disk.raw", "disk.qcow2"}, file)
}
