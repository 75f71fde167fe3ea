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
	"yolk/kernel/cmdline"
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

// hostInfo is what the figures depend on besides Yolk.
type hostInfo struct {
	root, cache string
	accel       qemu.Accel
	plat        build.Platform
}

// prepare finds out about the host and builds the images.
func (b *bench) prepare() (err error) {
	if b.host.root, err = build.Root(); err != nil {
		return err
	}
	if b.host.cache, err = build.Cache(); err != nil {
		return err
	}
	if b.host.plat, err = build.FindPlatform("kvm", "amd64"); err != nil {
		return err
	}
	for _, m := range b.machines {
		if _, err := b.host.plat.CheckMachine(m); err != nil {
			return err
		}
	}
	var why string
	b.host.accel, why = qemu.ThisHost().Choose("amd64")
	version, err := b.emulator()
	if err != nil {
		return err
	}
	b.report.Host = Host{
		Time: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), Go: runtime.Version(),
		Emulator: version, Accel: fmt.Sprintf("%s (%s)", b.host.accel, why), Commit: b.commit(),
		Load: loadAverages(),
	}
	b.images = map[string]*program{}
	for _, p := range programs() {
		if err := b.build(p); err != nil {
			return err
		}
	}
	return writeFloor(b.floor())
}

// emulator returns the emulator's own words for its version.
func (b *bench) emulator() (string, error) {
	out, err := exec.CommandContext(b.ctx, qemu.Config{Arch: "amd64"}.Program(), "--version").Output()
	if err != nil {
		return "", qemu.ErrMissing
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

// floor is where this session's floor image is.
func (b *bench) floor() string { return filepath.Join(b.work, "floor.bin") }

// commit names the state of the sources, as far as git knows.
func (b *bench) commit() string {
	out, err := exec.CommandContext(b.ctx, "git", "-C", b.host.root, "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// build makes the image of p.
func (b *bench) build(p *program) error {
	b.say("building %s", p.name)
	r, err := build.Build(b.ctx, build.Options{
		Target: filepath.Join(b.host.root, p.dir), Platform: b.host.plat,
		Output: filepath.Join(b.work, p.name+".yolk"),
	})
	if err != nil {
		return err
	}
	p.image = r.Image
	b.images[p.name] = p
	return nil
}

// machine describes the emulated machine on which image runs.
func (b *bench) machine(name, image string, options, args []string) qemu.Config {
	line, err := cmdline.Join(options, args)
	if err != nil {
		panic(err) // our own arguments have no NUL in them
	}
	return qemu.Config{
		Arch: "amd64", Machine: name, Accel: b.host.accel, Memory: b.memory, CPUs: 1,
		Kernel: image, Append: line, Status: os.DevNull, Net: qemu.Net{Kind: qemu.NetNone},
	}
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
	g.used, _ = processorTime(g.cmd.Process.Pid) // 0 where it is not known
	return g, nil
}
