package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"yolk/kernel/cmdline"
)

// processPlatform is the platform that has no machine.
const processPlatform = "linuxu"

// process builds a program for a platform without a machine and becomes it, so
// that signals, debuggers and its status need nobody between. What a machine has
// from its hardware and command line the program gets by its environment
// (yolk/plat/linuxu), files and volumes in a mount namespace (yolk/boot/mountns), for
// which this process stays.
func (m *machineFlags) process(cmd *cobra.Command, b *buildFlags, ours, args []string) error {
	v := &b.voice
	if v.json {
		return &exitError{exitUsage, errors.New("-json is for a machine: a process ends with its own status")}
	}
	env, err := m.environment(v)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	b.status = "" // of a yolk.yaml, which environment has said
	o, err := b.options(ours)
	if err != nil {
		return err
	}
	places, err := m.places(o.Files)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	r, err := v.buildImage(cmd.Context(), o)
	if err != nil {
		return err
	}
	args = append([]string{r.Image}, args...)
	if m.print {
		line, err := cmdline.Join(nil, append(env, args...))
		fmt.Fprintln(stdout, strings.TrimPrefix(line, "-- "))
		return err
	}
	if env = append(os.Environ(), env...); len(places) > 0 {
		return within(cmd.Context(), places, args, env)
	}
	return &exitError{exitMachine, fmt.Errorf("%s: %w", r.Image, syscall.Exec(r.Image, args, env))}
}

// A processKey is a flag for machines that a process heeds otherwise, or not at all.
type processKey struct{ name, instead string }

// machineOnly are flags that are nothing to a process.
var machineOnly = []processKey{
	{"machine", "a process has this one"},
	{"accel", "a process runs as it is"},
	{"p", "a process listens on this computer itself, at the port that the program names"},
	{"log", "a process has no kernel of its own that could say something"},
	{"grace", "a process has the time that it takes"},
	{"qemu", "a process has no emulator"},
	{"d", "a process is put into the background by the shell"},
	{"network", "a process has this computer's network"},
	{"crash", "a process leaves what Linux leaves: GOTRACEBACK=crash"},
	{"timeline", "a process has no boot"},
	{"side", "a process has no virtio console"},
	{"status", "a process has net/http/pprof, if the program imports it"},
}

// notOfProcess is what a process has instead of a flag, "" if it heeds it.
func notOfProcess(flag string) string {
	if i := slices.IndexFunc(machineOnly, func(k processKey) bool { return k.name == flag }); i >= 0 {
		return machineOnly[i].instead
	}
	return ""
}

// processOptions are the kernel's options that a process heeds (yolk/netdev.ParseOptions).
var processOptions = []string{"ip", "gw", "dns", "hostname", "eth0"}

// environment is what the flags add to the environment of a process. What it cannot heed
// is refused on the command line; of a yolk.yaml, which serves machines as well, it is
// said.
func (m *machineFlags) environment(v *voice) (env []string, err error) {
	for _, k := range machineOnly {
		switch {
		case m.given(k.name):
			return nil, fmt.Errorf("-%s is for a machine: %s", k.name, k.instead)
		case m.set(k.name):
			v.say("%s of yolk.yaml is for a machine: %s", k.name, k.instead)
		}
	}
	for _, e := range m.env {
		if !strings.Contains(e, "=") {
			continue // inherited anyway
		}
		env = append(env, e)
	}
	env, err = m.bounds(env)
	if err != nil {
		return nil, err
	}
	if net := m.processNet(v); len(net) > 0 {
		env = append(env, "YOLK_NETDEV="+strings.Join(net, ","))
	}
	if err := checkOptions(m.opts); err != nil {
		return nil, err
	}
	var heeded []string
	for _, o := range m.opts {
		if key, _, _ := strings.Cut(o, "="); slices.Contains(processOptions, key) {
			heeded = append(heeded, o)
		} else {
			v.say("-opt %s is for a machine: a process has no kernel of its own", o)
		}
	}
	if len(heeded) > 0 {
		env = append(env, "YOLK_OPTIONS="+strings.Join(heeded, " "))
	}
	return env, nil
}

// bounds are those of memory and processors, which Go's runtime keeps: nine tenths of the
// memory for the heap, as in a machine, where the kernel wants the rest. What the program
// is told itself comes before it.
func (m *machineFlags) bounds(env []string) ([]string, error) {
	told := func(name string) bool {
		return slices.ContainsFunc(m.env, func(e string) bool { return e == name || strings.HasPrefix(e, name+"=") })
	}
	if m.set("memory") && !told("GOMEMLIMIT") {
		size, err := parseSize(m.memory)
		if err != nil {
			return nil, err
		}
		env = append(env, fmt.Sprintf("GOMEMLIMIT=%d", size/10*9))
	}
	if m.set("cpus") && !told("GOMAXPROCS") {
		if m.cpus < 1 {
			return nil, fmt.Errorf("-cpus %d: a process has one at least", m.cpus)
		}
		env = append(env, fmt.Sprintf("GOMAXPROCS=%d", m.cpus))
	}
	return env, nil
}

// processNet are the networks of a process. Of those in yolk.yaml, which is for machines
// as well, it takes what it can.
func (m *machineFlags) processNet(v *voice) (networks []string) {
	if m.given("net") {
		return m.net
	}
	for _, n := range m.net {
		if strings.HasPrefix(n, "tap:") {
			networks = append(networks, n)
		} else {
			v.say("net %s of yolk.yaml is for a machine: a process has taps, and this computer's network", n)
		}
	}
	return networks
}
