package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"yolk/boot/build"
	"yolk/boot/image"
	"yolk/boot/qemu"
	"yolk/kernel/abi"
	"yolk/kernel/cmdline"
	"yolk/netdev"
)

// buildFlags are the flags that say what an image is made of.
type buildFlags struct {
	plat, arch, tags, ldflags string
	files                     []string
	untested, side            bool
	voice
}

func (b *buildFlags) add(f *pflag.FlagSet) {
	f.StringVar(&b.plat, "plat", "kvm", "platform `NAME`: kvm, rpi3, linuxu")
	f.StringVar(&b.arch, "arch", "", "architecture `NAME`: amd64, arm64")
	b.addParts(f)
}

// addParts adds the flags that go with any platform.
func (b *buildFlags) addParts(f *pflag.FlagSet) {
	b.voice.add(f)
	f.StringVar(&b.tags, "tags", "", "more build tags, a `LIST` separated by commas")
	f.StringVar(&b.ldflags, "ldflags", "", "more `FLAGS` for the linker, such as '-X main.version=1'")
	f.BoolVar(&b.untested, "untested-go", false, "try a Go release, or a version of gVisor, that Yolk was not tested with")
	f.StringArrayVar(&b.files, "files", nil, "pack a folder or file into the image, `SRC[:/DST]`: data is /data there, . is / (repeatable)")
}

// options resolves the flags for the package that args name.
func (b *buildFlags) options(args []string) (build.Options, error) {
	if err := b.check(); err != nil {
		return build.Options{}, err
	}
	p, err := build.FindPlatform(b.plat, b.arch)
	if err != nil {
		return build.Options{}, &exitError{exitUsage, err}
	}
	if strings.ContainsAny(b.tags, " \t") {
		return build.Options{}, &exitError{exitUsage, fmt.Errorf("-tags %q: tags are separated by commas", b.tags)}
	}
	if b.side && !p.Has(build.PartSide) {
		return build.Options{}, &exitError{exitUsage, fmt.Errorf("-side: platform %s has no virtio console", p.Name)}
	}
	o := build.Options{Platform: p, Tags: b.tags, LDFlags: b.ldflags, Untested: b.untested, Side: b.side}
	if o.Target, o.Sources, err = target(args); err != nil {
		return o, &exitError{exitUsage, err}
	}
	for _, s := range b.files {
		f, err := image.ParseFiles(s)
		if err != nil {
			return o, fail(err)
		}
		o.Files = append(o.Files, f)
	}
	return o, nil
}

// target is the package to work on: the current folder unless one is named, or the
// files of one.
func target(args []string) (pkg string, files []string, err error) {
	for _, a := range args {
		if strings.HasSuffix(a, ".go") {
			files = append(files, a)
		}
	}
	switch {
	case len(args) == 0:
		return ".", nil, nil
	case len(files) == len(args) && !isFolder(args[0]):
		return "", files, nil
	case len(args) > 1:
		return "", nil, errors.New("one package at a time: the program's arguments follow --")
	}
	return args[0], nil, nil
}

func isFolder(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}

// buildImage builds, and shows progress.
func (v *voice) buildImage(ctx context.Context, o build.Options) (*build.Result, error) {
	o.Progress = v.progress()
	r, err := build.Build(ctx, o)
	o.Progress.Stop()
	if err == nil {
		for _, line := range r.LeftOut {
			v.say("%s", line)
		}
	}
	return r, fail(err)
}

// kernelFlags are the flags for the kernel's command line.
type kernelFlags struct {
	log       string
	grace     time.Duration
	env, opts []string
}

// usualGrace is the kernel's, when it is not told.
const usualGrace = 10 * time.Second

func (k *kernelFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&k.env, "env", nil, "set a variable of the program's environment, `NAME=VALUE` (repeatable)")
	f.StringVar(&k.log, "log", "", "kernel log `LEVEL`: error, warn, info, debug")
	f.DurationVar(&k.grace, "grace", usualGrace, "`TIME` that the program may take to end after Ctrl-C, SIGTERM or the power button; 0 is no limit")
	f.StringArrayVar(&k.opts, "opt", nil, "another kernel option, `KEY=VALUE`, such as ip=10.0.2.15/24 (repeatable)")
}

// machineFlags are the flags that say on what an image runs.
type machineFlags struct {
	machine, memory     string
	accel, side         string
	cpus                int
	net, forwards, qemu []string
	print               bool
	given               func(flag string) bool
	kernelFlags
}

func (m *machineFlags) add(f *pflag.FlagSet, memory string) {
	m.given = givenFlag(f)
	f.StringVar(&m.machine, "machine", "", "emulated machine `NAME`: microvm, q35, virt, virt-gic3, raspi3b; QEMU's own options may follow a comma")
	f.StringVar(&m.memory, "memory", memory, "memory `SIZE`, such as 64M or 1G; a board has its own")
	f.IntVar(&m.cpus, "cpus", 1, "`NUMBER` of processors; a board has its own")
	f.StringArrayVar(&m.net, "net", nil, "network `KIND`: none, user (the default), tap:INTERFACE, socket:OPTIONS, hub:NUMBER; a card each (repeatable)")
	f.StringArrayVar(&m.forwards, "p", nil, "lead a port of this machine to the guest, `[ADDR:]HOST:GUEST[/udp]` (repeatable)")
	f.StringVar(&m.accel, "accel", "", "how instructions are executed, `kvm|tcg` (kvm where the processor virtualises)")
	f.StringVar(&m.side, "side", "", "a virtio console, /dev/hvc0 to the program, whose output goes to `FILE`, such as captured packets")
	m.kernelFlags.add(f)
	f.StringArrayVar(&m.qemu, "qemu", nil, "another `ARGUMENT` for the emulator (repeatable)")
	f.BoolVar(&m.print, "n", false, "print the emulator's command instead of running it")
}

// config makes the machine's configuration, but for the image. options come
// before the flags' own kernel options.
func (m *machineFlags) config(p build.Platform, options, args []string) (qemu.Config, error) {
	c := qemu.Config{Arch: p.Arch, Accel: qemu.Accel(m.accel), CPUs: m.cpus, Side: m.side, Grace: m.grace, Extra: m.qemu}
	var err error
	switch c.Accel {
	case "", qemu.KVM, qemu.TCG:
	default:
		return c, fmt.Errorf("-accel %s is neither kvm nor tcg", m.accel)
	}
	if c.Machine, err = p.CheckMachine(m.machine); err != nil {
		return c, err
	}
	if c.Memory, err = parseSize(m.memory); err != nil {
		return c, err
	}
	if c.CPUs < 1 || c.CPUs > abi.MaxCPUs {
		return c, fmt.Errorf("-cpus %d: a machine has 1 to %d", c.CPUs, abi.MaxCPUs)
	}
	if p.Memory != "" {
		if err := m.board(p, &c); err != nil {
			return c, err
		}
		options = append(options, timeOption())
	}
	if c.Tree, err = p.DeviceTree(); err != nil {
		return c, err
	}
	if err := m.cards(p, &c); err != nil {
		return c, err
	}
	for _, s := range m.forwards {
		f, err := qemu.ParseForward(s)
		if err != nil {
			return c, err
		}
		c.Net.Forwards = append(c.Net.Forwards, f)
	}
	if len(m.forwards) > 0 && c.Net.Kind != qemu.NetUser {
		return c, fmt.Errorf("-p works with -net user only, and the first network is %s", c.Net.Kind)
	}
	if c.Net.Kind == qemu.NetUser {
		options = append(options, qemu.UserNetOptions...)
	}
	options, err = m.kernelOptions(options)
	if err != nil {
		return c, err
	}
	if slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "restart=") }) {
		// The emulator ends where the machine would start again; on arm64 the
		// program's status would be lost with it.
		options = append(options, "restart=never")
	}
	c.Append, err = cmdline.Join(options, args)
	return c, err
}

// cards reads the networks that the machine's cards are on.
func (m *machineFlags) cards(p build.Platform, c *qemu.Config) error {
	networks := m.net
	if len(networks) > 1 && p.Memory != "" {
		return fmt.Errorf("-net %s: a %s has one network card", networks[1], c.Machine)
	}
	if len(networks) == 0 {
		networks = []string{string(qemu.NetUser)}
	}
	for i, s := range networks {
		n, err := qemu.ParseNet(s)
		if err != nil {
			return err
		}
		if i == 0 {
			c.Net = n
		} else {
			c.More = append(c.More, n)
		}
	}
	return nil
}

// board gives c what a board has, unless the flags ask for something else.
func (m *machineFlags) board(p build.Platform, c *qemu.Config) error {
	memory, err := parseSize(p.Memory)
	switch {
	case err != nil:
		return err
	case m.given("memory") && c.Memory != memory:
		return fmt.Errorf("-memory %s: a %s has %s of memory, always", m.memory, c.Machine, p.Memory)
	case m.given("cpus") && !slices.Contains(p.CPUs, c.CPUs):
		return fmt.Errorf("-cpus %d: a %s has %d processors, always", c.CPUs, c.Machine, p.CPUs[0])
	}
	c.Memory, c.CPUs = memory, p.CPUs[0]
	return nil
}

// knows reports whether a program's kernel has an option, and lists those it has. The
// kernel passes over others, because a board's firmware adds its own, so that a slip
// must be found here.
func knows(key string) (ok bool, list string) {
	var keys []string
	for _, k := range cmdline.Keys {
		keys = append(keys, k.Key)
	}
	return slices.Contains(keys, key), strings.Join(keys, ", ")
}

// timeOption tells a board, which has no clock that runs without power, the time:
// it starts from there. Certificates would else not be valid yet.
func timeOption() string { return fmt.Sprintf("time=%d", time.Now().Unix()) }

// kernelOptions adds the flags' options for the kernel's command line.
func (k *kernelFlags) kernelOptions(options []string) ([]string, error) {
	if k.log != "" {
		options = append(options, "log="+k.log)
	}
	switch {
	case k.grace < 0:
		return nil, fmt.Errorf("-grace %v is less than nothing", k.grace)
	case k.grace != usualGrace:
		options = append(options, fmt.Sprintf("grace=%d", (k.grace+time.Second-1)/time.Second))
	}
	for _, e := range k.env {
		if !strings.Contains(e, "=") {
			e += "=" + os.Getenv(e)
		}
		if strings.HasPrefix(e, "=") {
			return nil, fmt.Errorf("-env %s: the variable has no name", e)
		}
		options = append(options, "env="+e)
	}
	for _, o := range k.opts {
		key, _, ok := strings.Cut(o, "=")
		if !ok {
			return nil, fmt.Errorf("-opt %s is not KEY=VALUE", o)
		}
		if key == "grace" {
			return nil, fmt.Errorf("-opt %s: use -grace", o) // which the emulator's end goes by as well
		}
		if ok, list := knows(key); !ok {
			return nil, fmt.Errorf("-opt %s: the kernel has no option %s; it has %s", o, key, list)
		}
		options = append(options, o)
	}
	return options, checkOptions(options)
}

// checkOptions refuses what the kernel would, at boot, and by the same code.
func checkOptions(options []string) error {
	last := map[string]string{}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		last[key] = value
		if s := cmdline.Find(key); s != nil {
			if _, ok := s.Value([]byte(value)); !ok {
				return fmt.Errorf("%s: %s= takes %s", o, key, s.Takes())
			}
		}
	}
	_, _, err := netdev.ParseOptions(func(key string) string { return last[key] })
	return err
}

// parseSize reads a number of bytes; a bare number counts MiB, as in QEMU.
func parseSize(s string) (int64, error) {
	digits, shift := s, 20
	for i, unit := range []string{"K", "M", "G"} {
		if d, ok := strings.CutSuffix(strings.TrimSuffix(strings.ToUpper(s), "B"), unit); ok {
			digits, shift = d, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("memory size %q is not like 64M or 1G", s)
	}
	return n << shift, nil
}
