package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/boot/vmm"
	"yolk/kernel/cmdline"
	"yolk/scripts/bench/journal"
)

// A program is one that is measured.
type program struct {
	name   string
	dir    string // below the module's root
	args   []string
	marker string // what it prints when it is up
	image  string // the built image
}

// programs returns what is measured. Each prints its marker first of all, or,
// a server, when it listens.
func programs() []*program {
	return []*program{
		{name: "helloworld", dir: "apps/helloworld", marker: "Hello"},
		{name: "httpd", dir: "apps/httpd", marker: "listening"},
		{name: "probe", dir: "scripts/bench/probe", marker: "probe: clock "},
	}
}

// A bed is a platform with what is measured on it.
type bed struct {
	plat     build.Platform
	accel    qemu.Accel
	machines []string
	images   map[string]*program
}

// prepare finds out about the host and builds the images.
func (b *bench) prepare() (err error) {
	if b.root, err = build.Root(); err != nil {
		return err
	}
	if err := b.makeBeds(); err != nil {
		return err
	}
	_, why := qemu.ThisHost().Choose(b.main().plat.Arch)
	version, err := b.emulator()
	if err != nil {
		return err
	}
	b.report.Host = Host{
		Time: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), Go: runtime.Version(),
		Emulator: version, Accel: fmt.Sprintf("%s (%s)", b.main().accel, why), Commit: journal.Sources(b.ctx, b.root),
		Load: loadAverages(),
	}
	for _, d := range b.beds {
		for _, p := range programs() {
			if err := b.build(d, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeBeds looks up the platforms of the machines that are to be measured. The
// first is always the x86-64 virtual machine: Linux runs beside it.
func (b *bench) makeBeds() error {
	main, err := build.FindPlatform("kvm", "amd64")
	if err != nil {
		return err
	}
	b.bedFor(main)
	for _, name := range b.machines {
		m, ok := build.FindMachine(func(m build.Machine) bool { return m.Machine == name })
		if !ok {
			return fmt.Errorf("no platform has a machine %q (see yolk list)", name)
		}
		d := b.bedFor(m.Platform)
		d.machines = append(d.machines, name)
	}
	return nil
}

// bedFor returns the bed of a platform, a new one for the first time.
func (b *bench) bedFor(p build.Platform) *bed {
	for _, d := range b.beds {
		if d.plat.Name == p.Name && d.plat.Arch == p.Arch {
			return d
		}
	}
	accel, _ := qemu.ThisHost().Choose(p.Arch)
	d := &bed{plat: p, accel: accel, images: map[string]*program{}}
	b.beds = append(b.beds, d)
	return d
}

// main is the bed that Linux is compared on.
func (b *bench) main() *bed { return b.beds[0] }

func (d *bed) name() string { return d.plat.Name + " " + d.plat.Arch }

// fixed is how much memory the platform's machines always have, in bytes, or 0.
func (d *bed) fixed() int64 {
	var gib int64
	fmt.Sscanf(d.plat.Memory, "%dG", &gib)
	return gib << 30
}

// emulator returns the emulator's own words for its version.
func (b *bench) emulator() (string, error) {
	out, err := exec.CommandContext(b.ctx, qemu.Config{Arch: "amd64"}.Program(), "--version").Output()
	if err != nil {
		return "", vmm.ErrMissing
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first, nil
}

// loadAverages tells how busy the host is, where it says so (proc(5)).
func loadAverages() string {
	text, err := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); err == nil && len(f) > 3 {
		return strings.Join(f[:3], " ")
	}
	return "unknown"
}

// build makes the image of p.
func (b *bench) build(d *bed, p *program) error {
	b.say("building %s for %s", p.name, d.name())
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.root, p.dir), Platform: d.plat,
		Output: filepath.Join(b.work, d.plat.Name+"-"+d.plat.Arch+"-"+p.name+".yolk"),
	})
	if err != nil {
		return err
	}
	p.image = r.Image
	d.images[p.name] = p
	return nil
}

// machine describes the emulated machine of d on which image runs.
func (b *bench) machine(d *bed, name, image string, options, args []string) qemu.Config {
	line, err := cmdline.Join(options, args)
	if err != nil {
		panic(err) // our own arguments have no NUL in them
	}
	c := qemu.Config{
		Arch: d.plat.Arch, Machine: name, Accel: d.accel, Memory: b.memory, CPUs: d.plat.CPUs[0],
		Kernel: image, Append: line, Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone},
	}
	if m := d.fixed(); m != 0 {
		c.Memory = m
	}
	if c.Tree, err = d.plat.DeviceTree(); err != nil {
		panic(err) // build.Root, which prepare has called
	}
	return c
}

// boot starts a machine and waits for marker.
func (b *bench) boot(c qemu.Config, marker string, limit time.Duration) (*guest, error) {
	g, err := launch(b.ctx, "", append([]string{c.Program()}, c.Args()...))
	if err != nil {
		return nil, err
	}
	if g.ready, err = g.await(marker, limit); err != nil {
		g.stop()
		return nil, err
	}
	g.used, _ = qemu.ProcessorTime(g.cmd.Process.Pid) // 0 where it is not known
	return g, nil
}
